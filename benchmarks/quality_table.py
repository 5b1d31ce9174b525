"""Figures by condition and by what was measured: printed, and written for the model cards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from litebrush.image import IMAGE_SUFFIXES, Pixels, read_rgb

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class QualityTable:
    """Mean figures over photographs.

    Attributes:
        what: the figure and its unit, such as ``mean PSNR (dB)``.
        photos: what the photographs are called.
        count: how many there are.
        condition: what the rows are, such as ``JPEG quality``.
        figures: by condition, then by what was measured; not every condition has every column.
        runs: trainings that the figures come from.
    """

    what: str
    photos: str
    count: int
    condition: str
    figures: Mapping[str, Mapping[str, float]]
    runs: int = 1

    def show(self) -> None:
        """Print the table."""
        columns = list(dict.fromkeys(column for values in self.figures.values() for column in values))
        table = Table(self.condition, *columns, title=f"{self.what} on {self.photos}, {self.count} pictures")
        for condition, values in self.figures.items():
            table.add_row(condition, *(f"{values[column]:.4g}" if column in values else "" for column in columns))
        Console().print(table)

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def read_photos(folder: Path) -> list[Pixels]:
    """All photographs of a folder, in the order of their names."""
    return [read_rgb(path) for path in sorted(folder.iterdir()) if path.suffix.lower() in IMAGE_SUFFIXES]
