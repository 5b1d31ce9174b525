"""How long a call takes on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Clock = Callable[[], int]
"""Gives nanoseconds since some moment."""

CLOCK: Clock = time.perf_counter_ns


@dataclass(frozen=True)
class Latency:
    """Wall-clock times of one call, repeated, in milliseconds; a percentile is None where only a summary is known."""

    runs: int
    mean_ms: float
    std_ms: float
    min_ms: float
    max_ms: float
    p50_ms: float | None = None
    p90_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None

    @classmethod
    def of(cls, durations_ms: list[float]) -> Latency:
        """Summarize measured times, one at least; percentiles between two of them are interpolated linearly."""
        times = np.asarray(durations_ms, np.float64)
        p50, p90, p95, p99 = (float(value) for value in np.percentile(times, (50, 90, 95, 99)))
        return cls(
            runs=len(durations_ms),
            mean_ms=float(times.mean()),
            std_ms=float(times.std()),
            min_ms=float(times.min()),
            max_ms=float(times.max()),
            p50_ms=p50,
            p90_ms=p90,
            p95_ms=p95,
            p99_ms=p99,
        )

    @property
    def typical_ms(self) -> float:
        """The median; the mean where only a summary is known."""
        return self.mean_ms if self.p50_ms is None else self.p50_ms


def measure_latency(
    call: Callable[[], object],
    warm_up_runs: int = 2,
    least_runs: int = 20,
    least_seconds: float = 1.0,
    clock: Clock = CLOCK,
) -> Latency:
    """Time a call after warming up, at least ``least_runs`` times and for ``least_seconds``."""
    repeat_call(call, warm_up_runs, 0.0, clock)
    return Latency.of(repeat_call(call, least_runs, least_seconds, clock))


def repeat_call(call: Callable[[], object], least_runs: int, least_seconds: float, clock: Clock = CLOCK) -> list[float]:
    """Milliseconds of each of at least ``least_runs`` calls that take ``least_seconds`` together.

    Between the two looks at the clock there is nothing but the call.
    """
    durations_ms: list[float] = []
    together_ms = 0.0
    while len(durations_ms) < least_runs or together_ms < least_seconds * 1000:
        began = clock()
        call()
        duration_ms = (clock() - began) / 1e6
        durations_ms.append(duration_ms)
        together_ms += duration_ms
    return durations_ms


def time_ratio(
    call: Callable[[], object], reference: Callable[[], object], least_pairs: int = 11, least_seconds: float = 0.5
) -> float:
    """How many times as long a call takes as another one, where both work in the calling thread alone.

    The two run in turn, and the shortest processor time of each counts: what else the machine does hardly changes it.
    """
    durations_ns: dict[Callable[[], object], list[int]] = {call: [], reference: []}
    for warm_up in durations_ns:
        warm_up()
    began = time.perf_counter()
    while len(durations_ns[reference]) < least_pairs or time.perf_counter() - began < least_seconds:
        for each, durations in durations_ns.items():
            started = time.thread_time_ns()
            each()
            durations.append(time.thread_time_ns() - started)
    return _shortest(durations_ns[call]) / _shortest(durations_ns[reference])


def _shortest(durations_ns: list[int]) -> float:
    """The shortest; the mean where a clock that ticks seldom shows 0 for a short call."""
    return min(durations_ns) or max(1.0, sum(durations_ns) / len(durations_ns))
