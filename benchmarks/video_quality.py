"""The shipped video denoiser beside the one for photos, frame by frame: decibels, flicker, and time.

Each frame gets Gaussian noise that is seeded by its number, rounded and clipped to 8 bits. Flicker is the mean absolute
difference, in grey levels, between what is wrong in a frame and what is wrong in the next: an error that stays is not
seen, one that changes is.

    python benchmarks/video_quality.py --frames tennis/ --name tennis
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from quality_table import RESULTS, QualityTable, read_photos

import litebrush
from litebrush.image import Pixels
from litebrush.metrics import psnr_db
from litebrush.noise import add_gaussian_noise
from litebrush.zoo import find_shipped

MODEL, PEER = "denoise-video", "denoise"
LEVEL = 25


def flicker(restored: list[Pixels], clean: list[Pixels]) -> float:
    """Mean absolute difference of the error from a frame to the next, in grey levels."""
    errors = [result.astype(np.int16) - truth for result, truth in zip(restored, clean)]
    return float(np.mean([np.abs(after - before).mean() for before, after in pairwise(errors)]))


def restored_by(restore: Callable[[Pixels], Pixels], noisy: list[Pixels]) -> tuple[list[Pixels], float]:
    """The frames, and the processor time of one in milliseconds."""
    began = time.process_time()
    frames = [restore(frame) for frame in noisy]
    return frames, 1000 * (time.process_time() - began) / len(frames)


@click.command()
@click.option("--frames", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--name", required=True, help="What the video is called in tables.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS / f"{MODEL}_quality.json")
def main(frames: Path, name: str, out: Path) -> None:
    """Measure both on a folder of clean frames."""
    clean = read_photos(frames)
    noisy = [
        add_gaussian_noise(frame, LEVEL, np.random.Generator(np.random.Philox(key=[LEVEL, index])))
        for index, frame in enumerate(clean)
    ]
    figures: dict[str, dict[str, float]] = {"PSNR (dB)": {}, "flicker (grey levels)": {}, "a frame (ms)": {}}
    by_frame: dict[str, NDArray[np.float64]] = {}
    for model in (MODEL, PEER):
        for precision in find_shipped(model).precisions:
            with litebrush.load(model, precision) as restorer:
                restore = restorer.stream(LEVEL) if model == MODEL else lambda frame, one=restorer: one(frame, LEVEL)
                restored, milliseconds = restored_by(restore, noisy)
            column = f"{model} {precision.value}"
            by_frame[column] = np.array([psnr_db(result, truth) for result, truth in zip(restored, clean)])
            figures["PSNR (dB)"][column] = round(float(np.mean(by_frame[column])), 3)
            figures["flicker (grey levels)"][column] = round(flicker(restored, clean), 3)
            figures["a frame (ms)"][column] = round(milliseconds, 1)
    gains = {column: values - by_frame[f"{PEER} int8"] for column, values in by_frame.items() if MODEL in column}
    for label, of_frames in ((f"gain over {PEER} int8, best frame (dB)", np.max), ("the same, worst frame", np.min)):
        figures[label] = {column: round(float(of_frames(gain)), 3) for column, gain in gains.items()}
    table = QualityTable(f"noise level {LEVEL}", name, len(clean), "figure", figures)
    table.show()
    table.write(out)


if __name__ == "__main__":
    main()
