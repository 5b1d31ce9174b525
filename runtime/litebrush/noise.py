"""Noise of photographs: how much there is, and how to add some."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 16
_FLATTEST_SHARE = 0.1
_SELECTION_BIAS = 0.93  # of the flattest tenth of blocks of pure noise: the 5th percentile of their deviations
_MOST_CLIPPED = 0.05
_FEWEST_BLOCKS = 4
_LARGEST_SAMPLE = 1024

Values = NDArray[np.float32]


def estimate_noise_level(pixels: NDArray[np.uint8]) -> float:
    """Standard deviation of white noise in a photograph, estimated from its flattest places.

    The diagonal Haar coefficient (a - b - c + d) / 2 of a 2x2 cell has the standard deviation of the noise and
    hardly sees edges or shading (Donoho and Johnstone 1994 take its median). It does see texture, so it is
    measured in blocks of 32x32 pixels and the flattest tenth decides. Blocks where the noise is clipped to black
    or white, and plain borders, would pass for flat; they are left out.

    Args:
        pixels: (H, W, 3) uint8; at least 64 pixels on a side, or the answer is 0.

    Returns:
        Noise level in grey levels, the mean of the channels that are not clipped nearly everywhere.
    """
    height, width = (min(side, _LARGEST_SAMPLE) // (2 * _BLOCK) * 2 * _BLOCK for side in pixels.shape[:2])
    if min(height, width) < 4 * _BLOCK:
        return 0.0
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    sample = pixels[top : top + height, left : left + width]
    rows = 2 * _BLOCK
    bands = [_measured(sample[first : first + rows]) for first in range(0, height, rows)]
    deviations, clipped_share = (np.concatenate(each) for each in zip(*bands))  # (blocks, 3)
    measurable = [deviations[clipped_share[:, channel] <= _MOST_CLIPPED, channel] for channel in range(3)]
    levels = [_flattest(channel) for channel in measurable if len(channel) >= _FEWEST_BLOCKS]
    return float(np.mean(levels)) if levels else 0.0


def _measured(band: NDArray[np.uint8]) -> tuple[Values, Values]:
    """Deviations and clipped shares, (blocks, 3), of a row of blocks; it is small enough to stay in the cache."""
    clipped = np.add.reduce(((band == 0) | (band == 255)).view(np.uint8), axis=0, dtype=np.uint8)  # of a column
    clipped_share = clipped.reshape(-1, 2 * _BLOCK, 3).sum(axis=1) / np.float32((2 * _BLOCK) ** 2)
    lines = band.astype(np.int16)
    below = (lines[::2] - lines[1::2]).reshape(_BLOCK, -1)  # (16, W * 3)
    diagonal = np.zeros(below.shape, np.float32)  # from every column to the next; the cells' are the even ones
    np.subtract(below[:, :-3], below[:, 3:], out=diagonal[:, :-3])
    squares = np.add.reduce(np.square(diagonal, out=diagonal), axis=0)
    return np.sqrt(squares.reshape(-1, _BLOCK, 2, 3)[:, :, 0].sum(axis=1)) / (2 * _BLOCK), clipped_share


def _flattest(deviations: Values) -> float:
    flattest = np.sort(deviations)[: max(1, round(len(deviations) * _FLATTEST_SHARE))]
    return float(np.median(flattest)) / _SELECTION_BIAS


def add_gaussian_noise(pixels: NDArray[np.uint8], noise_level: float, random: np.random.Generator) -> NDArray[np.uint8]:
    """Add white Gaussian noise, then round and clip to 8 bits, as every stored photo is.

    Args:
        pixels: (H, W, C) uint8.
        noise_level: standard deviation in grey levels.
        random: the source of the noise; the same state gives the same picture.
    """
    noise = random.standard_normal(pixels.shape, dtype=np.float32)
    noise *= noise_level
    noise += pixels
    return np.clip(np.rint(noise, out=noise), 0, 255, out=noise).astype(np.uint8)
