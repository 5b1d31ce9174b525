"""One network on one device: how long it takes, how much memory, how much it computes.

The convention is that of TFLite's ``benchmark_model``: load, first inference, warm-up, then at least 50 runs and 1 s.
Each measurement happens in a process of its own, so that loading begins from nothing and the peak of memory is that of
this network alone. What goes in is the golden sample that the file carries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from litebrush.accelerators import ON_CPU, accelerators_to_try
from litebrush.announcements import drop_farewell, without_announcements
from litebrush.apart import call_apart
from litebrush.bench.macs import count_macs
from litebrush.bench.peak_memory import peak_memory_mb
from litebrush.contract import Measurement, Precision
from litebrush.interpreters import load_interpreter
from litebrush.latency import CLOCK, Clock, Latency, repeat_call
from litebrush.loading import is_name, open_model, open_verified_engines
from litebrush.runner import SignatureRunner
from litebrush.samples import arrays_of
from litebrush.threads import Threads
from litebrush.zoo import find_model

LEAST_RUNS, LEAST_SECONDS = 50, 1.0
WARM_UP_SECONDS = 0.5


@dataclass(frozen=True)
class Operator:
    """What one kind of operator took of the runs.

    Attributes:
        name: such as ``CONV_2D``.
        mean_ms: for a run.
        share: of a run's time, 0 to 1.
    """

    name: str
    mean_ms: float
    share: float


@dataclass(frozen=True)
class Timing:
    """The phases of a benchmark.

    Attributes:
        first_ms: the first inference.
        warm_up_runs: how many more there were before measuring.
        latency: of the runs after that.
    """

    first_ms: float
    warm_up_runs: int
    latency: Latency


@dataclass(frozen=True)
class Measured:
    """A network that was measured.

    Attributes:
        model: its name.
        precision: its arithmetic.
        signature: which of its networks.
        accelerator: what it ran on.
        device: the accelerator's own name, where it tells one.
        engine: the interpreter and its version.
        threads: of the CPU, that it really ran with.
        threads_asked: a number, or ``auto``.
        file_bytes: size of the file, contract and golden result included; 0 where only a network was given.
        network_bytes: size of the flatbuffer.
        macs: multiplications and additions of a run.
        load_ms: reading the file and making the network ready, the interpreter being imported already.
        timing: of the inferences.
        peak_memory_mb: of the process, above what Python and the interpreter take; None where the system does not tell.
        quality: what the file says was measured when it was exported.
        operators: where the time went; empty where the interpreter does not tell, as from Python none does.
    """

    model: str
    precision: str
    signature: str
    accelerator: str
    device: str
    engine: str
    threads: int
    threads_asked: str
    file_bytes: int
    network_bytes: int
    macs: int
    load_ms: float
    timing: Timing
    peak_memory_mb: float | None
    quality: tuple[Measurement, ...] = ()
    operators: tuple[Operator, ...] = ()

    @property
    def latency(self) -> Latency:
        """Of the runs after warming up."""
        return self.timing.latency

    @property
    def gmacs_per_s(self) -> float:
        """Billions of multiplications and additions a second."""
        return self.macs / self.latency.typical_ms / 1e6

    @property
    def key(self) -> tuple[str, ...]:
        """What it must have in common with another measurement to be compared with it."""
        return (self.model, self.precision, self.signature, self.accelerator, self.threads_asked)


def measure(source: str, precision: Precision | None, threads: Threads, accelerator: str) -> tuple[Measured, ...]:
    """Measure a model in a process of its own: each of its signatures, one after the other.

    Args:
        source: name of a shipped model, or path of a .tflite file.
        precision: as :func:`litebrush.load`.
        threads: as :func:`litebrush.load`; choosing a number is a part of loading.
        accelerator: as :func:`litebrush.load`.

    Raises:
        ModelFileError, ContractError, EngineError, VerificationError: as :func:`litebrush.load`; the process died.
    """
    return call_apart(f"measuring '{source}'", measure_here, source, precision, threads, accelerator)


def measure_here(source: str, precision: Precision | None, threads: Threads, accelerator: str) -> tuple[Measured, ...]:
    """As :func:`measure`, in this process: its peak of memory is that of all it ever did."""
    on_cpu = accelerators_to_try(accelerator)[0] is ON_CPU
    if not on_cpu:
        drop_farewell()
    load_interpreter()
    imported_mb = peak_memory_mb()
    began = CLOCK()
    model = open_model(source, precision)
    with without_announcements() as announced:
        engines = open_verified_engines(model, threads, accelerator)
    load_ms = (CLOCK() - began) / 1e6
    file = find_model(source, precision) if is_name(source) else Path(source)
    rows = []
    for signature in model.contract.signatures:
        engine = engines[signature.name]
        runner = SignatureRunner(signature, engine)
        runner.feed(arrays_of(signature, model.golden))
        timing = measure_timing(engine.invoke)
        peak_mb = peak_memory_mb()
        rows.append(
            Measured(
                model=model.contract.name,
                precision=model.contract.precision.value if model.contract.precision else "",
                signature=signature.name,
                accelerator=engine.accelerator,
                device=announced.adapter or "",
                engine=engine.name,
                threads=engine.threads,
                threads_asked=str(threads),
                file_bytes=file.stat().st_size,
                network_bytes=len(model.flatbuffer),
                macs=count_macs(model.flatbuffer, signature.name),
                load_ms=load_ms,
                timing=timing,
                peak_memory_mb=None if peak_mb is None or imported_mb is None else peak_mb - imported_mb,
                quality=model.contract.quality,
            )
        )
    return tuple(rows)


def measure_timing(
    invoke: Callable[[], object],
    least_runs: int = LEAST_RUNS,
    least_seconds: float = LEAST_SECONDS,
    warm_up_seconds: float = WARM_UP_SECONDS,
    clock: Clock = CLOCK,
) -> Timing:
    """Run a loaded network: once, to warm up, and to measure.

    Args:
        invoke: runs it once.
        least_runs, least_seconds: both must be reached.
        warm_up_seconds: one run at least.
        clock: gives nanoseconds.
    """
    (first_ms,) = repeat_call(invoke, 1, 0.0, clock)
    warm_up = repeat_call(invoke, 1, warm_up_seconds, clock)
    return Timing(first_ms, len(warm_up), Latency.of(repeat_call(invoke, least_runs, least_seconds, clock)))
