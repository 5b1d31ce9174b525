"""How many threads of the CPU run a network, and which number is the fastest here.

Threads have a price: they wait for each other after each operator. A network of a fraction of a millisecond was slower
on two threads than on one, a larger one is faster on all; and what else the machine does counts, too. So it is
measured, on the network itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Literal, TypeVar

from litebrush.engine import Engine
from litebrush.errors import EngineError
from litebrush.machine import usable_cores

AUTO = "auto"
MOST_THREADS = 4
LIMIT_S = 0.3
"""How long measuring may take."""
_RUNS = 7

Threads = int | Literal["auto"]
_Engine = TypeVar("_Engine", bound=Engine)


def open_fastest(open_engine: Callable[[int], _Engine], threads: Threads, cores: int | None = None) -> _Engine:
    """An engine with so many threads, or with the number that is the fastest here.

    One thread is timed against one for each core (:data:`MOST_THREADS` at most), in turns, and the smaller median
    counts. A network that takes longer than a sixth of :data:`LIMIT_S` on one thread is not timed: it is large enough
    for all threads.

    Args:
        open_engine: opens one with so many threads.
        threads: a number, or ``"auto"``.
        cores: that may be used; None asks the system.

    Raises:
        EngineError: neither a positive number nor ``"auto"``; or what ``open_engine`` raises.
    """
    if threads != AUTO:
        if not isinstance(threads, int) or threads < 1:
            raise EngineError(f"threads is {threads!r}; it must be a number of at least 1, or '{AUTO}'")
        return open_engine(threads)
    alone = open_engine(1)
    most = min(cores or usable_cores(), MOST_THREADS)
    if most == 1:
        return alone
    began = time.perf_counter()
    is_large = _seconds(alone) > LIMIT_S / 6  # the first run, which also warms up
    together = open_engine(most)
    if is_large:
        alone.close()
        return together
    together.invoke()
    durations: list[tuple[float, float]] = []
    while not durations or (len(durations) < _RUNS and time.perf_counter() - began < LIMIT_S):
        durations.append((_seconds(alone), _seconds(together)))
    one, several = (median(each) for each in zip(*durations))
    slower, faster = (alone, together) if several < one else (together, alone)
    slower.close()
    return faster


def _seconds(engine: Engine) -> float:
    began = time.perf_counter()
    engine.invoke()
    return time.perf_counter() - began
