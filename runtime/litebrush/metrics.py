"""How far a picture is from the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_WINDOW_SIDE = 11
_WINDOW_SIGMA = 1.5
_WINDOW = np.exp(-np.square(np.arange(_WINDOW_SIDE) - _WINDOW_SIDE // 2) / (2 * _WINDOW_SIGMA**2))
_WINDOW /= _WINDOW.sum()
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


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


def ssim(picture: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Structural similarity, averaged over places and channels; 1 for equal pictures, at most 1.

    Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity": a Gaussian window of
    11x11 pixels with sigma 1.5, and only where it lies wholly inside the picture.

    Args:
        picture, truth: uint8 (H, W, 3) RGB or (H, W), at least 11 pixels on each side.

    Raises:
        ValueError: the shapes differ, or are no picture's, or are smaller than the window.
    """
    if picture.shape != truth.shape:
        raise ValueError(f"pictures of shapes {picture.shape} and {truth.shape} cannot be compared")
    if picture.ndim not in (2, 3) or min(picture.shape[:2]) < _WINDOW_SIDE:
        raise ValueError(
            f"a picture of shape {picture.shape} has no structural similarity; "
            f"expected (H, W, 3) or (H, W) of at least {_WINDOW_SIDE}x{_WINDOW_SIDE} pixels"
        )
    x, y = picture.astype(np.float64), truth.astype(np.float64)
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    variance_x = _window_mean(x * x) - mean_x * mean_x
    variance_y = _window_mean(y * y) - mean_y * mean_y
    covariance = _window_mean(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x * mean_x + mean_y * mean_y + _C1)
    contrast_and_structure = (2 * covariance + _C2) / (variance_x + variance_y + _C2)
    return float(np.mean(luminance * contrast_and_structure))


def _window_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    for axis in (0, 1):
        count = values.shape[axis] - _WINDOW_SIDE + 1
        shifted = (np.moveaxis(values, axis, 0)[start : start + count] for start in range(_WINDOW_SIDE))
        weighted = sum(weight * part for weight, part in zip(_WINDOW, shifted))
        values = np.moveaxis(np.asarray(weighted), 0, axis)
    return values


def f1_score(mask: NDArray[np.generic], truth: NDArray[np.generic], tolerance_px: int = 0) -> float:
    """Harmonic mean of precision and recall of a mask; 1 for equal masks (empty ones too), 0 without a hit.

    A marked pixel is right if the truth marks one at most ``tolerance_px`` rows and columns away; a pixel of the truth
    is found if the mask marks one as near.

    Args:
        mask, truth: (H, W) of any dtype; what is not 0 is marked.
        tolerance_px: allowed distance in pixels, diagonal steps counting as one.

    Raises:
        ValueError: the shapes differ or are not (H, W), or the tolerance is negative.
    """
    if mask.shape != truth.shape or mask.ndim != 2:
        raise ValueError(f"masks of shapes {mask.shape} and {truth.shape} cannot be compared; expected (H, W) twice")
    if tolerance_px < 0:
        raise ValueError(f"tolerance_px is {tolerance_px}; it must be at least 0")
    marked, real = mask != 0, truth != 0
    if not marked.any() and not real.any():
        return 1.0
    right = np.count_nonzero(marked & _widen(real, tolerance_px))
    found = np.count_nonzero(real & _widen(marked, tolerance_px))
    if not right:
        return 0.0
    precision, recall = right / np.count_nonzero(marked), found / np.count_nonzero(real)
    return 2 * precision * recall / (precision + recall)


def _widen(marked: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    for axis in (0, 1):
        lines = np.moveaxis(marked, axis, 0)
        widened = lines.copy()
        for distance in range(1, min(by_px, len(lines) - 1) + 1):
            widened[distance:] |= lines[:-distance]
            widened[:-distance] |= lines[distance:]
        marked = np.moveaxis(widened, 0, axis)
    return marked
