"""Whether a recurrent model restores the end of a long video as well as its beginning.

A clip goes to and fro, so that no cut resets what is remembered, and gets fresh noise each time. The first hundred
frames and the last hundred show the same pictures; a state that blows up, freezes or drifts would tell them apart.

    python benchmarks/sequence_drift.py MODEL --frames FOLDER
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from machine import processor
from numpy.typing import NDArray

import litebrush
from litebrush.errors import DataError, LitebrushError, ModelFileError
from litebrush.frames import open_clip
from litebrush.image import to_photo
from litebrush.metrics import psnr_db
from litebrush.noise import add_gaussian_noise
from litebrush.sequence import SequenceRestorer

FRAMES, COMPARED = 1000, 100
SEED = 0


def to_and_fro(frames: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """One period of a clip that goes to its end and back, cut so that the compared frames show the same."""
    apart = FRAMES - COMPARED
    turn = max(last for last in range(1, len(frames)) if apart % (2 * last) == 0)
    return [*frames[: turn + 1], *frames[turn - 1 : 0 : -1]]


def fidelity(restorer: SequenceRestorer, period: Sequence[NDArray[np.uint8]], level: float) -> tuple[list[float], int]:
    """PSNR of each frame against the truth, in dB, and how many scenes were seen."""
    stream = restorer.stream(level)
    random = np.random.default_rng(SEED)
    values = []
    for number in range(FRAMES):
        clean = period[number % len(period)]
        values.append(psnr_db(stream(add_gaussian_noise(clean, level, random)), clean))
    return values, stream.scenes


@click.command()
@click.argument("model")
@click.option("--frames", "folder", type=click.Path(path_type=Path), required=True, help="Clean frames of one scene.")
@click.option("--noise-level", type=float, default=25, show_default=True, help="In grey levels.")
@click.option("--precision", help="Which file of a shipped model.")
@click.option("--out", type=click.Path(path_type=Path), default="benchmarks/results/sequence_drift.json")
def main(model: str, folder: Path, noise_level: float, precision: str | None, out: Path) -> None:
    """Compare the last hundred of a thousand frames with the first hundred."""
    try:
        restorer = litebrush.load(model, precision)
        if not isinstance(restorer, SequenceRestorer):
            raise ModelFileError(f"'{model}' remembers nothing; give a model of task 'restore_sequence'")
        with open_clip(folder) as opened:
            frames = [to_photo(frame).pixels for frame in opened.frames]
        if len(frames) < 2:
            raise DataError(f"'{folder}' has one frame; give two or more")
        period = to_and_fro(frames)
        values, scenes = fidelity(restorer, period, noise_level)
        if scenes != 1:
            raise DataError(f"'{folder}' has cuts, which reset what is remembered; give frames of one scene")
    except LitebrushError as problem:
        raise click.ClickException(str(problem)) from None
    first, last = (float(np.mean(part)) for part in (values[:COMPARED], values[-COMPARED:]))
    document = {
        "model": restorer.contract.name,
        "precision": restorer.precision and restorer.precision.value,
        "frames": FRAMES,
        "period": len(period),
        "noise_level": noise_level,
        f"first_{COMPARED}_psnr_db": round(first, 3),
        f"last_{COMPARED}_psnr_db": round(last, 3),
        "drift_db": round(last - first, 3),
        "processor": processor(),
        "interpreter": restorer.engine,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    click.echo(f"first {first:.2f} dB, last {last:.2f} dB, drift {last - first:+.3f} dB")


if __name__ == "__main__":
    main()
