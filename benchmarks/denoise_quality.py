"""What the shipped denoiser makes of a folder of clean photographs, in decibels.

Each photo gets Gaussian noise that is seeded by its place in the folder and by the noise level, then rounded and
clipped to 8 bits. The figure of a precision is the mean over the photos of each one's PSNR over all channels.

    python benchmarks/denoise_quality.py --photos CBSD68/ --name CBSD68
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import litebrush
from litebrush.image import IMAGE_SUFFIXES, Pixels, read_rgb
from litebrush.metrics import psnr_db
from litebrush.noise import add_gaussian_noise
from litebrush.zoo import find_shipped

NOISE_LEVELS = (15, 25, 50)


def measure(photos: list[Pixels]) -> dict[str, dict[str, float]]:
    """Mean PSNR in decibels by noise level, then by precision; ``noisy`` is the input itself."""
    precisions = find_shipped("denoise").precisions
    restorers = {precision.value: litebrush.load("denoise", precision) for precision in precisions}
    figures: dict[str, dict[str, float]] = {}
    for level in NOISE_LEVELS:
        values: dict[str, list[float]] = {name: [] for name in ("noisy", *restorers)}
        for index, photo in enumerate(track(photos, f"noise level {level}")):
            random = np.random.Generator(np.random.Philox(key=[level, index]))
            degraded = add_gaussian_noise(photo, level, random)
            values["noisy"].append(psnr_db(degraded, photo))
            for name, restorer in restorers.items():
                values[name].append(psnr_db(restorer(degraded, level), photo))
        figures[str(level)] = {name: round(float(np.mean(each)), 3) for name, each in values.items()}
    return figures


@click.command()
@click.option("--photos", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--name", required=True, help="What the photos are called in tables.")
@click.option("--out", type=click.Path(path_type=Path), default="benchmarks/results/denoise_quality.json")
def main(photos: Path, name: str, out: Path) -> None:
    """Measure the shipped denoiser on a folder of clean photos."""
    files = sorted(path for path in photos.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    figures = measure([read_rgb(path) for path in files])
    table = Table("noise level", *figures[str(NOISE_LEVELS[0])], title=f"Mean PSNR (dB) on {name}, {len(files)} photos")
    for level, values in figures.items():
        table.add_row(level, *(f"{value:.2f}" for value in values.values()))
    Console().print(table)
    document = {"photos": name, "count": len(files), "runs": 1, "mean_psnr_db": figures}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
