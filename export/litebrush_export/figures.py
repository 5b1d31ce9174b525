"""How near pictures or masks are to their truth: one figure a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litebrush.metrics import psnr_db
from litebrush.tasks import Task

Pictures = NDArray[np.uint8]
_HALF = 128


@dataclass(frozen=True)
class Figure:
    """A measure of fidelity.

    Attributes:
        name: such as ``PSNR``.
        unit: such as ``dB``; empty for a ratio.
        of: what it is measured on, in words.
        compute: results and truths, (count, H, W, C) uint8, to the figure.
        digits: behind the point, where it is shown.
    """

    name: str
    unit: str
    of: str
    compute: Callable[[Pictures, Pictures], float]
    digits: int = 2

    @property
    def heading(self) -> str:
        """For a table's column."""
        return f"{self.name} to truth" + (f" ({self.unit})" if self.unit else "")

    def written(self, value: float) -> str:
        """A value as it is shown."""
        return f"{value:.{self.digits}f}"


def mean_psnr_db(results: Pictures, truths: Pictures) -> float:
    """Mean over the pictures of each one's PSNR, in decibels."""
    return float(np.mean([psnr_db(picture, target) for picture, target in zip(results, truths)]))


def f1_at_half(results: Pictures, truths: Pictures) -> float:
    """Harmonic mean of precision and recall over the pixels of all masks, where 0.5 and above is damaged.

    1 where there is nothing to find and nothing was found.
    """
    found, damaged = results >= _HALF, truths >= _HALF
    hits, misjudged = np.count_nonzero(found & damaged), np.count_nonzero(found ^ damaged)
    return 2 * hits / (2 * hits + misjudged) if hits + misjudged else 1.0


_PSNR = Figure("PSNR", "dB", "held-out pictures", mean_psnr_db)
FIGURES = {
    Task.RESTORE: _PSNR,
    Task.RESTORE_SEQUENCE: _PSNR,
    Task.INPAINT: _PSNR,
    Task.GENERATE: Figure("PSNR", "dB", "held-out latents", mean_psnr_db),
    Task.DETECT: Figure("F1", "", "held-out masks at a threshold of 0.5", f1_at_half, digits=3),
    Task.AUTOENCODE: Figure("PSNR", "dB", "held-out pictures, encoded and decoded", mean_psnr_db),
}
