"""How long a call takes on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Latency:
    """Wall-clock times of one call, repeated, in milliseconds."""

    runs: int
    p50_ms: float
    p90_ms: float


def measure_latency(
    call: Callable[[], object], warm_up_runs: int = 2, least_runs: int = 20, least_seconds: float = 1.0
) -> Latency:
    """Time a call after warming up, at least ``least_runs`` times and for ``least_seconds``."""
    for _ in range(warm_up_runs):
        call()
    durations_ms: list[float] = []
    while len(durations_ms) < least_runs or sum(durations_ms) < least_seconds * 1000:
        began = time.perf_counter_ns()
        call()
        durations_ms.append((time.perf_counter_ns() - began) / 1e6)
    p50, p90 = np.percentile(durations_ms, [50, 90])
    return Latency(len(durations_ms), float(p50), float(p90))


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
    return min(durations_ns[call]) / min(durations_ns[reference])
