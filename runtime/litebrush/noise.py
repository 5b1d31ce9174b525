"""Noise of photographs: how much there is, and how to add some."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_CHANNELS = 3
_BLOCK = 32
_FLATTEST_SHARE = 0.1
_SELECTION_BIAS = 0.903  # what is left of pure noise: the flattest tenth of blocks is flat by chance
_TEXTURE_GROWTH = 4.0  # of its variance from a scale to the next
_MOST_CLIPPED = 0.05
_FEWEST_BLOCKS = 4
_LARGEST_SAMPLE = 1024

Values = NDArray[np.float32]


def estimate_noise_level(pixels: NDArray[np.uint8]) -> float:
    """Standard deviation of white noise in a photograph, estimated from its flattest places.

    The diagonal Haar coefficient (a - b - c + d) / 2 of a 2x2 cell has the standard deviation of the noise and
    hardly sees edges or shading (Donoho and Johnstone 1994 take its median). It does see texture, so it is
    measured in blocks of 32x32 pixels and the flattest tenth decides. What texture is left there is told by the same
    coefficients of the next scale: noise is as strong in them, texture twice as strong, for the power of natural
    images falls with the square of the frequency (Field 1987). Blocks where the noise is clipped to black or white,
    and plain borders, would pass for flat; they are left out.

    Args:
        pixels: (H, W, 3) uint8; at least 64 pixels on a side, or the answer is 0.

    Returns:
        Noise level in grey levels, the mean of the channels that are not clipped nearly everywhere.
    """
    height, width = (min(side, _LARGEST_SAMPLE) // _BLOCK * _BLOCK for side in pixels.shape[:2])
    if min(height, width) < 2 * _BLOCK:
        return 0.0
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    sample = pixels[top : top + height, left : left + width]
    bands = [_measured(sample[first : first + _BLOCK]) for first in range(0, height, _BLOCK)]
    fine, coarse, clipped_share = (np.concatenate(each) for each in zip(*bands))  # (blocks, 3)
    measurable = clipped_share <= _MOST_CLIPPED
    levels = [
        _noise_of_flattest(fine[blocks, channel], coarse[blocks, channel])
        for channel, blocks in enumerate(measurable.T)
        if blocks.sum() >= _FEWEST_BLOCKS
    ]
    return float(np.mean(levels)) if levels else 0.0


def _measured(band: NDArray[np.uint8]) -> tuple[Values, Values, Values]:
    """Of a row of blocks, (blocks, 3): variances of the coefficients of both scales, and the share that is clipped.

    A band is small enough to stay in the cache.
    """
    clipped = np.add.reduce(((band == 0) | (band == 255)).view(np.uint8), axis=0, dtype=np.uint8)  # of a column
    clipped_share = clipped.reshape(-1, _BLOCK, _CHANNELS).sum(axis=1) / np.float32(_BLOCK**2)
    lines = band.astype(np.int16)
    pairs = (lines[::2] + lines[1::2]).reshape(_BLOCK // 2, -1, 2, _CHANNELS)
    sums_of_cells = pairs[:, :, 0] + pairs[:, :, 1]  # each twice the value of the next scale
    return _variances(lines), _variances(sums_of_cells) / np.float32(4), clipped_share


def _variances(values: NDArray[np.int16]) -> Values:
    """(2n, W, 3) -> (W / 2n, 3): mean squares of the diagonal coefficients in each square of 2n values a side."""
    cells = values.shape[0] // 2
    below = (values[::2] - values[1::2]).reshape(cells, -1)
    diagonal = np.zeros(below.shape, np.float32)  # from every column to the next; the cells' are the even ones
    np.subtract(below[:, :-_CHANNELS], below[:, _CHANNELS:], out=diagonal[:, :-_CHANNELS])
    squares = np.add.reduce(np.square(diagonal, out=diagonal), axis=0)
    sums = squares.reshape(-1, cells, 2, _CHANNELS)[:, :, 0].sum(axis=1)
    variances: Values = sums / np.float32((2 * cells) ** 2)
    return variances


def _noise_of_flattest(fine: Values, coarse: Values) -> float:
    """Noise level from a channel's variances in blocks: noise and texture are told apart by how they grow."""
    flattest = np.argsort(fine, kind="stable")[: max(1, round(len(fine) * _FLATTEST_SHARE))]
    noise = (_TEXTURE_GROWTH * np.median(fine[flattest]) - np.median(coarse[flattest])) / (_TEXTURE_GROWTH - 1)
    return math.sqrt(max(0.0, float(noise))) / _SELECTION_BIAS


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
