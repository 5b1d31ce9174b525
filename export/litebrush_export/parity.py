"""What a conversion did to the picture."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from litebrush.contract import Precision
from litebrush.latency import Latency
from litebrush_export.figures import Figure
from litebrush_export.picture_error import PictureError


@dataclass(frozen=True)
class Parity:
    """One line of the parity table.

    Attributes:
        precision: of the file.
        size_bytes: of the whole file, contract and golden result included.
        measured_on: the held-out samples, in words.
        figure: how nearness to the truth is measured.
        to_truth: the figure of the held-out samples; None where there is no truth.
        error: of what the file makes of all held-out samples, against what the float32 network makes of them.
        float_operators: operators that compute in floating point, by name.
        latency: of all signatures once, one thread, this machine; None where it was not measured.
        float32_latency: of the float32 network, measured likewise.
    """

    precision: Precision
    size_bytes: int
    measured_on: str
    figure: Figure
    to_truth: float | None
    error: PictureError
    float_operators: Counter[str]
    latency: Latency | None = None
    float32_latency: Latency | None = None

    @property
    def psnr_to_float32_db(self) -> float:
        """PSNR over all held-out samples; infinite where nothing changed."""
        return self.error.psnr_db

    @property
    def left_in_float(self) -> str:
        """The operators that compute in floating point though whole numbers were asked for, in words."""
        if self.precision is not Precision.INT8:
            return "all, as asked"
        return ", ".join(f"{count} {name}" for name, count in self.float_operators.most_common()) or "none"

    @property
    def slower_than_float32(self) -> bool:
        """Whether the median run takes longer than that of the float32 network; False where it was not measured."""
        if self.latency is None or self.float32_latency is None:
            return False
        return self.latency.p50_ms > self.float32_latency.p50_ms
