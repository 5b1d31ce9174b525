"""Where one scene of a video ends and the next begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Thumbnail = NDArray[np.float32]  # (16, 16) grey levels

_SIZE = (16, 16)
_LARGEST_CHANGE = 0.5
_LEAST_CHANGE = 1.0  # grey levels; in a plain or dark scene the noise alone changes as much as the contrast


def thumbnail(pixels: NDArray[np.uint8]) -> Thumbnail:
    """A frame as :func:`is_cut` compares it, from (H, W, 3) uint8 RGB."""
    grey = Image.fromarray(pixels).convert("L")
    return np.asarray(grey.resize(_SIZE, Image.Resampling.BOX), np.float32)


def is_cut(before: Thumbnail, after: Thumbnail) -> bool:
    """Whether more changed than half of what two unrelated pictures of such contrast would differ by.

    Brightness as a whole does not count: a flickering film is no row of cuts.
    """
    change = np.abs(before - after - np.mean(before - after)).mean()
    contrast = max(np.abs(picture - picture.mean()).mean() for picture in (before, after))
    return bool(change > max(_LARGEST_CHANGE * contrast, _LEAST_CHANGE))
