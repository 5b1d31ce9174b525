"""From a hand-over to files that prove themselves: convert, check, describe, write."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from litebrush.contract import Golden, Measurement, Precision
from litebrush.errors import ConversionError
from litebrush.loading import verify
from litebrush.modelfile import ModelFile, write_model
from litebrush.samples import array_key, arrays_of, kept_corner
from litebrush.verification import deviation, sha256_of
from litebrush_export.conversion import convert
from litebrush_export.figures import FIGURES, Pictures
from litebrush_export.halfrange import Magnitude, magnitudes
from litebrush_export.handover import Handover, read_handover, with_network
from litebrush_export.lint import Lint, lint
from litebrush_export.modelcard import write_model_card
from litebrush_export.operators import float_operators
from litebrush_export.parity import Parity
from litebrush_export.picture_error import PictureError, measure_error
from litebrush_export.pruning import Pruning, prune
from litebrush_export.sparsity import Sparsity, describe_sparsity, is_sparse, require_zeros_kept, time_network
from litebrush_export.target import TARGETS, Target
from litebrush_export.targets.operator_table import load_table
from litebrush_export.trial import Runners, noise_level_of, open_runners, truth_of, try_validation

_CONVERSION_TOLERANCE = 1e-3
_REPLAY_TOLERANCE = {Precision.FLOAT32: 1e-4, Precision.FLOAT16: 1e-4, Precision.DYNAMIC: 4 / 255, Precision.INT8: 0.0}
_PARALLEL_CONVERSIONS = 2


@dataclass(frozen=True)
class Exported:
    """One file that was written.

    Attributes:
        path: where.
        parity: how it compares.
        lints: what the target's delegates take of it.
        sparsity: where its kernels have many zeros.
    """

    path: Path
    parity: Parity
    lints: tuple[Lint, ...]
    sparsity: Sparsity | None = None


def export(
    folder: Path,
    precisions: tuple[Precision, ...],
    out: Path,
    on_step: Callable[[str], None] = lambda _: None,
    target: Target = TARGETS["cpu"],
    pruning: Pruning | None = None,
) -> tuple[Exported, ...]:
    """Write one self-describing .tflite a precision, and ``MODEL_CARD.md``.

    Nothing is written before every precision has been converted and measured; the files take their places together,
    after each was verified as it was written.

    Args:
        folder: the hand-over.
        precisions: what to write; float32 is always converted, for comparison.
        out: folder for the files, made if needed.
        on_step: told what is being done, in words.
        target: decides the types of inputs and outputs, and the operator tables that each file is checked against. A
            file that a delegate does not take whole is written all the same.
        pruning: zeros to make in the float32 network, from which the other precisions are then made; what is compared
            with is the network before.

    Raises:
        ConversionError: the hand-over is incomplete, a conversion failed, or float32 differs from the trained network.
        ModelFileError: a file could not be written.
    """
    handover = read_handover(folder)
    _make_folder(out)
    on_step("converting")
    dense = convert(folder, Precision.FLOAT32)
    flatbuffers = (
        _convert_all(folder, precisions, dense, target)
        if pruning is None
        else _convert_pruned(folder, precisions, dense, target, pruning)
    )
    on_step("comparing with the trained network")
    float32 = open_runners(handover.contract, dense)
    _require_faithful(handover, float32)
    reference = try_validation(float32, handover)
    largest: tuple[Magnitude, ...] = ()
    if any(load_table(name).half_precision for name in target.tables):
        on_step("looking for activations that half precision cannot hold")
        largest = magnitudes(flatbuffers[Precision.FLOAT32], handover.representative_dataset())
    measured = []
    for precision in precisions:
        on_step(f"measuring {precision.value}")
        runners = open_runners(handover.contract, flatbuffers[precision])
        trial = _judge(handover, try_validation(runners, handover), reference)
        model = _describe(handover, precision, flatbuffers[precision], runners, trial)
        lints = lint(model.flatbuffer, target, largest)
        verdicts = tuple(each.verdict(target.runs_here) for each in lints)
        model = dataclasses.replace(model, contract=dataclasses.replace(model.contract, verdicts=verdicts))
        measured.append(_Measured(model, trial, lints))
    sparsities = _measure_sparsity(handover, dense, flatbuffers, precisions, on_step)
    on_step("writing and verifying")
    return _write_all(handover, measured, sparsities, out)


@dataclass(frozen=True)
class _Trial:
    """How a converted network did on the held-out samples; see :class:`Parity`."""

    measured_on: str
    to_truth: float | None
    error: PictureError


@dataclass(frozen=True)
class _Measured:
    """A file to write, and what is known of it."""

    model: ModelFile
    trial: _Trial
    lints: tuple[Lint, ...]


def _judge(handover: Handover, results: Pictures, reference: Pictures) -> _Trial:
    figure, truth, level = FIGURES[handover.contract.task], truth_of(handover), noise_level_of(handover)
    return _Trial(
        measured_on=figure.of if level is None else f"{figure.of}, noise level {level:g}",
        to_truth=None if truth is None else figure.compute(results, truth),
        error=measure_error(results, reference),
    )


def _measure_sparsity(
    handover: Handover,
    dense: bytes,
    flatbuffers: dict[Precision, bytes],
    precisions: tuple[Precision, ...],
    on_step: Callable[[str], None],
) -> dict[Precision, Sparsity]:
    """Of each precision, where float32 has zeros enough to speak of."""
    if not is_sparse(flatbuffers[Precision.FLOAT32]):
        return {}
    on_step("timing")
    float32 = time_network(open_runners(handover.contract, dense), handover.golden)
    sparsities = {}
    for precision in precisions:
        flatbuffer = flatbuffers[precision]
        if precision is not Precision.INT8 or handover.quantization_aware_model is None:
            require_zeros_kept(flatbuffers[Precision.FLOAT32], flatbuffer, precision)
        same = flatbuffer == dense
        latency = float32 if same else time_network(open_runners(handover.contract, flatbuffer), handover.golden)
        sparsities[precision] = describe_sparsity(flatbuffer, latency, float32)
    return sparsities


def _write_all(
    handover: Handover,
    measured: list[_Measured],
    sparsities: dict[Precision, Sparsity],
    out: Path,
) -> tuple[Exported, ...]:
    """Write and verify beside their places, then put all of them there."""
    with tempfile.TemporaryDirectory(prefix=".litebrush-", dir=out) as staging:
        written = tuple(_write(each, Path(staging)) for each in measured)
        exported = tuple(dataclasses.replace(file, sparsity=sparsities.get(file.parity.precision)) for file in written)
        lines = tuple(file.parity for file in exported)
        sparse = tuple((file.parity, file.sparsity) for file in exported if file.sparsity is not None)
        write_model_card(handover.contract, lines, sparse, Path(staging) / "MODEL_CARD.md")
        for path in sorted(Path(staging).iterdir()):
            path.replace(out / path.name)
    return tuple(dataclasses.replace(file, path=out / file.path.name) for file in exported)


def _write(measured: _Measured, out: Path) -> Exported:
    model, trial = measured.model, measured.trial
    precision = model.contract.precision
    assert precision is not None  # _describe gave it one
    path = out / f"{model.contract.name}-{precision.value}.tflite"
    write_model(model, path)
    verify(path)
    parity = Parity(
        precision=precision,
        size_bytes=path.stat().st_size,
        measured_on=trial.measured_on,
        figure=FIGURES[model.contract.task],
        to_truth=trial.to_truth,
        error=trial.error,
        float_operators=float_operators(model.flatbuffer),
    )
    return Exported(path, parity, measured.lints)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ConversionError(f"cannot make the folder '{out}': {problem.strerror}; choose another --out") from None
    if not os.access(out, os.W_OK):
        raise ConversionError(f"the folder '{out}' may not be written to by you; choose another --out")


def _convert_all(
    folder: Path, precisions: tuple[Precision, ...], float32: bytes, target: Target
) -> dict[Precision, bytes]:
    wanted = tuple(precision for precision in dict.fromkeys(precisions) if precision is not Precision.FLOAT32)
    with ThreadPoolExecutor(_PARALLEL_CONVERSIONS) as pool:
        converted = dict(
            zip(wanted, pool.map(lambda precision: convert(folder, precision, target.integer_type), wanted))
        )
    return {Precision.FLOAT32: float32, **converted}


def _convert_pruned(
    folder: Path, precisions: tuple[Precision, ...], dense: bytes, target: Target, pruning: Pruning
) -> dict[Precision, bytes]:
    pruned = prune(dense, pruning)
    with with_network(folder, pruned) as pruned_folder:
        return _convert_all(pruned_folder, precisions, pruned, target)


def _require_faithful(handover: Handover, float32: Runners) -> None:
    for signature in handover.contract.signatures:
        golden = arrays_of(signature, handover.golden)
        outputs = float32[signature.name].run(golden)
        for spec in signature.outputs:
            kept = outputs[spec.name][kept_corner(signature, golden, spec)]
            difference = deviation(spec, kept, golden[spec.name])
            if not difference <= _CONVERSION_TOLERANCE:
                raise ConversionError(
                    f"'{array_key(signature, spec.name)}' of the converted float32 network differs from the trained "
                    f"one by {difference:.2g} (at most {_CONVERSION_TOLERANCE:g} is allowed); report it together with "
                    "the hand-over"
                )


def _describe(
    handover: Handover, precision: Precision, flatbuffer: bytes, runners: Runners, trial: _Trial
) -> ModelFile:
    golden = dict(handover.golden)
    digests = {}
    for signature in handover.contract.signatures:
        sample = arrays_of(signature, golden)
        outputs = runners[signature.name].run(sample)
        for spec in signature.outputs:
            key = array_key(signature, spec.name)
            golden[key] = outputs[spec.name][kept_corner(signature, sample, spec)]
            digests[key] = sha256_of(outputs[spec.name])
    tolerance = _REPLAY_TOLERANCE[precision]
    figure, provenance = FIGURES[handover.contract.task], handover.contract.provenance
    quality = ()
    if trial.to_truth is not None:
        what = f"{figure.name} of {trial.measured_on}"
        quality = (Measurement(what, round(trial.to_truth, 3), figure.unit),)
    contract = dataclasses.replace(
        handover.contract,
        precision=precision,
        golden=Golden(tolerance, digests if tolerance == 0 else {}),
        provenance=dataclasses.replace(
            provenance, versions={**provenance.versions, "ai-edge-litert": version("ai-edge-litert")}
        ),
        quality=quality,
    )
    return ModelFile(flatbuffer, contract, golden)
