"""8-bit scales for real values, and what rounding to them costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST = -128, 127
_FRACTIONS = np.linspace(0.4, 1, 13)


def scale_of(minimum: float, maximum: float) -> tuple[float, int]:
    """Scale and zero point of an 8-bit tensor that reaches from ``minimum`` (at most 0) to ``maximum`` (at least 0)."""
    scale = (maximum - minimum) / (HIGHEST - LOWEST)
    return scale, int(np.clip(np.rint(LOWEST - minimum / scale), LOWEST, HIGHEST))


def squared_error(values: NDArray[np.float32], minimum: float, maximum: float) -> float:
    """Mean squared error of values that are rounded to an 8-bit scale, those outside of its range clipped."""
    scale, zero_point = scale_of(minimum, maximum)
    stored = np.clip(np.rint(values / np.float32(scale)), LOWEST - zero_point, HIGHEST - zero_point)
    return float(np.mean(np.square(stored * np.float32(scale) - values), dtype=np.float64))


def best_range(values: NDArray[np.float32], minimum: float, maximum: float) -> tuple[float, float]:
    """The part of a range that makes the mean squared error of 8-bit values least.

    A narrower range clips a few values and is finer for all others; Choukroun et al. 2019, "Low-bit quantization of
    neural networks for efficient inference". Each end is between 0.4 times itself and itself.

    Args:
        values: any shape, float32.
        minimum, maximum: the whole range, 0 within it.
    """
    below = _FRACTIONS if minimum < 0 else (1.0,)
    above = _FRACTIONS if maximum > 0 else (1.0,)
    ranges = [(float(minimum * down), float(maximum * up)) for down in below for up in above]
    return min(ranges, key=lambda extent: squared_error(values, *extent))
