from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from made.pictures import photo_pixels
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
settings.register_profile("litebrush", deadline=None)  # a busy machine is no failure; speed belongs in benchmarks
settings.load_profile("litebrush")

TINY_RECIPE = (
    "model.channels=8",
    "model.blocks=1",
    "training.steps=12",
    "training.batch_size=2",
    "patches.patch_size=16",
    "compression.steps=4",
    "compression.batch_size=2",
    "run.checkpoint_every=2",
    "run.calibration_images=3",
    "patches.tile_size=64",
)


def train_arguments(data: Path, out: Path, *more: str, recipe: tuple[str, ...] = TINY_RECIPE) -> list[str]:
    settings = [part for setting in recipe for part in ("--set", setting)]
    command = [sys.executable, "-m", "litebrush", "train", "denoise", "--data", str(data), "--out", str(out)]
    return [*command, *settings, *more]


@pytest.fixture(scope="session")
def image_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for index in range(5):
        Image.fromarray(photo_pixels(80 + 8 * index, 100, seed=index)).save(folder / f"{index}.png")
    return folder


@pytest.fixture(scope="session")
def finished_run(image_folder, tmp_path_factory) -> Path:
    """A tiny run that was never interrupted, hand-over included."""
    out = tmp_path_factory.mktemp("run") / "run"
    arguments = train_arguments(image_folder, out, "--data-note", "waves", "--licence", "CC0-1.0")
    subprocess.run(arguments, check=True, capture_output=True)
    return out
