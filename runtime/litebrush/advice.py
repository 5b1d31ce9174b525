"""What to do about what the doctor found, in words that can be acted on."""

from __future__ import annotations

from collections.abc import Iterator

from litebrush.doctor import Findings
from litebrush.interpreters import VARIABLE

_32_BIT_ARM = ("armv6l", "armv7l")
_SOFTWARE = "CPU / Software"  # how a GPU's adapter calls itself that is a program


def advise(findings: Findings) -> tuple[str, ...]:
    """Advice, the most urgent first."""
    return (*_on_interpreters(findings), *_on_speed(findings))


def _on_interpreters(findings: Findings) -> Iterator[str]:
    machine = findings.machine
    if findings.problem:
        yield findings.problem
    if machine.architecture in _32_BIT_ARM:
        yield (
            "this system is of 32 bits, for which there is tflite-runtime only (Python 3.11 at most): "
            "pip install 'litebrush[tflite-runtime]'; a 64-bit system runs ai-edge-litert"
        )
    for each in findings.interpreters:
        if each.trial is None or each.trial.works:
            continue
        if each.trial.crashed and each.name == "ai-edge-litert" and machine.architecture == "aarch64":
            yield (
                f"ai-edge-litert {each.version} crashes here; 2.2.0 and 2.3.0 do so in QEMU's user emulation, and "
                "2.1.6 does not: pip install ai-edge-litert==2.1.6"
            )
        elif each.trial.crashed:
            yield f"{each.name} {each.version} crashes here: install another version of it"
        if each.name == findings.taken:
            working = [other.name for other in findings.interpreters if other.trial and other.trial.works]
            if working:
                yield f"take another interpreter: export {VARIABLE}={working[0]}"
    if findings.taken == "tflite-runtime":
        yield (
            "tflite-runtime rounds int8 results otherwise than models promise, by some grey levels; prefer "
            "ai-edge-litert where it can be installed"
        )
    if not findings.can_run_models and not findings.problem:
        yield "no interpreter runs a model here; report it with the output of: litebrush doctor --json"


def _on_speed(findings: Findings) -> Iterator[str]:
    machine = findings.machine
    if machine.int8_dot_product is False:
        yield (
            "int8 is about as fast as float32 here, this CPU has no 8-bit dot products; it still saves size and memory"
        )
    if machine.cores > 1:
        yield "more threads may be faster: --threads auto measures it"
    gpu = findings.accelerators.get("gpu")
    if gpu is not None and gpu.works and _SOFTWARE in gpu.said:
        yield "the GPU here is a program that the CPU runs: good for tests, slower than --accelerator cpu"
