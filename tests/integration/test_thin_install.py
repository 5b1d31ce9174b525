from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from made.pictures import photo_pixels
from PIL import Image

PROJECT = Path(__file__).parents[2]
LARGEST_WHEEL_BYTES = 15_000_000
CLEAN = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def run(*command: object) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, env=CLEAN, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, PROJECT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def thin_bin(wheel, tmp_path_factory) -> Path:
    """The bin folder of an environment where litebrush alone was installed."""
    folder = tmp_path_factory.mktemp("thin")
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", wheel)
    return folder / "bin"


def test_the_wheel_is_small_and_holds_the_shipped_models(wheel):
    from litebrush.zoo import MODELS

    assert wheel.stat().st_size < LARGEST_WHEEL_BYTES
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for model in MODELS:
        for precision in model.precisions:
            assert f"litebrush/zoo/{model.path(precision).name}" in names
    assert "litebrush_train/recipes/denoise.toml" in names
    assert "litebrush_export/templates/model_card.md.jinja" in names


def test_the_thin_installation_repairs_without_tensorflow(thin_bin, tmp_path):
    Image.fromarray(photo_pixels(120, 160)).save(tmp_path / "in.png")
    run(thin_bin / "litebrush", "repair", tmp_path / "in.png", "-o", tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (160, 120)
    assert "denoise int8: identical" in run(thin_bin / "litebrush", "verify")
    installed = run(thin_bin / "python", "-m", "pip", "list")
    assert "tensorflow" not in installed.lower()


@pytest.mark.parametrize("command", ["train denoise --data . --out run", "export . --out models", "demo"])
def test_the_thin_installation_says_what_to_type_for_more(thin_bin, command, tmp_path):
    done = subprocess.run(
        [thin_bin / "litebrush", *command.split()], capture_output=True, text=True, check=False, env=CLEAN, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "pip install 'litebrush[" in done.stderr
    assert len(done.stderr.splitlines()) == 1
