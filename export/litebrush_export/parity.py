"""What a conversion did to the picture."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import Precision, Role
from litebrush.metrics import psnr_db
from litebrush.restorer import Restorer
from litebrush_export.handover import Handover

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Parity:
    """One line of the parity table.

    Attributes:
        precision: of the file.
        noise_level: of the held-out pictures, in grey levels.
        size_bytes: of the whole file, contract and golden result included.
        psnr_to_truth_db: mean PSNR of the held-out pictures against their truth.
        psnr_to_float32_db: PSNR over all held-out pictures against what the float32 file makes of them.
        float_operators: operators that compute in floating point, by name.
    """

    precision: Precision
    noise_level: int
    size_bytes: int
    psnr_to_truth_db: float
    psnr_to_float32_db: float
    float_operators: Counter[str]


def restore_validation(restorer: Restorer, handover: Handover) -> Pictures:
    """The held-out pictures through a converted model, (count, H, W, 3) uint8."""
    image, level = (handover.contract.input(role).name for role in (Role.IMAGE, Role.NOISE_LEVEL))
    pairs = zip(handover.validation[image], handover.validation[level])
    return np.stack([restorer.restore_pixels(picture, float(level)) for picture, level in pairs])


def mean_psnr_db(restored: Pictures, truth: Pictures) -> float:
    """Mean over the pictures of each one's PSNR, in decibels."""
    return float(np.mean([psnr_db(picture, target) for picture, target in zip(restored, truth)]))
