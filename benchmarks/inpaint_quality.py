"""What holes are filled with, in decibels inside the holes: the guess, the shipped inpainter if any, OpenCV's methods.

The same photographs get film damage (masks of a folder, each as large as it is, at a seeded place), and square holes of
16 to 48 pixels. Needs ``pip install 'litebrush[bench]'``.

    python benchmarks/inpaint_quality.py --photos CBSD68/ --name CBSD68 --masks masks/val
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from quality_table import QualityTable, read_photos
from rich.progress import track

import litebrush
from litebrush.image import Pixels
from litebrush.metrics import psnr_db
from litebrush.pyramid_fill import fill_from_around

CV_RADIUS_PX = 3
HOLES = 6
SMALLEST_HOLE, LARGEST_HOLE = 16, 48
OPAQUE = 127

Holes = NDArray[np.bool_]


def damage_masks(folder: Path) -> list[Pixels]:
    """All masks below a folder that show opaque damage."""
    masks = [np.asarray(Image.open(path).convert("L")) for path in sorted(folder.rglob("*.png"))]
    return [mask for mask in masks if (mask > OPAQUE).any()]


def laid_over(size: tuple[int, int], mask: Pixels, random: np.random.Generator) -> Pixels:
    """A mask at a random place over a picture, repeated by reflection where it is smaller."""
    grown = np.pad(mask, [(0, max(0, side - have)) for side, have in zip(size, mask.shape)], mode="symmetric")
    top, left = (int(random.integers(have - side + 1)) for side, have in zip(size, grown.shape))
    return grown[top : top + size[0], left : left + size[1]]


def film_damage(size: tuple[int, int], masks: list[Pixels], random: np.random.Generator) -> Holes:
    """Holes where one of the masks is opaque; never none."""
    while True:
        holes: Holes = laid_over(size, masks[random.integers(len(masks))], random) > OPAQUE
        if holes.any():
            return holes


def square_holes(size: tuple[int, int], random: np.random.Generator) -> Holes:
    """A few squares of random size and place."""
    holes = np.zeros(size, np.bool_)
    for _ in range(HOLES):
        side = int(random.integers(SMALLEST_HOLE, LARGEST_HOLE, endpoint=True))
        top, left = (int(random.integers(length - side + 1)) for length in size)
        holes[top : top + side, left : left + side] = True
    return holes


def classical(method: int) -> Callable[[Pixels, Holes], Pixels]:
    """One of OpenCV's methods."""
    return lambda photo, holes: cv2.inpaint(photo, holes.astype(np.uint8) * 255, CV_RADIUS_PX, method)


@click.command()
@click.option("--photos", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--name", required=True, help="What the photos are called in tables.")
@click.option("--masks", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--out", type=click.Path(path_type=Path), default="benchmarks/results/inpaint_quality.json")
def main(photos: Path, name: str, masks: Path, out: Path) -> None:
    """Measure all of them on a folder of photos."""
    clean, damage = read_photos(photos), damage_masks(masks)
    shipped = [model for model in litebrush.models() if model.name == "inpaint"]
    models = {each.value: litebrush.load("inpaint", each) for model in shipped for each in model.precisions}
    fillers: dict[str, Callable[[Pixels, Holes], Pixels]] = {
        "Telea": classical(cv2.INPAINT_TELEA),
        "Navier-Stokes": classical(cv2.INPAINT_NS),
        "pyramid fill": fill_from_around,
        **{precision: model.fill for precision, model in models.items()},
    }
    kinds: dict[str, Callable[[tuple[int, int], np.random.Generator], Holes]] = {
        "film damage": lambda size, random: film_damage(size, damage, random),
        "holes of 16 to 48 px": square_holes,
    }
    figures: dict[str, dict[str, float]] = {}
    for number, (kind, make) in enumerate(kinds.items()):
        values: dict[str, list[float]] = {column: [] for column in fillers}
        for index, photo in enumerate(track(clean, kind)):
            holes = make(photo.shape[:2], np.random.Generator(np.random.Philox(key=[number, index])))
            holed = np.where(holes[..., None], np.uint8(0), photo)
            for column, fill in fillers.items():
                filled = fill(holed, holes)
                assert np.array_equal(filled[~holes], photo[~holes]), f"{column} changed pixels outside the holes"
                values[column].append(psnr_db(filled[holes], photo[holes]))
        figures[kind] = {column: round(float(np.mean(each)), 3) for column, each in values.items()}
    table = QualityTable("mean PSNR (dB) inside the holes", name, len(clean), "holes", figures)
    table.show()
    table.write(out)


if __name__ == "__main__":
    main()
