"""The picture of docs/models/inpaint.md: a photo that scikit-image ships, scratched, and filled in by the int8 model.

python benchmarks/inpaint_picture.py
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import skimage
from PIL import Image

import litebrush
from litebrush.image import read_rgb
from litebrush_train.masks import random_holes, random_scratches, random_strokes

SEED = 4
GAP_PX = 6
WHITE = 255


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default="docs/images/inpaint.jpg")
def main(out: Path) -> None:
    """Draw it: what is missing is white on the left."""
    photo = read_rgb(Path(skimage.__file__).parent / "data" / "astronaut.png")
    size, random = photo.shape[:2], np.random.default_rng(SEED)
    missing = np.maximum.reduce(
        [
            random_scratches(*size, random, 5, 3, 6),
            random_strokes(*size, random, 3, 7, 4),
            random_holes(*size, random, 12, 36, 6),
        ]
    )
    mask = np.where(missing > 127, np.uint8(WHITE), np.uint8(0))
    holed = np.where(mask[..., None] > 0, np.uint8(WHITE), photo)
    with litebrush.load("inpaint") as inpainter:
        filled = inpainter(holed, mask)
    gap = np.full((size[0], GAP_PX, 3), WHITE, np.uint8)
    Image.fromarray(np.hstack([holed, gap, filled])).save(out, quality=88)


if __name__ == "__main__":
    main()
