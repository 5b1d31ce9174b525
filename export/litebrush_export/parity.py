"""What a conversion did to the picture."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from litebrush.contract import Precision
from litebrush.latency import Latency
from litebrush_export.figures import Figure
from litebrush_export.picture_error import PictureError

_INTEGER = (Precision.INT8, Precision.INT16X8, Precision.MIXED)
_EQUAL = 1.03


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
        latency: of all signatures once, one thread, this machine.
        relative_time: how many times as long a run takes as one of the float32 network as it came, one after the other.
        means: what was done beyond plain conversion, in words.
    """

    precision: Precision
    size_bytes: int
    measured_on: str
    figure: Figure
    to_truth: float | None
    error: PictureError
    float_operators: Counter[str]
    latency: Latency
    relative_time: float
    means: tuple[str, ...] = ()

    @property
    def psnr_to_float32_db(self) -> float:
        """PSNR over all held-out samples; infinite where nothing changed."""
        return self.error.psnr_db

    @property
    def is_integer(self) -> bool:
        """Whether whole numbers were asked for."""
        return self.precision in _INTEGER

    @property
    def left_in_float(self) -> str:
        """The operators that compute in floating point though whole numbers were asked for, in words."""
        if not self.is_integer:
            return "all, as asked"
        return ", ".join(f"{count} {name}" for name, count in self.float_operators.most_common()) or "none"

    @property
    def slower_than_float32(self) -> bool:
        """Whether a run takes longer than one of the float32 network, by more than measuring can be trusted."""
        return self.relative_time > _EQUAL
