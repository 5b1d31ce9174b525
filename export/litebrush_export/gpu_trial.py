"""A model on LiteRT's GPU accelerator of the exporting machine, held against the CPU.

Graphics drivers can take the process with them, so it runs as ``python -m litebrush_export.gpu_trial``; see
:mod:`litebrush_export.apart`. That a GPU did the work is known from two things: LiteRT was given nothing else, and it
named the adapter.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from litebrush.accelerators import Accelerator, replay_tolerance
from litebrush.announcements import drop_farewell, without_announcements
from litebrush.contract import ModelContract
from litebrush.errors import AcceleratorError, ConversionError
from litebrush.loading import open_engines
from litebrush.modelfile import ModelFile, read_model, write_model
from litebrush.runner import SignatureRunner
from litebrush.samples import Arrays, arrays_of
from litebrush.tensors import Role, Signature
from litebrush.verification import deviation
from litebrush_export.apart import answer, run_apart

MOST_SAMPLES = 4
"""Held-out samples of each signature, or steps of the first sequence; a software driver takes seconds for each."""

_TIMEOUT_S = 900.0
_MODEL, _VALIDATION, _RESULT = "model.tflite", "validation.npz", "run.json"


@dataclass(frozen=True)
class GpuRun:
    """What became of a model on the GPU accelerator.

    Attributes:
        ran: it ran there, all of it.
        reason: why it did not run; empty if it did.
        engine: LiteRT and its version.
        adapter: the GPU and its kind, such as ``SwiftShader Device (Subzero), CPU / Software``.
        samples: how many samples ran, the golden one of each signature among them.
        largest_difference: from the CPU over all outputs of all samples, in the unit of
            :attr:`litebrush.contract.Golden.tolerance`.
        tolerance: what is allowed there.
    """

    ran: bool
    reason: str = ""
    engine: str = ""
    adapter: str = ""
    samples: int = 0
    largest_difference: float = 0.0
    tolerance: float = 0.0

    @property
    def right(self) -> bool:
        """Whether it ran and gave what the CPU gives."""
        return self.ran and self.largest_difference <= self.tolerance

    @property
    def summary(self) -> str:
        """In words, for a verdict."""
        if not self.ran:
            return f"not run: {self.reason}"
        where = f"run on the GPU accelerator of the exporting machine ({self.engine}; {self.adapter})"
        if self.right:
            return f"{where}, within {self.largest_difference:.1e} of the CPU on {self.samples} samples"
        return (
            f"{where}, WRONG: {self.largest_difference:.1e} from the CPU on {self.samples} samples, "
            f"{self.tolerance:.1e} is allowed"
        )


def run_on_gpu(model: ModelFile, validation: Arrays) -> GpuRun:
    """Run a model on the GPU accelerator and on the CPU, in a process of its own.

    Never raises for what the GPU does: that it is missing, refuses, crashes or computes wrongly is the result.

    Args:
        model: with contract and golden result; it need not lie on a disk.
        validation: held-out samples as a hand-over has them. The golden sample and the first few of these are run.
    """
    with tempfile.TemporaryDirectory(prefix="litebrush-") as temporary:
        folder = Path(temporary)
        write_model(model, folder / _MODEL)
        np.savez(folder / _VALIDATION, **validation)
        try:
            run_apart("the run on the GPU", __name__, str(folder), timeout_s=_TIMEOUT_S)
        except ConversionError as problem:
            return GpuRun(ran=False, reason=str(problem))
        return GpuRun(**json.loads((folder / _RESULT).read_bytes()))


def _run(folder: str) -> None:
    drop_farewell()  # it would be the last line, which is the answer's
    model = read_model(Path(folder) / _MODEL)
    with np.load(Path(folder) / _VALIDATION, allow_pickle=False) as arrays:
        run = _compare(model, dict(arrays))
    (Path(folder) / _RESULT).write_text(json.dumps(asdict(run)), encoding="utf-8")


def _compare(model: ModelFile, validation: Arrays) -> GpuRun:
    contract, golden = model.contract, model.contract.golden
    assert golden is not None  # whoever exports gives it one
    try:
        with without_announcements() as announced:
            on_gpu, on_cpu = (_runners(model, each) for each in (Accelerator.GPU, Accelerator.CPU))
            differences = [
                difference
                for gpu, cpu in zip(on_gpu, on_cpu)
                for sequence in _sequences(contract, gpu.signature, model.golden, validation)
                for difference in _differences(contract, gpu, cpu, sequence)
            ]
    except AcceleratorError as problem:
        return GpuRun(ran=False, reason=problem.why)
    if announced.adapter is None:
        return GpuRun(ran=False, reason="LiteRT loaded the model and named no GPU")
    return GpuRun(
        ran=True,
        engine=on_gpu[0].engine.name,
        adapter=announced.adapter,
        samples=len(differences),
        largest_difference=_worst(differences),
        tolerance=replay_tolerance(golden, contract.precision, Accelerator.GPU.value),
    )


def _runners(model: ModelFile, accelerator: Accelerator) -> tuple[SignatureRunner, ...]:
    engines = open_engines(model.flatbuffer, model.contract, threads=1, accelerator=accelerator.value)
    return tuple(SignatureRunner(each, engines[each.name]) for each in model.contract.signatures)


def _sequences(
    contract: ModelContract, signature: Signature, golden: Arrays, validation: Arrays
) -> Iterator[list[Arrays]]:
    """Samples that follow each other, one where nothing is remembered: the golden one, then the held-out ones."""
    names = [spec.name for spec in signature.inputs if spec.role is not Role.STATE]
    yield [arrays_of(signature, golden)]
    held_out = arrays_of(signature, validation)
    if contract.states:
        held_out = {name: held_out[name][0] for name in names}
    count = min(MOST_SAMPLES, len(held_out[names[0]]))
    samples: list[Arrays] = [{name: held_out[name][index] for name in names} for index in range(count)]
    yield from [samples] if contract.states else [[sample] for sample in samples]


def _differences(
    contract: ModelContract, on_gpu: SignatureRunner, on_cpu: SignatureRunner, sequence: list[Arrays]
) -> Iterator[float]:
    """The largest difference of each sample; both carry on what they remember themselves."""
    states: tuple[Arrays, Arrays] = ({}, {})
    for sample in sequence:
        found, expected = (_real(runner, {**sample, **own}) for runner, own in zip((on_gpu, on_cpu), states))
        states = tuple({pair.input: real[pair.output] for pair in contract.states} for real in (found, expected))
        yield _worst(deviation(spec, found[spec.name], expected[spec.name]) for spec in on_gpu.signature.outputs)


def _worst(differences: Iterable[float]) -> float:
    """The largest; not a number where one of them is none, which Python's own max would overlook."""
    return float(np.max(list(differences)))


def _real(runner: SignatureRunner, sample: Arrays) -> dict[str, np.ndarray]:
    return {name: runner.real(name, values) for name, values in runner.run(sample).items()}


if __name__ == "__main__":
    answer(_run)
