"""The parity table for the terminal."""

from __future__ import annotations

from rich.table import Table

from litebrush_export.pipeline import Exported


def parity_table(exported: tuple[Exported, ...]) -> Table:
    """One line a file."""
    table = Table(title="Parity on held-out pictures, noise level 25")
    table.add_column("file", overflow="fold")
    for heading in ("size\n(KB)", "PSNR to\ntruth (dB)", "PSNR to\nfloat32 (dB)", "operators\nleft in float"):
        table.add_column(heading, justify="right")
    for file in exported:
        parity = file.parity
        float_operators = ", ".join(f"{count} {name}" for name, count in parity.float_operators.most_common())
        table.add_row(
            str(file.path),
            f"{parity.size_bytes / 1000:.0f}",
            f"{parity.psnr_to_truth_db:.2f}",
            f"{parity.psnr_to_float32_db:.1f}",
            float_operators or "none",
        )
    return table
