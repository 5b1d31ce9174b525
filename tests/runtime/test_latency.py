from __future__ import annotations

import numpy as np
import pytest

from litebrush import latency
from litebrush.latency import measure_latency, time_ratio
from litebrush.machine import has_int8_dot_product


def test_percentiles_are_those_of_the_measured_times(monkeypatch):
    durations_ns = np.arange(1, 101) * 1_000_000
    clock = iter(np.concatenate([[0, duration] for duration in durations_ns]).tolist())
    monkeypatch.setattr(latency.time, "perf_counter_ns", lambda: next(clock))
    calls = []
    measured = measure_latency(lambda: calls.append(1), warm_up_runs=3, least_runs=100, least_seconds=0)
    assert len(calls) == 103
    assert measured.runs == 100
    assert measured.p50_ms == pytest.approx(50.5)
    assert measured.p90_ms == pytest.approx(90.1)


def test_measuring_goes_on_for_the_least_time(monkeypatch):
    clock = iter(range(0, 10**12, 100_000_000))
    monkeypatch.setattr(latency.time, "perf_counter_ns", lambda: next(clock))
    assert measure_latency(lambda: None, least_runs=1, least_seconds=1.0).runs == 10


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
