"""What a machine was doing to its own speed while it was measured: governor, clock, temperature, throttling.

Where the system tells nothing, as many virtual machines do, the values are None.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

SYSTEM = Path("/sys")
_GOVERNOR = "devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor"
_CLOCK = "devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq"
_ZONES = "class/thermal/thermal_zone*/temp"
_INTEL_COUNTS = "devices/system/cpu/cpu*/thermal_throttle/*_throttle_count"
_PI_FLAGS = "devices/platform/soc/soc:firmware/get_throttled"
_PI_NOW = 0b1111
"""The Raspberry Pi's bits for what happens at this moment: low voltage, capped clock, throttled, hot."""
_HOTTEST_POSSIBLE_C = 150  # a sensor that says more is not connected


@dataclass(frozen=True)
class Conditions:
    """A moment of a machine.

    Attributes:
        governor: of the clock of the first CPU that this process may use, such as ``performance``.
        clock_mhz: its clock.
        temperature_c: of the hottest sensor, in degrees Celsius.
        throttle_count: how often the CPUs were slowed down because of heat, since the machine was started.
        throttled: whether a Raspberry Pi slows down at this moment, because of heat or low voltage.
        load: tasks that ran or wanted to, mean of the last minute.
    """

    governor: str | None
    clock_mhz: float | None
    temperature_c: float | None
    throttle_count: int | None
    throttled: bool | None
    load: float | None


def conditions_now(system: Path = SYSTEM) -> Conditions:
    """Those of this moment."""
    cpu = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    clock_khz = _number(system / _CLOCK.format(cpu=cpu))
    sensors = [value / 1000 for path in system.glob(_ZONES) if (value := _number(path)) is not None]
    counts = [value for path in system.glob(_INTEL_COUNTS) if (value := _number(path)) is not None]
    flags = _text(system / _PI_FLAGS)
    return Conditions(
        governor=_text(system / _GOVERNOR.format(cpu=cpu)),
        clock_mhz=None if clock_khz is None else clock_khz / 1000,
        temperature_c=max((each for each in sensors if 0 < each < _HOTTEST_POSSIBLE_C), default=None),
        throttle_count=sum(counts) if counts else None,
        throttled=bool(int(flags, 16) & _PI_NOW) if flags and re.fullmatch("[0-9a-fA-F]+", flags) else None,
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    )


def disturbances(before: Conditions, after: Conditions, cores: int) -> tuple[str, ...]:
    """What of the conditions makes times doubtful, a sentence each.

    Args:
        before, after: when measuring began and ended.
        cores: of the CPU, for the load.
    """
    found = []
    if after.throttled or before.throttled:
        found.append("the board was throttled (heat or low voltage): cool it, and give it a stronger power supply")
    if (after.throttle_count or 0) > (before.throttle_count or 0):
        found.append("the CPU was throttled because of heat while it was measured: cool it, and measure again")
    if before.governor not in (None, "performance"):
        found.append(
            f"the governor is '{before.governor}', which changes the clock: 'performance' gives steadier times "
            "(sudo cpupower frequency-set -g performance)"
        )
    if before.load is not None and before.load > cores / 2:
        found.append(
            f"the machine was busy (load {before.load:.1f} on {cores} cores) when measuring began: read ratios of one "
            "run, not times"
        )
    return tuple(found)


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text is not None and text.lstrip("-").isdecimal() else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None
