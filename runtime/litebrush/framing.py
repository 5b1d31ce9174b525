"""Pictures of any shape as the squares, or other frames, that small networks see."""

from __future__ import annotations

import numpy as np
from PIL import Image

from litebrush.image import Pixels


def centre_part(picture: Pixels, height: int, width: int) -> Pixels:
    """The largest part in the middle that has a frame's proportions, scaled to it.

    Args:
        picture: (H, W, 3) uint8.
        height, width: of the frame.

    Returns:
        (height, width, 3) uint8, by Lanczos's filter with antialiasing.
    """
    whole_height, whole_width = picture.shape[:2]
    cut_height, cut_width = whole_height, max(1, whole_height * width // height)
    if cut_width > whole_width:
        cut_height, cut_width = max(1, whole_width * height // width), whole_width
    top, left = (whole_height - cut_height) // 2, (whole_width - cut_width) // 2
    part = Image.fromarray(picture[top : top + cut_height, left : left + cut_width])
    return np.asarray(part.resize((width, height), Image.Resampling.LANCZOS))
