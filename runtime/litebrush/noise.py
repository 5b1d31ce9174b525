"""How noisy is this photograph?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 16
_FLATTEST_SHARE = 0.1
_SELECTION_BIAS = 0.93  # of the flattest tenth of blocks of pure noise: the 5th percentile of their deviations
_CLIPPING_MARGIN = 2.5
_SMALLEST_MARGIN = 2  # grey levels; leaves out borders that are plain black or white
_FEWEST_BLOCKS = 4
_PASSES = 3
_LARGEST_SAMPLE = 1024


def estimate_noise_level(pixels: NDArray[np.uint8]) -> float:
    """Standard deviation of white noise in a photograph, estimated from its flattest places.

    The diagonal Haar coefficient (a - b - c + d) / 2 of a 2x2 cell has the standard deviation of the noise and
    hardly sees edges or shading (Donoho and Johnstone 1994 take its median). It does see texture, so it is
    measured in blocks of 32x32 pixels and the flattest tenth decides. Blocks so dark or bright that the noise is
    clipped in them would pass for flat; they are left out, for which the level found so far tells the margin.

    Args:
        pixels: (H, W, 3) uint8; at least 64 pixels on a side, or the answer is 0.

    Returns:
        Noise level in grey levels, the mean of the three channels.

    """
    height, width = (min(side, _LARGEST_SAMPLE) // (2 * _BLOCK) * 2 * _BLOCK for side in pixels.shape[:2])
    if min(height, width) < 4 * _BLOCK:
        return 0.0
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    sample = pixels[top : top + height, left : left + width].astype(np.float32)
    diagonal = (sample[::2, ::2] - sample[::2, 1::2] - sample[1::2, ::2] + sample[1::2, 1::2]) / 2
    rows, columns = diagonal.shape[0] // _BLOCK, diagonal.shape[1] // _BLOCK
    blocks = diagonal.reshape(rows, _BLOCK, columns, _BLOCK, 3).transpose(0, 2, 4, 1, 3).reshape(-1, 3, _BLOCK**2)
    brightness = sample.reshape(rows, 2 * _BLOCK, columns, 2 * _BLOCK, 3).mean(axis=(1, 3)).reshape(-1, 3)
    deviations = np.sqrt(np.mean(np.square(blocks), axis=2))  # (blocks, 3)
    levels = [_flattest(deviations[:, channel], brightness[:, channel]) for channel in range(3)]
    return float(np.mean(levels))


def _flattest(deviations: NDArray[np.float32], brightness: NDArray[np.float32]) -> float:
    level = 0.0
    for _ in range(_PASSES):
        margin = max(_SMALLEST_MARGIN, _CLIPPING_MARGIN * level)
        unclipped = deviations[(brightness >= margin) & (brightness <= 255 - margin)]
        if len(unclipped) < _FEWEST_BLOCKS:
            break
        flattest = np.sort(unclipped)[: max(1, round(len(unclipped) * _FLATTEST_SHARE))]
        level = float(np.median(flattest)) / _SELECTION_BIAS
    return level
