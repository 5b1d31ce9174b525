"""From a hand-over to files that prove themselves: convert, check, describe, write."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from litebrush.accelerators import Accelerator, keeps_promise
from litebrush.contract import Precision, Verdict
from litebrush.errors import ConversionError
from litebrush.latency import measure_latency, time_ratio
from litebrush.loading import verify
from litebrush.modelfile import ModelFile, write_model
from litebrush.tensors import Role
from litebrush_export.description import describe, require_faithful
from litebrush_export.exported import Exported
from litebrush_export.figures import FIGURES, Pictures
from litebrush_export.gpu_trial import run_on_gpu
from litebrush_export.halfrange import Magnitude, magnitudes
from litebrush_export.handover import Handover, read_handover
from litebrush_export.judge import Judge
from litebrush_export.lint import GPU_TABLE, Lint, lint
from litebrush_export.mixed import Search
from litebrush_export.modelcard import write_model_card
from litebrush_export.operators import float_operators
from litebrush_export.parity import Parity
from litebrush_export.picture_error import measure_error
from litebrush_export.report import ReportData, ReportedFile, write_report
from litebrush_export.sparsity import Sparsity, describe_sparsity, is_sparse, require_zeros_kept
from litebrush_export.target import Target
from litebrush_export.targets.operator_table import load_table
from litebrush_export.trial import frames_of, given_of, labels_of, truth_of
from litebrush_export.variants import Order, Variants, make_variants

_LEAST_SECONDS = 0.5


@dataclass(frozen=True)
class _Measured:
    """A file to write, and what is known of it; ``parity`` lacks the size of the file."""

    model: ModelFile
    parity: Parity
    pictures: Pictures
    lints: tuple[Lint, ...]
    sparsity: Sparsity | None
    search: Search | None


def export(
    folder: Path, order: Order, out: Path, on_step: Callable[[str], None] = lambda _: None
) -> tuple[Exported, ...]:
    """Write one self-describing .tflite a precision, ``MODEL_CARD.md`` and ``report.html``.

    Nothing is written before every precision has been converted and measured; the files take their places together,
    after each was verified as it was written. A file that a delegate of the target does not take whole is written all
    the same.

    Args:
        folder: the hand-over.
        order: what to make.
        out: folder for the files, made if needed.
        on_step: told what is being done, in words.

    Raises:
        ConversionError: the hand-over is incomplete, a conversion failed, float32 differs from the trained network, or
            no mixture stays within the budget.
        ModelFileError: a file could not be written.
    """
    handover = read_handover(folder)
    make_folder(out)
    variants = make_variants(folder, handover, order, on_step)
    on_step("comparing with the trained network")
    require_faithful(handover, variants.dense)
    judge = Judge(handover, variants.dense)
    largest: tuple[Magnitude, ...] = ()
    if any(load_table(name).half_precision for name in order.target.tables):
        on_step("looking for activations that half precision cannot hold")
        largest = magnitudes(variants.float32, handover.representative_dataset())
    measured = []
    for precision in order.precisions:
        on_step(f"measuring {precision.value}")
        measured.append(_measure(judge, variants, precision, order, largest))
    on_step("writing and verifying")
    return _write_all(judge, measured, variants, out)


def make_folder(out: Path) -> None:
    """Make the folder for the files, if needed.

    Raises:
        ConversionError: it cannot be made, or not be written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ConversionError(f"cannot make the folder '{out}': {problem.strerror}; choose another --out") from None
    if not os.access(out, os.W_OK):
        raise ConversionError(f"the folder '{out}' may not be written to by you; choose another --out")


