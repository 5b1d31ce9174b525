"""What a conversion did to the picture."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from litebrush.contract import Precision
from litebrush_export.figures import Figure


@dataclass(frozen=True)
class Parity:
    """One line of the parity table.

    Attributes:
        precision: of the file.
        size_bytes: of the whole file, contract and golden result included.
        measured_on: the held-out samples, in words.
        figure: how nearness to the truth is measured.
        to_truth: the figure of the held-out samples; None where there is no truth.
        psnr_to_float32_db: PSNR over all held-out samples against what the float32 file makes of them.
        float_operators: operators that compute in floating point, by name.
    """

    precision: Precision
    size_bytes: int
    measured_on: str
    figure: Figure
    to_truth: float | None
    psnr_to_float32_db: float
    float_operators: Counter[str]
