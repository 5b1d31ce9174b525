"""How far a picture is from the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def psnr_db(picture: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio over all values, in decibels; infinite for equal arrays.

    Args:
        picture, truth: uint8 arrays of one shape.

    Raises:
        ValueError: the shapes differ.
    """
    if picture.shape != truth.shape:
        raise ValueError(f"pictures of shapes {picture.shape} and {truth.shape} cannot be compared")
    squared_error = float(np.mean(np.square(picture.astype(np.float64) - truth)))
    return float("inf") if squared_error == 0 else float(10 * np.log10(255**2 / squared_error))
