"""What the shipped deblocker makes of photographs that Pillow saved as JPEG (4:2:0), in decibels over the JPEG.

python benchmarks/deblock_quality.py --photos CBSD68/ --name CBSD68
"""

from __future__ import annotations

import io
from pathlib import Path

import click
import numpy as np
from PIL import Image
from quality_table import QualityTable, read_photos
from rich.progress import track

import litebrush
from litebrush.image import Pixels
from litebrush.metrics import psnr_db
from litebrush.zoo import find_shipped

QUALITIES = (10, 20, 40, 75, 95)
CHROMA_HALVED = 2  # Pillow's number for 4:2:0


def compressed(photo: Pixels, quality: int) -> Pixels:
    """A photo as it is read back from a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=quality, subsampling=CHROMA_HALVED)
    with Image.open(file) as image:
        return np.asarray(image)


@click.command()
@click.option("--photos", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--name", required=True, help="What the photos are called in tables.")
@click.option("--out", type=click.Path(path_type=Path), default="benchmarks/results/deblock_quality.json")
def main(photos: Path, name: str, out: Path) -> None:
    """Measure the shipped deblocker on a folder of clean photos."""
    clean = read_photos(photos)
    models = {each.value: litebrush.load("deblock", each) for each in find_shipped("deblock").precisions}
    figures: dict[str, dict[str, float]] = {}
    for quality in QUALITIES:
        values: dict[str, list[float]] = {column: [] for column in ("JPEG", *models)}
        for photo in track(clean, f"quality {quality}"):
            blocky = compressed(photo, quality)
            values["JPEG"].append(psnr_db(blocky, photo))
            for precision, model in models.items():
                values[precision].append(psnr_db(model(blocky), photo))
        figures[str(quality)] = {column: round(float(np.mean(each)), 3) for column, each in values.items()}
    table = QualityTable("mean PSNR (dB) over RGB", name, len(clean), "JPEG quality", figures)
    table.show()
    table.write(out)


if __name__ == "__main__":
    main()
