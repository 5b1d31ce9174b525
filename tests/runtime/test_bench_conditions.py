from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from litebrush.bench.conditions import Conditions, conditions_now, disturbances
from litebrush.bench.peak_memory import peak_memory_mb

CALM = Conditions("performance", 2400.0, 50.0, 3, False, 0.1)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_kernel_is_asked_for_governor_clock_heat_and_throttling(tmp_path, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {2, 3}, raising=False)
    write(tmp_path / "devices/system/cpu/cpu2/cpufreq/scaling_governor", "ondemand\n")
    write(tmp_path / "devices/system/cpu/cpu2/cpufreq/scaling_cur_freq", "1500000\n")
    write(tmp_path / "class/thermal/thermal_zone0/temp", "48312\n")
    write(tmp_path / "class/thermal/thermal_zone1/temp", "61000\n")
    write(tmp_path / "class/thermal/thermal_zone2/temp", "-274000\n")
    write(tmp_path / "devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "4\n")
    write(tmp_path / "devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "5\n")
    write(tmp_path / "devices/platform/soc/soc:firmware/get_throttled", "50005\n")
    found = conditions_now(tmp_path)
    assert dataclasses.replace(found, load=None) == Conditions("ondemand", 1500.0, 61.0, 9, True, None)


def test_a_raspberry_pi_that_was_throttled_earlier_is_not_throttled_now(tmp_path):
    write(tmp_path / "devices/platform/soc/soc:firmware/get_throttled", "50000\n")
    assert conditions_now(tmp_path).throttled is False


def test_a_system_that_tells_nothing_leaves_nothing_but_the_load(tmp_path):
    found = conditions_now(tmp_path)
    assert dataclasses.replace(found, load=None) == Conditions(None, None, None, None, None, None)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"throttle_count": 4}, "throttled because of heat while"),
        ({}, {"throttled": True}, "the board was throttled"),
        ({"governor": "powersave"}, {}, "the governor is 'powersave'"),
        ({"load": 3.0}, {}, "the machine was busy (load 3.0 on 4 cores)"),
    ],
)
def test_what_makes_times_doubtful_is_said(before, after, words):
    (sentence,) = disturbances(dataclasses.replace(CALM, **before), dataclasses.replace(CALM, **after), 4)
    assert words in sentence


def test_a_calm_machine_gives_no_warning():
    assert disturbances(CALM, CALM, 4) == ()


def test_the_peak_is_the_kernels_high_water_mark(tmp_path):
    write(tmp_path / "status", "Name:\tpython\nVmHWM:\t  250000 kB\nVmRSS:\t  1000 kB\n")
    assert peak_memory_mb(tmp_path / "status") == pytest.approx(256.0)
    assert peak_memory_mb(tmp_path / "missing") > 1  # asked elsewhere
