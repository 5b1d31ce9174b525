"""The parity table for the terminal."""

from __future__ import annotations

from rich.table import Table

from litebrush.contract import Precision
from litebrush_export.parity import Parity
from litebrush_export.pipeline import Exported


def parity_table(exported: tuple[Exported, ...]) -> Table:
    """One line a file."""
    first = exported[0].parity
    table = Table(title=f"Parity on {first.measured_on}")
    table.add_column("file", no_wrap=True)
    to_truth = () if first.to_truth is None else (first.figure.heading.replace("to truth", "to\ntruth"),)
    for heading in ("size\n(KB)", *to_truth, "PSNR to\nfloat32 (dB)", "operators\nleft in float"):
        table.add_column(heading, justify="right")
    for file in exported:
        parity = file.parity
        table.add_row(
            file.path.name,
            f"{parity.size_bytes / 1000:.0f}",
            *(() if parity.to_truth is None else (parity.figure.written(parity.to_truth),)),
            f"{parity.psnr_to_float32_db:.1f}",
            _left_in_float(parity),
        )
    return table


def _left_in_float(parity: Parity) -> str:
    if parity.precision is not Precision.INT8:
        return "all, as asked"
    return ", ".join(f"{count} {name}" for name, count in parity.float_operators.most_common()) or "none"
