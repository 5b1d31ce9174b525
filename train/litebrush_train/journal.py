"""What a run writes down while it goes on: CSV, TensorBoard and preview pictures."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf
from PIL import Image

from litebrush.atomic import atomic_file
from litebrush.image import write_image
from litebrush_train.pictures import Picture


class Journal:
    """One phase's line a checkpoint in ``logs/PHASE.csv`` and TensorBoard, and a picture in ``previews/``.

    A figure that is not measured at each checkpoint leaves its field empty in between. A kill between a checkpoint
    and its line loses the line.
    """

    def __init__(self, run: Path, phase: str) -> None:
        """Prepare to write below the run's folder; nothing is written yet."""
        self._phase = phase
        self._csv = run / "logs" / f"{phase}.csv"
        self._previews = run / "previews"
        self._tensorboard = run / "tensorboard" / phase
        self._writer: tf.summary.SummaryWriter | None = None

    def write(self, step: int, figures: Mapping[str, float], preview: Picture) -> None:
        """Add one line, with the header before the first."""
        self._write_line(step, figures)
        self._previews.mkdir(exist_ok=True)
        write_image(Image.fromarray(preview), self._previews / f"{self._phase}-{step:07d}.png")
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self._tensorboard))
        with self._writer.as_default(step):
            for name, value in figures.items():
                tf.summary.scalar(name, value)
            tf.summary.image("preview", preview[None])
        self._writer.flush()

    def _write_line(self, step: int, figures: Mapping[str, float]) -> None:
        self._csv.parent.mkdir(exist_ok=True)
        line = {"step": str(step), **{name: f"{value:.6g}" for name, value in figures.items()}}
        columns = self._with_columns(tuple(line))
        with self._csv.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, columns).writerow(line)

    def _with_columns(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """All columns of the file, after those of ``names`` that it lacked were added to it."""
        lines: list[dict[str, str]] = []
        columns: tuple[str, ...] = ()
        if self._csv.exists():
            with self._csv.open(newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file)
                lines, columns = list(reader), tuple(reader.fieldnames or ())
        if set(names) <= set(columns):
            return columns
        columns = tuple(dict.fromkeys((*columns, *names)))
        with atomic_file(self._csv) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(lines)
        return columns
