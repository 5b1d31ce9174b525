"""How strongly a picture was compressed as a JPEG."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BLOCK_SIDE = 8
_LARGEST_SAMPLE = 2048
_INVISIBLE_STEP = 0.1  # grey levels; what is flatter has no blocks that anyone sees
_STANDARD_LUMINANCE_SUM = 3688  # of the table of ITU-T T.81, annex K.1, for quality 50
_STANDARD_TABLE_SUM_AT_100 = 64


def stored_quality(image: Image.Image) -> float | None:
    """The quality, 0 to 100 as libjpeg counts it, that a JPEG file was saved with; None for any other picture.

    libjpeg scales the table of ITU-T T.81, annex K.1, by 5000 / quality percent below 50, and by 200 - 2 * quality
    percent from there on; the sum of the file's own luminance table gives the scale back.
    """
    tables = getattr(image, "quantization", None)
    if not tables:
        return None
    percent = 100 * sum(tables[min(tables)]) / _STANDARD_LUMINANCE_SUM
    if sum(tables[min(tables)]) <= _STANDARD_TABLE_SUM_AT_100:
        return 100.0
    return float(np.clip(5000 / percent if percent > 100 else (200 - percent) / 2, 1, 100))


def blockiness(pixels: NDArray[np.uint8]) -> float:
    """How much larger steps of brightness are across the borders of 8x8 blocks than beside them.

    Args:
        pixels: (H, W, 3) uint8 RGB whose blocks begin at its corner, as those of a JPEG do that was not cut.

    Returns:
        Ratio of the mean absolute steps, 1 for a picture without blocks; of the rows or of the columns, whichever is
        the smaller: a pattern of the picture itself hardly ever has a period of 8 in both directions. 1 for a picture
        of fewer than four blocks on a side.
    """
    sample = pixels[:_LARGEST_SAMPLE, :_LARGEST_SAMPLE].astype(np.float32).mean(axis=2)  # (H, W)
    return min(_step_ratio(sample), _step_ratio(sample.T))


def _step_ratio(brightness: NDArray[np.float32]) -> float:
    count = brightness.shape[1] // BLOCK_SIDE
    if count < 4:
        return 1.0
    steps = np.abs(np.diff(brightness, axis=1)).mean(axis=0)  # (W - 1,)
    across = steps[BLOCK_SIDE - 1 :: BLOCK_SIDE]
    beside = np.concatenate([steps[BLOCK_SIDE - 2 :: BLOCK_SIDE], steps[BLOCK_SIDE::BLOCK_SIDE]])
    return float((across.mean() + _INVISIBLE_STEP) / (beside.mean() + _INVISIBLE_STEP))
