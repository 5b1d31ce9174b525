from __future__ import annotations

import math
import time
from collections.abc import Iterable

import numpy as np
import pytest

from litebrush import latency
from litebrush.bench.measurement import measure_timing
from litebrush.engine import FakeEngine
from litebrush.latency import Latency, measure_latency, repeat_call, time_ratio
from litebrush.machine import has_int8_dot_product


class SteppedClock:
    """Each call that is timed takes the next of some durations, whatever it really takes."""

    def __init__(self, durations_ns: Iterable[int]) -> None:
        self._durations = iter(durations_ns)
        self._now = 0
        self._running = False
        self.looks = 0

    def __call__(self) -> int:
        self.looks += 1
        if self._running:
            self._now += next(self._durations)
        self._running = not self._running
        return self._now


def test_the_figures_are_those_of_a_known_distribution():
    shuffled = np.random.default_rng(0).permutation(np.arange(1, 101)) * 1_000_000
    measured = Latency.of(repeat_call(lambda: None, 100, 0, SteppedClock(shuffled.tolist())))
    assert measured.runs == 100
    assert (measured.min_ms, measured.max_ms) == (1, 100)
    assert measured.mean_ms == pytest.approx(50.5)
    assert measured.std_ms == pytest.approx(math.sqrt((100**2 - 1) / 12))
    assert measured.p50_ms == pytest.approx(50.5)
    assert measured.p90_ms == pytest.approx(90.1)
    assert measured.p95_ms == pytest.approx(95.05)
    assert measured.p99_ms == pytest.approx(99.01)


def test_warm_up_is_not_measured():
    calls = []
    clock = SteppedClock([9 * 10**9] * 3 + [10**6] * 100)
    measured = measure_latency(lambda: calls.append(1), warm_up_runs=3, least_runs=100, least_seconds=0, clock=clock)
    assert len(calls) == 103
    assert measured.max_ms == 1


def test_measuring_goes_on_for_the_least_runs_and_the_least_time():
    assert len(repeat_call(lambda: None, 1, 1.0, SteppedClock([10**8] * 99))) == 10
    assert len(repeat_call(lambda: None, 50, 1.0, SteppedClock([10**8] * 99))) == 50


def test_an_engine_that_sleeps_is_reported_as_long_as_it_slept():
    slept_ns = []

    def sleep(_inputs):
        began = time.perf_counter_ns()
        time.sleep(0.01)
        slept_ns.append(time.perf_counter_ns() - began)  # on a busy machine longer than it was told
        return {}

    engine = FakeEngine({}, {}, sleep)
    timing = measure_timing(engine.invoke, least_runs=50, least_seconds=0, warm_up_seconds=0.05)
    slept_ms = np.array(slept_ns[1 + timing.warm_up_runs :]) / 1e6
    assert timing.latency.runs == len(slept_ms) == 50
    assert timing.latency.p50_ms == pytest.approx(np.median(slept_ms), rel=0.05)
    assert timing.latency.min_ms == pytest.approx(slept_ms.min(), rel=0.05)
    assert timing.first_ms >= slept_ns[0] / 1e6 >= 10


def test_measuring_takes_less_than_two_percent_of_a_millisecond_for_a_run():
    runs = 2000
    shares = []
    for _ in range(5):  # processor time, and the least of several: what else the machine does counts little
        began = time.thread_time_ns()
        repeat_call(lambda: None, runs, 0)
        shares.append((time.thread_time_ns() - began) / runs / 1e6)
    assert min(shares) < 0.02


def test_between_the_two_looks_at_the_clock_there_is_nothing_but_the_call():
    clock = SteppedClock([1] * 9)
    looks_during_calls = []
    repeat_call(lambda: looks_during_calls.append(clock.looks), 3, 0, clock)
    assert looks_during_calls == [1, 3, 5]
    assert clock.looks == 6


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("flags\t\t: fpu avx2 avx_vnni\n", True),
        ("Features\t: fp asimd asimddp\n", True),
        ("flags\t\t: fpu avx avx2 fma\n", False),
        ("model name\t: something\n", None),
    ],
)
def test_the_dot_product_instruction_is_read_from_the_kernels_list(tmp_path, text, answer):
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    assert has_int8_dot_product(path) is answer


def test_a_system_without_that_list_gives_no_answer(tmp_path):
    assert has_int8_dot_product(tmp_path / "none") is None


def test_a_ratio_is_that_of_the_shortest_times(monkeypatch):
    def clock():
        """Of 30, 10 and 20 units for the call, and 5 for what it is compared with."""
        now = 0
        for duration in (30, 5, 10, 5, 20, 5):
            yield now
            now += duration
            yield now

    ticks = clock()
    monkeypatch.setattr(latency.time, "thread_time_ns", lambda: next(ticks))
    calls = []
    ratio = time_ratio(lambda: calls.append("a"), lambda: calls.append("b"), least_pairs=3, least_seconds=0)
    assert ratio == 2
    assert calls == ["a", "b"] * 4  # one of each to warm up
