r"""What int8 costs the shipped denoiser by each way to choose its scales, and that all of them are as fast.

python benchmarks/int8_cost.py --handover run/handover --photos CBSD68/ --name CBSD68

The hand-over is that of weights/denoise (see weights/README.md). Photos get noise of level 25 as in denoise_quality.py.
Times are shares of plain calibration's, in one run, on the processor clock of one thread.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from machine import processor
from rich.console import Console
from rich.progress import track
from rich.table import Table

from litebrush.contract import Precision
from litebrush.image import IMAGE_SUFFIXES, Pixels, read_rgb
from litebrush.latency import time_ratio
from litebrush.loading import open_engines
from litebrush.metrics import psnr_db
from litebrush.noise import add_gaussian_noise
from litebrush.restorer import Restorer
from litebrush_export.conversion import convert
from litebrush_export.handover import read_handover
from litebrush_export.judge import Judge
from litebrush_export.refinement import refine

NOISE_LEVEL = 25
FLOAT32, PLAIN, LEARNED = "float32", "int8, calibrated", "int8, learned ranges"


@dataclass(frozen=True)
class Row:
    """One form of the network: mean PSNR over the photos, and the time of a run as a share of plain calibration's."""

    form: str
    psnr_db: float
    time: float


def forms_of(folder: Path) -> dict[str, bytes]:
    """The network in float32 and in 8 bits, by each way to choose scales."""
    handover = read_handover(folder)
    float32 = convert(folder, Precision.FLOAT32)
    with tempfile.TemporaryDirectory() as temporary:
        without_learned = Path(temporary) / "handover"
        shutil.copytree(folder, without_learned, ignore=shutil.ignore_patterns("quantization_aware_model"))
        plain = convert(without_learned, Precision.INT8)
    refined = refine(plain, float32, handover.contract, handover.representative_dataset())
    return {
        FLOAT32: float32,
        PLAIN: plain,
        ", ".join((PLAIN, *refined.means)): refined.flatbuffer,
        LEARNED: convert(folder, Precision.INT8),
    }


def mean_psnr_db(folder: Path, flatbuffer: bytes, photos: list[Pixels], form: str) -> float:
    """Mean over the photos, each with noise that its place in the folder seeds."""
    contract = read_handover(folder).contract
    engine = open_engines(flatbuffer, contract, threads=1)[contract.signature.name]
    restorer = Restorer(contract, {contract.signature.name: engine})
    values = []
    for index, photo in enumerate(track(photos, form)):
        random = np.random.Generator(np.random.Philox(key=[NOISE_LEVEL, index]))
        values.append(psnr_db(restorer(add_gaussian_noise(photo, NOISE_LEVEL, random), NOISE_LEVEL), photo))
    return float(np.mean(values))


@click.command()
@click.option("--handover", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--photos", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of clean photos.")
@click.option("--name", required=True, help="What the photos are called in the table.")
@click.option("--results", type=click.Path(path_type=Path), default="benchmarks/results/int8_cost.json")
def main(handover: Path, photos: Path, name: str, results: Path) -> None:
    """Measure each form and print a table."""
    paths = sorted(path for path in photos.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    pictures = [read_rgb(path) for path in paths]
    forms = forms_of(handover)
    judge = Judge(read_handover(handover), forms[FLOAT32])
    plain = judge.run_once(forms[PLAIN])
    rows = [
        Row(form, mean_psnr_db(handover, each, pictures, form), time_ratio(judge.run_once(each), plain, 31))
        for form, each in forms.items()
    ]
    table = Table(title=f"{name}, {len(pictures)} photos, noise level {NOISE_LEVEL}, one thread of {processor()}")
    for heading in ("form", "PSNR (dB)", "below float32 (dB)", "time (of plain int8's)"):
        table.add_column(heading, justify="left" if heading == "form" else "right")
    for row in rows:
        table.add_row(row.form, f"{row.psnr_db:.2f}", f"{rows[0].psnr_db - row.psnr_db:.2f}", f"{row.time:.2f}")
    Console().print(table)
    report = {"photos": name, "count": len(pictures), "machine": processor(), "rows": [asdict(row) for row in rows]}
    results.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
