"""An Android device at the end of a cable: TFLite's own ``benchmark_model`` runs there, adb takes it there.

The program is named by the user (TensorFlow publishes one for each architecture). It summarizes for itself, so there is
no percentile that it does not print; in return it tells which operators take the time.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from litebrush.bench.document import BenchmarkDocument, Refusal, new_document
from litebrush.bench.macs import count_macs
from litebrush.bench.measurement import (
    LEAST_RUNS,
    LEAST_SECONDS,
    WARM_UP_SECONDS,
    Measured,
    Operator,
    Timing,
)
from litebrush.bench.order import Order, Wish
from litebrush.errors import BenchmarkError
from litebrush.latency import Latency
from litebrush.loading import open_model
from litebrush.machine import Machine, cpu_model, has_int8_dot_product

_FOLDER = "/data/local/tmp/litebrush-bench"
_FLAGS = {"cpu": ("--use_xnnpack=true",), "gpu": ("--use_gpu=true",)}
_WHOLLY_TAKEN = "completely executed by the delegate"
_NUMBER = r"([\d.]+(?:e[+-]?\d+)?)"
_RUNS = re.compile(
    rf"count=(\d+)(?: first={_NUMBER})? curr={_NUMBER}(?: min={_NUMBER} max={_NUMBER} avg={_NUMBER} std={_NUMBER})?"
)
_MEDIAN, _P95 = (re.compile(rf"count=.* {name}={_NUMBER}") for name in ("median", "p95"))
_PHASES = re.compile(rf"Inference timings in us: Init: {_NUMBER}, First inference: {_NUMBER}")
_MEMORY = re.compile(rf"\(MB\): init={_NUMBER} overall={_NUMBER}")
_SUMMARY = "Summary by node type"
_OPERATOR = re.compile(rf"\s*(\S+)\s+\d+\s+{_NUMBER}\s+{_NUMBER}%")


def measure_over_adb(program: Path, order: Order) -> BenchmarkDocument:
    """Carry out an order on the Android device that adb finds.

    Args:
        program: ``benchmark_model`` for the device's architecture.
        order: what to measure, on ``cpu`` or ``gpu`` and a number of threads.

    Raises:
        ModelFileError, ContractError: as :meth:`litebrush.bench.order.Order.wishes`.
        BenchmarkError: no adb, no device, or nothing could be measured.
    """
    if shutil.which("adb") is None:
        raise BenchmarkError(
            "there is no 'adb' on this machine; install Android's platform tools (Debian: apt install adb)"
        )
    wishes = list(order.wishes())
    measured: list[Measured] = []
    refused: list[Refusal] = []
    try:
        _adb("shell", f"mkdir -p {_FOLDER}")
        _adb("push", str(program), f"{_FOLDER}/benchmark_model")
        _adb("shell", f"chmod 755 {_FOLDER}/benchmark_model")
        for wish in wishes:
            if wish.accelerator not in _FLAGS or wish.threads == "auto":
                refused.append(
                    Refusal(str(wish), "benchmark_model is asked for cpu or gpu, and for a number of threads")
                )
                continue
            try:
                measured += _measure(wish)
            except BenchmarkError as problem:
                refused.append(Refusal(str(wish), str(problem)))
        machine = _device()
    finally:
        subprocess.run(["adb", "shell", f"rm -rf {_FOLDER}"], capture_output=True, check=False)
    return new_document(machine, None, None, tuple(measured), tuple(refused))


def _measure(wish: Wish) -> list[Measured]:
    model = open_model(wish.source, wish.precision)
    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        file.write(model.flatbuffer)
        file.flush()
        _adb("push", file.name, f"{_FOLDER}/model.tflite")
    rows = []
    for signature in model.contract.signatures:
        asked = (*_FLAGS[wish.accelerator], f"--num_threads={wish.threads}", f"--signature_to_run_for={signature.name}")
        said = _benchmark(*asked)
        if wish.accelerator == "gpu" and _WHOLLY_TAKEN not in said:
            raise BenchmarkError("the GPU delegate does not take all operators of this model")
        load_ms, timing, peak_mb = read_output(said)
        rows.append(
            Measured(
                model=model.contract.name,
                precision=model.contract.precision.value if model.contract.precision else "",
                signature=signature.name,
                accelerator=wish.accelerator,
                device="",
                engine="benchmark_model",
                threads=int(wish.threads),
                threads_asked=str(wish.threads),
                file_bytes=0,
                network_bytes=len(model.flatbuffer),
                macs=count_macs(model.flatbuffer, signature.name),
                load_ms=load_ms,
                timing=timing,
                peak_memory_mb=peak_mb,
                quality=model.contract.quality,
                operators=read_operators(_benchmark(*asked, "--enable_op_profiling=true")),
            )
        )
    return rows


def read_output(said: str) -> tuple[float, Timing, float | None]:
    """What ``benchmark_model`` prints: initializing in milliseconds, inferences, peak memory in MB where it tells.

    Raises:
        BenchmarkError: it printed something else.
    """
    counts = list(_RUNS.finditer(said))
    phases = _PHASES.search(said)
    if len(counts) != 2 or phases is None or counts[1][4] is None:
        last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "nothing")
        raise BenchmarkError(f"benchmark_model printed no timings; its last line: {last}")
    warm_up, runs = counts
    line = said[runs.start() :].partition("\n")[0]
    median, p95 = (pattern.search(line) for pattern in (_MEDIAN, _P95))
    latency = Latency(
        runs=int(runs[1]),
        mean_ms=float(runs[6]) / 1000,
        std_ms=float(runs[7]) / 1000,
        min_ms=float(runs[4]) / 1000,
        max_ms=float(runs[5]) / 1000,
        p50_ms=float(median[1]) / 1000 if median else None,
        p95_ms=float(p95[1]) / 1000 if p95 else None,
    )
    memory = _MEMORY.search(said)
    timing = Timing(float(phases[2]) / 1000, int(warm_up[1]) - 1, latency)
    return float(phases[1]) / 1000, timing, float(memory[2]) if memory else None


def read_operators(said: str) -> tuple[Operator, ...]:
    """The last summary by kind of operator: that of the runs that were measured."""
    lines = said.rpartition(_SUMMARY)[2].splitlines()[1:]
    found = []
    for line in lines[1:]:  # below the headings
        row = _OPERATOR.match(line)
        if row is None:
            break
        found.append(Operator(row[1], float(row[2]), float(row[3]) / 100))
    return tuple(found)


def _benchmark(*flags: str) -> str:
    common = (
        f"--graph={_FOLDER}/model.tflite",
        f"--num_runs={LEAST_RUNS}",
        f"--min_secs={LEAST_SECONDS}",
        "--warmup_runs=2",
        f"--warmup_min_secs={WARM_UP_SECONDS}",
    )
    return _adb("shell", shlex.join((f"{_FOLDER}/benchmark_model", *common, *flags)) + " 2>&1")


def _device() -> Machine:
    said = _adb(
        "shell",
        "getprop ro.product.manufacturer; getprop ro.product.model; getprop ro.product.cpu.abi; "
        "getprop ro.build.version.release; getprop ro.soc.model; nproc; uname -r",
    ).splitlines()
    maker, model, architecture, android, chip, cores, kernel = (*(line.strip() for line in said), *[""] * 7)[:7]
    with tempfile.NamedTemporaryFile("w", suffix="cpuinfo") as cpu_info:
        cpu_info.write(_adb("shell", "cat /proc/cpuinfo"))
        cpu_info.flush()
        return Machine(
            board=f"{maker} {model}".strip(),
            cpu=chip or cpu_model(Path(cpu_info.name)),
            architecture=architecture,
            cores=int(cores) if cores.isdecimal() else 0,
            int8_dot_product=has_int8_dot_product(Path(cpu_info.name)),
            memory_bytes=0,
            system=f"Android {android}, Linux {kernel}",
            python="",
            packages={},
        )


def _adb(*arguments: str) -> str:
    done = subprocess.run(["adb", *arguments], capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise BenchmarkError(f"'adb {arguments[0]}' failed: {lines[-1] if lines else f'status {done.returncode}'}")
    return done.stdout
