"""What a conversion changed in the pictures: colour, structure, smooth areas, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litebrush.metrics import psnr_db, ssim
from litebrush_export.figures import Pictures

ERROR_GAIN = 8
_PLATEAU_PAIRS = 2  # on each side of a step, so a plateau is three pixels or longer
_SMOOTH_LEVELS = 2
_EDGE_LEVELS = 12
_CHANNELS = ("R", "G", "B")
_WINDOW_SIDE = 11  # of structural similarity


@dataclass(frozen=True)
class PictureError:
    """How pictures or masks differ from those of a reference; levels are 8-bit ones, of 0 to 255.

    Attributes:
        shift: mean signed difference over all values, in levels; above 0 = brighter than the reference.
        channel_shifts: the same of each channel: red, green, blue; of a mask one.
        psnr_db: PSNR over all values; infinite for equal pictures.
        ssim: structural similarity, mean over the pictures; None where they are smaller than its window, 11x11.
        largest: largest difference of a value, in levels.
        banding: height of new false contours, root mean square over the smooth places of the reference, in levels; 0
            (none) to 255. See :func:`banding`.
        edge_error: share of the absolute error that lies at edges of the reference, 0 to 1; 0 for equal pictures.
        edge_area: share of the pixels that are edges, 0 to 1. Where it is below ``edge_error``, edges suffer most.
    """

    shift: float
    channel_shifts: tuple[float, ...]
    psnr_db: float
    ssim: float | None
    largest: int
    banding: float
    edge_error: float
    edge_area: float

    @property
    def written_shifts(self) -> str:
        """The shift of each channel, such as ``-0.02 +0.31 +0.00``."""
        return " ".join(map(written_shift, self.channel_shifts))

    @property
    def written_largest_shift(self) -> str:
        """The largest shift of a channel and its letter, such as ``G +0.31``."""
        shift, letter = max(zip(self.channel_shifts, self._letters), key=lambda pair: abs(pair[0]))
        return f"{letter} {written_shift(shift)}".strip()

    @property
    def _letters(self) -> tuple[str, ...]:
        return _CHANNELS if len(self.channel_shifts) == len(_CHANNELS) else ("",) * len(self.channel_shifts)


def written_shift(levels: float) -> str:
    """A shift as it is shown: signed, to a hundredth of a level, and no ``-0.00``."""
    return f"{round(levels, 2) + 0.0:+.2f}"


def measure_error(results: Pictures, reference: Pictures) -> PictureError:
    """Compare pictures with those of a reference.

    Args:
        results, reference: (count, H, W, C) uint8 of one shape; RGB pictures, or masks with one channel.

    Raises:
        ValueError: the shapes differ, or are not those of pictures, or there are none.
    """
    _require_alike(results, reference, axes=4)
    differences = [_difference(result, truth) for result, truth in zip(results, reference)]
    shifts = np.mean([difference.mean(axis=(0, 1)) for difference in differences], axis=0)
    absolute = np.stack([np.abs(difference).mean(axis=2) for difference in differences])  # (count, H, W)
    edges = np.stack([_edges(truth) for truth in reference])  # (count, H, W)
    total = float(absolute.sum())
    large_enough = min(results.shape[1:3]) >= _WINDOW_SIDE
    return PictureError(
        shift=float(shifts.mean()),
        channel_shifts=tuple(float(shift) for shift in shifts),
        psnr_db=psnr_db(results, reference),
        ssim=float(np.mean([ssim(*pair) for pair in zip(results, reference)])) if large_enough else None,
        largest=max(int(np.abs(difference).max()) for difference in differences),
        banding=banding(results, reference),
        edge_error=float(absolute[edges].sum()) / total if total else 0.0,
        edge_area=float(edges.mean()),
    )


def banding(results: Pictures, reference: Pictures) -> float:
    """Height of the false contours that the reference does not have, in 8-bit levels; 0 where there are none.

    A false contour is a step between two plateaus, each flat over three pixels or more along a row or a column, that
    goes on in the row or column beside it, where the reference is smooth: neighbours there differ by two levels at
    most. Its height counts as far as it is above the reference's own difference, and above the one level that 8 bits
    cannot avoid. The figure is the root mean square of these heights over all smooth places and channels. Noise has no
    plateaus and no lines: it hardly counts.

    Steps between uniform segments, judged by their height, are the measure of Wang et al. 2016, "A perceptual
    visibility metric for banding artifacts", and of Tu et al. 2020, "BBAND index: a no-reference banding artifact
    predictor". Here the reference says what is smooth and which steps are its own; no model of the eye is applied.

    Args:
        results, reference: (count, H, W, C) uint8 of one shape.

    Raises:
        ValueError: the shapes differ, or are not those of pictures, or there are none.
    """
    _require_alike(results, reference, axes=4)
    squares, places = 0.0, 0
    for result, truth in zip(results, reference):
        for axis in (0, 1):
            heights, smooth = _false_contours(*(_neighbour_differences(each, axis) for each in (result, truth)))
            squares += float(np.square(heights, dtype=np.float64).sum())
            places += smooth
    return math.sqrt(squares / places) if places else 0.0


def error_map(result: Pictures, reference: Pictures) -> NDArray[np.uint8]:
    """Where a picture differs: mean absolute difference over the channels, times 8, at most 255.

    Args:
        result, reference: (H, W, C) uint8 of one shape.

    Returns:
        (H, W) uint8; 0 = equal, 255 = 32 levels apart or more.

    Raises:
        ValueError: the shapes differ, or are not those of a picture.
    """
    _require_alike(result, reference, axes=3)
    absolute = np.abs(_difference(result, reference)).mean(axis=2)
    return np.minimum(np.rint(ERROR_GAIN * absolute), 255).astype(np.uint8)


def _require_alike(results: Pictures, reference: Pictures, axes: int) -> None:
    if results.shape != reference.shape or results.ndim != axes or not results.size:
        expected = "(count, H, W, C)" if axes == 4 else "(H, W, C)"
        raise ValueError(
            f"pictures of shapes {results.shape} and {reference.shape} cannot be compared; expected {expected} twice"
        )


def _difference(result: Pictures, reference: Pictures) -> NDArray[np.int16]:
    return result.astype(np.int16) - reference


def _neighbour_differences(picture: Pictures, axis: int) -> NDArray[np.int16]:
    """From each pixel to the next along an axis, which becomes the first one."""
    return np.diff(np.moveaxis(picture.astype(np.int16), axis, 0), axis=0)


def _false_contours(result: NDArray[np.int16], reference: NDArray[np.int16]) -> tuple[NDArray[np.int16], int]:
    """Heights of the false contours, 0 elsewhere, and in how many places there could be one."""
    places = max(0, len(result) - 2 * _PLATEAU_PAIRS)
    parts = [slice(start, start + places) for start in range(2 * _PLATEAU_PAIRS + 1)]
    step = parts[_PLATEAU_PAIRS]
    flat = np.logical_and.reduce([result[part] == 0 for part in parts if part is not step])
    smooth = np.logical_and.reduce([np.abs(reference[part]) <= _SMOOTH_LEVELS for part in parts])
    excess = np.abs(result[step]) - np.maximum(np.abs(reference[step]), 1)
    return np.where(_lines(flat & smooth & (excess > 0)), excess, 0), int(np.count_nonzero(smooth))


def _lines(found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(places, lines, C): of what was found, that which has its like in a line beside it, at most one place further."""
    near = found.copy()
    near[1:] |= found[:-1]
    near[:-1] |= found[1:]
    beside = np.zeros_like(found)
    beside[:, 1:] |= near[:, :-1]
    beside[:, :-1] |= near[:, 1:]
    return found & beside


def _edges(picture: Pictures) -> NDArray[np.bool_]:
    """(H, W): pixels that differ by more than 12 levels, mean over the channels, from one beside or below them."""
    edges = np.zeros(picture.shape[:2], np.bool_)
    for axis in (0, 1):
        steep = np.abs(_neighbour_differences(picture, axis)).mean(axis=2) > _EDGE_LEVELS
        lines = np.moveaxis(edges, axis, 0)  # a view
        lines[:-1] |= steep
        lines[1:] |= steep
    return edges
