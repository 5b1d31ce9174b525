"""The photographs that everything is measured on: those that scikit-image ships, or a folder of the user's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage

from litebrush.errors import DataError
from litebrush.image import IMAGE_SUFFIXES, Pixels, read_rgb

_SHIPPED = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg", "hubble_deep_field.jpg")
MOST_PHOTOS = 12


@dataclass(frozen=True)
class Photos:
    """Clean photographs.

    Attributes:
        name: what they are called in tables.
        pixels: (H, W, 3) uint8 RGB each.
    """

    name: str
    pixels: tuple[Pixels, ...]

    def squares(self, side: int) -> tuple[Pixels, ...]:
        """The middle of each, (side, side, 3); what is smaller is left out.

        Raises:
            DataError: all are smaller.
        """
        found = tuple(_middle(each, side) for each in self.pixels if min(each.shape[:2]) >= side)
        if not found:
            raise DataError(f"none of {self.name} is {side} pixels high and wide; name a folder of larger ones")
        return found

    def paved(self, height: int, width: int) -> Pixels:
        """A picture of any size, (height, width, 3), paved with the first photograph and its mirror images."""
        first = self.pixels[0]
        missing = [(0, max(0, side - have)) for side, have in zip((height, width), first.shape)]
        return np.ascontiguousarray(np.pad(first, (*missing, (0, 0)), mode="symmetric")[:height, :width])


def read_photos(folder: Path | None) -> Photos:
    """The photographs of a folder, the first dozen by name; without one, the photographs that scikit-image ships.

    Raises:
        DataError: there is none in the folder.
    """
    if folder is None:
        shipped = Path(skimage.__file__).parent / "data"
        return Photos("the photographs that scikit-image ships", tuple(read_rgb(shipped / name) for name in _SHIPPED))
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)[:MOST_PHOTOS]
    if not paths:
        raise DataError(f"there is no photograph in '{folder}'; it may hold {', '.join(sorted(IMAGE_SUFFIXES))}")
    return Photos(f"photographs of {folder.name}", tuple(read_rgb(path) for path in paths))


def _middle(photo: Pixels, side: int) -> Pixels:
    top, left = ((length - side) // 2 for length in photo.shape[:2])
    return np.ascontiguousarray(photo[top : top + side, left : left + side])
