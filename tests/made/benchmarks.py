"""Results of benchmarks that nobody ran."""

from __future__ import annotations

from pathlib import Path

from litebrush.bench.conditions import Conditions
from litebrush.bench.document import BenchmarkDocument, Refusal
from litebrush.bench.measurement import Measured, Operator, Timing
from litebrush.contract import Measurement
from litebrush.latency import Latency
from litebrush.machine import Machine

PI_4 = Machine("Raspberry Pi 4", "Cortex-A72", "aarch64", 4, False, 4 * 10**9, "Debian", "3.11.2", {"numpy": "2.0"})
PI_5 = Machine("Raspberry Pi 5", "Cortex-A76", "aarch64", 4, True, 8 * 10**9, "Debian", "3.13.5", {"numpy": "2.0"})
CALM = Conditions("performance", 1500.0, 50.0, None, False, 0.1)


def measured(model: str = "denoise", precision: str = "int8", time_ms: float = 10.0, psnr_db: float = 30.0) -> Measured:
    """Takes twice as long at first, and after that always the same time."""
    return Measured(
        model=model,
        precision=precision,
        signature="restore",
        accelerator="cpu",
        device="",
        engine="ai-edge-litert 2.3.0",
        threads=1,
        threads_asked="1",
        file_bytes=123_000,
        network_bytes=99_000,
        macs=2_000_000_000,
        load_ms=7.0,
        timing=Timing(2 * time_ms, 5, Latency.of([time_ms] * 50)),
        peak_memory_mb=20.0,
        quality=(Measurement("PSNR of held-out pictures", psnr_db, "dB"), Measurement("time", time_ms, "ms")),
        operators=(Operator("CONV_2D", 0.9 * time_ms, 0.9),),
    )


def document(*rows: Measured, machine: Machine = PI_4) -> BenchmarkDocument:
    refused = (Refusal("denoise int8 on gpu, threads: 1", "a GPU computes int8 in float"),)
    return BenchmarkDocument("0.1.0", machine, CALM, CALM, rows or (measured(),), refused)


def write(path: Path, *rows: Measured, machine: Machine = PI_4) -> Path:
    path.write_text(document(*rows, machine=machine).to_json())
    return path
