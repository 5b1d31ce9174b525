"""Masks of real or painted film damage, read from a folder and cut to size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from litebrush.errors import DataError, ImageError
from litebrush.image import IMAGE_SUFFIXES, read_image
from litebrush_train.masks import Mask


@dataclass(frozen=True, eq=False)
class MaskFolder:
    """The masks of a folder.

    Attributes:
        masks: (H, W) uint8 of any size, 255 = opaque damage, values between = partial; none is empty.
        skipped: files that could not be read, and masks without any damage.
    """

    masks: tuple[Mask, ...]
    skipped: tuple[Path, ...]

    def crop(self, height: int, width: int, random: np.random.Generator, reduction: float = 1.0) -> Mask:
        """Cut a piece with damage in it from one mask, turned by any angle, mirrored or not.

        A mask whose shorter side is less than the longer side that is wanted is enlarged to it.

        Args:
            height, width: of the piece.
            random: decides which.
            reduction: how many times smaller than that the damage shall be, at least 1. What would lie outside the
                mask has none.

        Returns:
            (height, width) uint8.
        """
        mask = self.masks[random.integers(len(self.masks))]
        damaged = np.flatnonzero(mask)
        return _cut(mask, int(damaged[random.integers(len(damaged))]), height, width, random, reduction)

    def crop_anywhere(self, height: int, width: int, random: np.random.Generator, reduction: float = 1.0) -> Mask:
        """As :meth:`crop`, from any place of the mask: there may be no damage."""
        mask = self.masks[random.integers(len(self.masks))]
        return _cut(mask, int(random.integers(mask.size)), height, width, random, reduction)


def _cut(mask: Mask, pixel: int, height: int, width: int, random: np.random.Generator, reduction: float) -> Mask:
    """A turned piece of a mask with one of its pixels, counted row by row, somewhere in it."""
    row, column = (each / reduction for each in divmod(pixel, mask.shape[1]))
    scale = min(1, min(mask.shape) / max(height, width))  # pixels of the reduced mask for one of the crop
    angle = random.uniform(0, math.tau)
    mirror = random.choice((-1, 1))
    across = scale * mirror * math.cos(angle), scale * mirror * math.sin(angle)  # one pixel to the right
    down = -scale * math.sin(angle), scale * math.cos(angle)
    x, y = random.uniform(0, width), random.uniform(0, height)  # where the damaged pixel goes
    image = Image.fromarray(mask)
    if reduction > 1:
        size = [max(1, round(side / reduction)) for side in image.size]
        image = image.resize((size[0], size[1]), Image.Resampling.BOX)
    image = image.transform(
        (width, height),
        Image.Transform.AFFINE,
        (
            *(across[0], down[0], column + 0.5 - across[0] * x - down[0] * y),
            *(across[1], down[1], row + 0.5 - across[1] * x - down[1] * y),
        ),
        Image.Resampling.BILINEAR,
    )
    return np.asarray(image)


def load_mask_folder(folder: Path) -> MaskFolder:
    """Read every mask below a folder; they stay in memory, a byte for each pixel.

    Raises:
        DataError: no such folder, or no mask with damage in it.
    """
    if not folder.is_dir():
        raise DataError(f"'{folder}' is not a folder; give the folder that holds your masks")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        raise DataError(f"no masks in '{folder}'; expected files ending in {', '.join(sorted(IMAGE_SUFFIXES))}")
    masks: list[Mask] = []
    skipped: list[Path] = []
    for path in paths:
        try:
            mask = np.asarray(read_image(path).convert("L"))
        except ImageError:
            skipped.append(path)
            continue
        if mask.any():
            masks.append(mask)
        else:
            skipped.append(path)
    if not masks:
        raise DataError(
            f"'{folder}': none of {len(paths)} masks can be read and shows damage; expected white damage on black"
        )
    return MaskFolder(tuple(masks), tuple(skipped))
