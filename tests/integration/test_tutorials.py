"""The commands of docs/tutorial_*.md, line by line, as they stand there but for the number of training steps."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made.pictures import photo_pixels
from PIL import Image, ImageFilter

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```sh(?P<needs> \w+)?\n(?P<lines>.*?)^```", re.MULTILINE | re.DOTALL)
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def commands(page: str, needs: str = "") -> list[str]:
    """The lines of a page's blocks of commands that need a tool, or none besides litebrush."""
    blocks = BLOCK.finditer((DOCS / page).read_text(encoding="utf-8"))
    wanted = [block["lines"] for block in blocks if (block["needs"] or "").strip() == needs]
    return [line for lines in wanted for line in lines.splitlines()]


def follow(lines: list[str], folder: Path) -> str:
    """Type them, one after the other; what the last one said."""
    said = ""
    for line in lines:
        shortened = re.sub(r"training\.steps=\d+", "training.steps=3", line)
        done = subprocess.run(
            shortened,
            shell=True,
            cwd=folder,
            env={**os.environ, "PATH": PATH},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        said = done.stdout
    return said


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    """A folder in which the first tutorial was followed, but for what npm does."""
    folder = tmp_path_factory.mktemp("shop")
    for number, name in enumerate(("mug-blue", "mug-red", "plate-blue", "plate-red")):
        (folder / "shop" / name).mkdir(parents=True)
        for index in range(6):
            pixels = photo_pixels(70 + index, 90, seed=10 * number + index)
            Image.fromarray(pixels).save(folder / "shop" / name / f"{index:04}.jpg")
    follow(commands("tutorial_shop.md"), folder)
    return folder


def test_the_shop_gets_drawings_by_class_and_seed(shop):
    assert len(list((shop / "drawn").glob("*mug-red*.png"))) == 4
    sheet, second = (np.asarray(Image.open(shop / f"{name}.png")) for name in ("sheet", "second-sheet"))
    assert sheet.shape == second.shape
    assert not np.array_equal(sheet, second)


@pytest.mark.apps
def test_the_shop_gets_a_page(shop):
    follow(commands("tutorial_shop.md", needs="npm"), shop)
    assert (shop / "page" / "dist" / "index.html").exists()
    assert list((shop / "page" / "dist").rglob("shop_float16*.tflite"))


def test_the_family_gets_its_photos_repaired(tmp_path):
    (tmp_path / "album" / "1951").mkdir(parents=True)
    photo = np.asarray(Image.fromarray(photo_pixels(120, 160, seed=3)).filter(ImageFilter.GaussianBlur(3)))
    noise = np.random.default_rng(0).normal(0, 18, photo.shape)
    noisy = (photo + noise).clip(0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(tmp_path / "album" / "1951" / "picnic.png")
    Image.fromarray(photo).save(tmp_path / "album" / "1951" / "wedding.jpg", quality=20)
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[40:50, 20:100] = 255
    Image.fromarray(mask).save(tmp_path / "picnic-mask.png")
    frames = [Image.fromarray(noisy[:64, number : number + 64]) for number in range(3)]
    frames[0].save(tmp_path / "holiday.gif", save_all=True, append_images=frames[1:], duration=80)

    said = follow(commands("tutorial_album.md")[:-1], tmp_path)
    assert "skipped" in said or "already" in said, said
    follow(commands("tutorial_album.md")[-1:], tmp_path)

    assert np.array_equal(np.asarray(Image.open(tmp_path / "used.png").convert("L")), mask)
    repaired = {path.relative_to(tmp_path / "repaired") for path in (tmp_path / "repaired").rglob("*.*")}
    assert repaired == {Path("1951/picnic.png"), Path("1951/wedding.jpg")}
    error = np.asarray(Image.open(tmp_path / "picnic.png")).astype(float) - photo
    assert np.std(error) < 9
    with Image.open(tmp_path / "holiday-clean.gif") as video:
        assert video.n_frames == 3
