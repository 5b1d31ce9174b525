"""Pictures of any shape as the squares that small networks see."""

from __future__ import annotations

import numpy as np
from PIL import Image

from litebrush.image import Pixels


def centre_square(picture: Pixels, side: int) -> Pixels:
    """The largest square in the middle, scaled to ``side`` pixels.

    Args:
        picture: (H, W, 3) uint8.
        side: of the result.

    Returns:
        (side, side, 3) uint8, by Lanczos's filter with antialiasing.
    """
    height, width = picture.shape[:2]
    length = min(height, width)
    top, left = (height - length) // 2, (width - length) // 2
    square = Image.fromarray(picture[top : top + length, left : left + length])
    return np.asarray(square.resize((side, side), Image.Resampling.LANCZOS))
