"""What the shipped denoiser costs on this machine: time against float32, overhead of tiling, memory.

All precisions take turns in one run, so that a busy machine slows each of them alike; look at the ratios.

    python benchmarks/denoise_speed.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import numpy as np
from machine import processor
from PIL import Image
from rich.console import Console
from rich.table import Table

import litebrush
from litebrush.latency import time_ratio
from litebrush.machine import has_int8_dot_product
from litebrush.zoo import find_shipped

TILE = 512
ROUNDS = 25
LARGE = (3000, 4000)
_MEMORY_PROGRAM = """
import sys, numpy, litebrush
from ai_edge_litert.interpreter import Interpreter
from PIL import Image
def peak_kilobytes():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
imported = peak_kilobytes()
photo = Image.fromarray(numpy.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=numpy.uint8))
litebrush.load("denoise", sys.argv[1])(photo, 25)
print((peak_kilobytes() - imported) / 1000)
"""


def duration_ms(call: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    began = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - began) / 1e6


def tile_times() -> dict[str, list[float]]:
    """Milliseconds of one tile of 512x512 through each precision on one thread, in turns."""
    tile = np.random.default_rng(0).integers(0, 256, (TILE, TILE, 3), dtype=np.uint8)
    precisions = find_shipped("denoise").precisions
    restorers = {precision.value: litebrush.load("denoise", precision) for precision in precisions}
    for restorer in restorers.values():
        restorer(tile, 25)
    times: dict[str, list[float]] = {name: [] for name in restorers}
    for _ in range(ROUNDS):
        for name, restorer in restorers.items():
            times[name].append(duration_ms(partial(restorer.restore_pixels, tile, 25)))
    return times


def call_overhead(precision: str) -> float:
    """Processor time of ``restorer(photo)`` with an estimated noise level, 512x512, over that of the bare inference."""
    restorer = litebrush.load("denoise", precision)
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (TILE, TILE, 3), dtype=np.uint8))
    restorer(photo)
    engine = restorer._engines[restorer.contract.signature.name]
    return time_ratio(lambda: restorer(photo), engine.invoke)


def large_overhead(precision: str) -> float:
    """Time of a 12-megapixel photo over that of the inferences within it."""
    restorer = litebrush.load("denoise", precision)
    photo = np.random.default_rng(0).integers(0, 256, (*LARGE, 3), dtype=np.uint8)
    bare: list[float] = []
    engine = restorer._engines[restorer.contract.signature.name]
    real_invoke = engine.invoke

    def timed_invoke() -> None:
        bare.append(duration_ms(real_invoke))

    engine.invoke = timed_invoke
    return duration_ms(lambda: restorer(photo, 25)) / sum(bare)


def peak_megabytes(precision: str) -> float:
    """Peak memory of a 12-megapixel photo above the imported interpreter, in a process of its own."""
    command = [sys.executable, "-c", _MEMORY_PROGRAM, precision]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default="benchmarks/results/denoise_speed.json")
def main(out: Path) -> None:
    """Measure time and memory of the shipped denoiser."""
    times = tile_times()
    reference = np.array(times["float32"])
    rows = {
        name: {
            "p50_ms": round(float(np.percentile(each, 50)), 2),
            "p90_ms": round(float(np.percentile(each, 90)), 2),
            "speed_up_over_float32": round(float(np.median(reference / np.array(each))), 2),
            "overhead_at_512x512": round(call_overhead(name), 3),
            "overhead_at_12_megapixels": round(large_overhead(name), 3),
            "peak_mb_at_12_megapixels": round(peak_megabytes(name), 0),
        }
        for name, each in times.items()
    }
    columns = (
        "precision",
        "p50 (ms)",
        "p90 (ms)",
        "speed-up",
        "512x512: time over\nbare inference",
        "12 MP: time over\nbare inference",
        "12 MP: peak\nmemory (MB)",
    )
    table = Table(*columns, title=f"One tile of {TILE}x{TILE}, one thread, {ROUNDS} rounds in turns")
    for name, row in rows.items():
        table.add_row(name, *(f"{value:g}" for value in row.values()))
    Console().print(table)
    document = {
        "processor": processor(),
        "int8_dot_product": has_int8_dot_product(),
        "interpreter": litebrush.load("denoise").engine,
        "precisions": rows,
    }
    Console().print(f"{document['processor']}, 8-bit dot-product instruction: {document['int8_dot_product']}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
