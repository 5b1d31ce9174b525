"""How long calls take, on a machine that does other things too.

What is compared takes turns in one run, and the shortest processor time of each counts: all its threads together,
waiting left out. On an idle machine that is the time of one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

Calls = Mapping[str, Callable[[], object]]


def processor_ms(call: Callable[[], object]) -> float:
    """Of one call, in milliseconds."""
    began = time.process_time_ns()
    call()
    return (time.process_time_ns() - began) / 1e6


def least_processor_ms(calls: Calls, seconds: float, fewest_turns: int = 5) -> dict[str, float]:
    """The shortest processor time of each call, by name.

    Args:
        calls: by name; each is called once to warm up.
        seconds: for all together, of the wall clock.
        fewest_turns: however long they take.
    """
    for call in calls.values():
        call()
    found: dict[str, list[float]] = {name: [] for name in calls}
    began = time.perf_counter()
    turns = 0
    while turns < fewest_turns or time.perf_counter() - began < seconds:
        for name, call in calls.items():
            found[name].append(processor_ms(call))
        turns += 1
    return {name: min(each) for name, each in found.items()}
