"""The shipped denoiser beside BM3D, which is told the same noise level: decibels, and how many times longer BM3D takes.

BM3D is slow, so both are compared on every sixth photo. Times are those of the processor, all threads together. Needs
``pip install 'litebrush[bench]'``.

    python benchmarks/bm3d_peer.py --photos CBSD68/ --name CBSD68
"""

from __future__ import annotations

import time
from pathlib import Path

import click
import numpy as np
from denoise_quality import NOISE_LEVELS
from quality_table import RESULTS, QualityTable, read_photos
from rich.progress import track
from studies.classical import bm3d_denoised

import litebrush
from litebrush.metrics import psnr_db
from litebrush.noise import add_gaussian_noise

EVERY, RUNS = 6, 10


@click.command()
@click.option("--photos", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--name", required=True, help="What the photos are called in tables.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS / "bm3d_peer.json")
def main(photos: Path, name: str, out: Path) -> None:
    """Compare the shipped denoiser with BM3D on a folder of clean photos."""
    restorers = {each: litebrush.load("denoise", each, threads=1) for each in ("float32", "int8")}
    clean = dict(list(enumerate(read_photos(photos)))[::EVERY])
    figures: dict[str, dict[str, float]] = {}
    for level in NOISE_LEVELS:
        values: dict[str, list[float]] = {"BM3D": [], **{precision: [] for precision in restorers}}
        ratios = []
        for index, photo in track(clean.items(), f"noise level {level}", total=len(clean)):
            noisy = add_gaussian_noise(photo, level, np.random.Generator(np.random.Philox(key=[level, index])))
            began = time.process_time()
            peer = bm3d_denoised(noisy, level)
            took = time.process_time() - began
            values["BM3D"].append(psnr_db(peer, photo))
            for precision, restorer in restorers.items():
                values[precision].append(psnr_db(restorer(noisy, level), photo))
            began = time.process_time()
            for _ in range(RUNS):
                restorers["int8"](noisy, level)
            ratios.append(RUNS * took / (time.process_time() - began))
        means = {column: round(float(np.mean(each)), 3) for column, each in values.items()}
        figures[str(level)] = {**means, "time of BM3D over int8": round(float(np.median(ratios)))}
    table = QualityTable("mean PSNR (dB)", name, len(clean), "noise level", figures)
    table.show()
    table.write(out)


if __name__ == "__main__":
    main()
