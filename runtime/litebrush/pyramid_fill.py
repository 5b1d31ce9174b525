"""Missing pixels guessed from those around them: where an inpainting network begins.

A picture is halved until nothing is missing, each pixel the mean of those of its four that are known; then each
missing pixel is read back from the picture half as fine (Gortler et al. 1996, "The Lumigraph": pull and push). All of
it is arithmetic of whole numbers, so it gives the same bytes in every language (docs/repairing.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from litebrush.image import Pixels

_NOTHING_KNOWN = np.uint8(128)  # a picture without a known pixel is mid grey

Missing = NDArray[np.bool_]


def fill_from_around(pixels: Pixels, missing: Missing) -> Pixels:
    """A copy of (H, W, 3) uint8 pixels in which those that are ``missing``, (H, W), are guessed; the others stay."""
    filled: Pixels = pixels.copy()
    if not missing.any():
        return filled
    if missing.all():
        filled[:] = _NOTHING_KNOWN
        return filled
    coarse = fill_from_around(*_halved(pixels, missing))
    rows, columns = np.nonzero(missing)
    filled[rows, columns] = _read_back(coarse, rows, columns)
    return filled


def _halved(pixels: Pixels, missing: Missing) -> tuple[Pixels, Missing]:
    """The mean of the known pixels of each 2x2 block, halves rounded up, and the blocks that have none."""
    height, width = missing.shape
    shape = (height + 1) // 2, (width + 1) // 2
    total = np.zeros((*shape, 3), np.uint16)
    count = np.zeros(shape, np.uint8)
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        known = ~missing[down::2, right::2]
        place = slice(known.shape[0]), slice(known.shape[1])
        total[place] += pixels[down::2, right::2] * known[..., None]
        count[place] += known
    divisor = np.maximum(count, 1)[..., None]
    return ((total + divisor // 2) // divisor).astype(np.uint8), count == 0


def _read_back(coarse: Pixels, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Pixels:
    """Pixels at places of a picture twice as fine, (count, 3): nine sixteenths of the nearest, and so on linearly."""
    near, far = zip(*(_neighbours(places, side) for places, side in zip((rows, columns), coarse.shape)))
    total = np.full((len(rows), 3), 8, np.uint16)
    for weight, (row, column) in ((9, near), (3, (near[0], far[1])), (3, (far[0], near[1])), (1, far)):
        total += weight * coarse[row, column].astype(np.uint16)
    return (total >> 4).astype(np.uint8)


def _neighbours(places: NDArray[np.intp], side: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Along one axis, the coarse pixel that a pixel lies in, and the next on the side where it lies."""
    near = places // 2
    return near, np.clip(near + np.where(places % 2, 1, -1), 0, side - 1)
