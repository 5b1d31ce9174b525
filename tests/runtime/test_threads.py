from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from made.pictures import photo_pixels

import litebrush
from litebrush import threads
from litebrush.engine import FakeEngine
from litebrush.errors import EngineError
from litebrush.threads import LIMIT_S, MOST_THREADS, open_fastest


@dataclass
class Clock:
    """A clock that runs while a network does."""

    seconds: float = 0.0

    def perf_counter(self) -> float:
        return self.seconds


@dataclass
class Opener:
    """Opens engines that take a certain time with a certain number of threads."""

    clock: Clock
    seconds: dict[int, float]
    opened: dict[int, FakeEngine] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)

    def __call__(self, count: int) -> FakeEngine:
        def run(inputs):
            self.clock.seconds += self.seconds[count]
            return {}

        engine = FakeEngine({}, {}, run)
        engine.threads = count
        engine.close = lambda: self.closed.append(count)
        self.opened[count] = engine
        return engine


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(threads, "time", clock)
    return clock


@pytest.mark.parametrize(("alone", "together", "taken"), [(0.001, 0.002, 1), (0.004, 0.002, 4), (0.002, 0.002, 1)])
def test_the_faster_number_is_taken_and_the_other_engine_is_closed(alone, together, taken, clock):
    opener = Opener(clock, {1: alone, 4: together})
    assert open_fastest(opener, "auto", cores=4).threads == taken
    assert opener.closed == [5 - taken]


def test_measuring_ends_in_time_and_takes_turns(clock):
    opener = Opener(clock, {1: 0.04, 2: 0.05})
    open_fastest(opener, "auto", cores=2)
    assert clock.seconds <= LIMIT_S + 0.04 + 0.05
    assert opener.opened[1].invocations == opener.opened[2].invocations > 1


def test_a_large_network_is_run_once_and_gets_all_threads(clock):
    opener = Opener(clock, {1: 2.0, 2: 1.0})
    assert open_fastest(opener, "auto", cores=2).threads == 2
    assert clock.seconds == 2
    assert opener.closed == [1]


def test_nothing_is_measured_on_one_core(clock):
    opener = Opener(clock, {1: 0.001})
    assert open_fastest(opener, "auto", cores=1).threads == 1
    assert clock.seconds == 0


def test_many_cores_get_four_threads_at_most(clock):
    opener = Opener(clock, {1: 0.01, MOST_THREADS: 0.001})
    assert open_fastest(opener, "auto", cores=64).threads == MOST_THREADS == 4


def test_a_number_is_taken_at_its_word(clock):
    opener = Opener(clock, {3: 0.001})
    assert open_fastest(opener, 3, cores=1).threads == 3
    assert clock.seconds == 0


@pytest.mark.parametrize("wrong", [0, -1, "two", 1.5])
def test_anything_else_is_refused(wrong):
    with pytest.raises(EngineError, match="it must be a number of at least 1, or 'auto'"):
        litebrush.load("denoise", threads=wrong)


def test_a_loaded_model_says_how_many_threads_run_it_and_gives_the_same_picture():
    pixels = photo_pixels(48, 64)
    measured, one = litebrush.load("denoise", threads="auto"), litebrush.load("denoise")
    assert one.threads == 1
    assert 1 <= measured.threads <= MOST_THREADS
    assert np.array_equal(measured(pixels, 25), one(pixels, 25))