def _measure(
    judge: Judge, variants: Variants, precision: Precision, order: Order, largest: tuple[Magnitude, ...]
) -> _Measured:
    flatbuffer = variants.flatbuffers[precision]
    pictures = judge.pictures(flatbuffer)
    has_truth = truth_of(judge.handover) is not None
    to_truth = judge.judge_pictures(pictures) if has_truth else None
    run, run_float32 = judge.run_once(flatbuffer), judge.run_once(variants.dense)
    ratio = 1.0 if flatbuffer is variants.dense else time_ratio(run, run_float32, least_seconds=_LEAST_SECONDS)
    parity = Parity(
        precision=precision,
        size_bytes=0,
        measured_on=judge.measured_on,
        figure=FIGURES[judge.handover.contract.task],
        to_truth=to_truth,
        error=measure_error(pictures, judge.reference),
        float_operators=float_operators(flatbuffer),
        latency=measure_latency(run, least_runs=5, least_seconds=_LEAST_SECONDS),
        relative_time=ratio,
        means=variants.means.get(precision, ()),
    )
    lints = lint(flatbuffer, order.target, largest)
    model = describe(judge, precision, flatbuffer, to_truth)
    gpu_run = run_on_gpu(model, judge.handover.validation) if _is_for_a_gpu(order.target, precision) else None
    model = _with_verdicts(model, tuple(each.verdict(order.target.runs_here, gpu_run) for each in lints))
    sparsity = _sparsity(judge.handover, variants, precision)
    return _Measured(model, parity, pictures, lints, sparsity, variants.search_of(precision))


def _with_verdicts(model: ModelFile, verdicts: tuple[Verdict, ...]) -> ModelFile:
    return dataclasses.replace(model, contract=dataclasses.replace(model.contract, verdicts=verdicts))


def _is_for_a_gpu(target: Target, precision: Precision) -> bool:
    return GPU_TABLE in target.tables and keeps_promise(precision, Accelerator.GPU.value)


def _sparsity(handover: Handover, variants: Variants, precision: Precision) -> Sparsity | None:
    """Of a precision, where float32 has zeros enough to speak of."""
    if not is_sparse(variants.float32):
        return None
    flatbuffer = variants.flatbuffers[precision]
    if not variants.learned or precision not in (Precision.INT8, Precision.MIXED):
        require_zeros_kept(variants.float32, flatbuffer, precision)
    return describe_sparsity(flatbuffer)


def _write_all(judge: Judge, measured: list[_Measured], variants: Variants, out: Path) -> tuple[Exported, ...]:
    """Write and verify beside their places, then put all of them there."""
    with tempfile.TemporaryDirectory(prefix=".litebrush-", dir=out) as staging:
        exported = tuple(_write(each, Path(staging)) for each in measured)
        contract = judge.handover.contract
        write_model_card(contract, exported, Path(staging) / "MODEL_CARD.md")
        write_report(Path(staging) / "report.html", _report(judge, measured, exported, variants))
        for path in sorted(Path(staging).iterdir()):
            path.replace(out / path.name)
    return tuple(dataclasses.replace(file, path=out / file.path.name) for file in exported)


def _write(measured: _Measured, out: Path) -> Exported:
    model = measured.model
    path = out / f"{model.contract.name}-{measured.parity.precision.value}.tflite"
    write_model(model, path)
    verify(path)
    parity = dataclasses.replace(measured.parity, size_bytes=path.stat().st_size)
    return Exported(path, parity, measured.lints, measured.sparsity, measured.search)


def _report(judge: Judge, measured: list[_Measured], exported: tuple[Exported, ...], variants: Variants) -> ReportData:
    handover = judge.handover
    return ReportData(
        contract=measured[0].model.contract,
        files=tuple(
            ReportedFile(file.path.name, file.parity, each.pictures, file.lints, file.sparsity, file.search)
            for each, file in zip(measured, exported)
        ),
        reference=judge.reference,
        given=given_of(handover, Role.IMAGE),
        given_masks=given_of(handover, Role.MASK),
        truth=truth_of(handover),
        frames=frames_of(handover),
        names=labels_of(handover),
        rewrites=tuple(each.summary for each in variants.rewrites),
    )
