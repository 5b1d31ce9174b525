from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from made.android_device import FELL_BACK, android_device

from litebrush.bench.android import read_output
from litebrush.cli import main
from litebrush.errors import BenchmarkError


def bench(device: Path, *arguments: object):
    program = device / "benchmark_model"
    program.touch()
    path = f"{device}:{os.environ['PATH']}"
    return CliRunner().invoke(main, ["bench", "--adb", str(program), *map(str, arguments)], env={"PATH": path})


def test_an_android_device_is_measured_by_tflites_own_program(tmp_path):
    done = bench(android_device(tmp_path), "denoise", "--threads", "4", "--json", tmp_path / "out.json")
    assert done.exit_code == 0, done.output
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["machine"]["board"] == "Google Pixel 8"
    assert document["machine"]["system"] == "Android 14, Linux 5.15.137"
    assert document["machine"]["int8_dot_product"] is True
    (row,) = document["measured"]
    assert (row["load_ms"], row["timing"]["first_ms"], row["timing"]["warm_up_runs"]) == (16.242, 36.026, 13)
    latency = row["timing"]["latency"]
    assert latency == {
        "runs": 50,
        "mean_ms": pytest.approx(24.9684),
        "std_ms": 0.144,
        "min_ms": 24.706,
        "max_ms": 25.447,
        "p50_ms": 24.95,
        "p90_ms": None,
        "p95_ms": 25.3,
        "p99_ms": None,
    }
    assert row["peak_memory_mb"] == 38.809
    assert [(each["name"], each["share"]) for each in row["operators"]] == [("CONV_2D", 0.9), ("DEPTH_TO_SPACE", 0.1)]
    assert "22.5 ms  90%  CONV_2D" in done.output
    asked = (tmp_path / "asked").read_text()
    assert "--num_threads=4" in asked
    assert "--num_runs=50" in asked
    assert asked.splitlines()[-1] == "shell rm -rf /data/local/tmp/litebrush-bench"


def test_a_program_without_percentiles_leaves_them_open(tmp_path):
    done = bench(android_device(tmp_path, prints_percentiles=False), "denoise", "--json", "-")
    (row,) = json.loads(done.output)["measured"]
    assert row["timing"]["latency"]["p50_ms"] is None
    assert row["gmacs_per_s"] == pytest.approx(row["macs"] / 24.9684 / 1e6)


def test_a_gpu_that_hands_the_model_back_to_the_cpu_is_not_measured(tmp_path):
    device = android_device(tmp_path, on_gpu=FELL_BACK)
    done = bench(device, "denoise", "--precision", "float16", "--accelerator", "gpu,cpu")
    assert done.exit_code == 0, done.output
    assert "not measured: denoise float16 on gpu, threads: 1: the GPU delegate does not take all" in done.output


def test_a_program_that_fails_is_quoted():
    with pytest.raises(BenchmarkError, match="its last line: ERROR: Failed to load model"):
        read_output("INFO: STARTING!\nERROR: Failed to load model\n")


def test_without_adb_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("litebrush.bench.android.shutil.which", lambda name: None)
    done = bench(tmp_path, "denoise")
    assert done.exit_code == 2
    assert "apt install adb" in done.output
