from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner
from made.pictures import photo_pixels
from PIL import Image

from litebrush.errors import DataError, ImageError
from litebrush_train.contact_sheet import contact_sheet, grid
from litebrush_train.preview import command


def flat(height: int, width: int, value: int) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_a_grid_holds_its_pictures_row_by_row():
    sheet = grid([flat(4, 6, value) for value in (10, 20, 30)], columns=2, gap=1)
    assert sheet.shape == (9, 13, 3)
    assert np.all(sheet[:4, :6] == 10)
    assert np.all(sheet[:4, 7:] == 20)
    assert np.all(sheet[5:, :6] == 30)
    assert np.all(sheet[5:, 7:] == 255)
    assert np.all(sheet[4] == 255)


def test_a_grid_of_unlike_pictures_is_refused():
    with pytest.raises(ValueError, match="all of one shape"):
        grid([flat(4, 4, 0), flat(4, 5, 0)], columns=2)
    with pytest.raises(ValueError, match="at least one picture"):
        grid([], columns=2)


def test_a_sheet_has_ink_before_each_row_and_the_thumbnails_after():
    pictures = [flat(100, 50, 90), flat(28, 28, 90)]
    sheet = np.asarray(contact_sheet([("first", pictures), ("the second", pictures[:1])], thumbnail_side=60))
    thumbnails = sheet[12:-12, -12 - 2 * 60 - 4 : -12]
    labels = sheet[:, : -12 - 2 * 60 - 4]
    assert thumbnails.shape[0] == 2 * 60 + 4
    assert np.count_nonzero(np.all(thumbnails[:60, :60] == 90, axis=2)) == 60 * 30  # reduced, proportions kept
    assert np.count_nonzero(np.all(thumbnails[:60, 64:] == 90, axis=2)) == 56 * 56  # twice as large
    assert np.all(thumbnails[64:, 64:] == 255)
    assert labels[: 12 + 60].min() < 100
    assert labels[12 + 64 :].min() < 100


@pytest.fixture(scope="module")
def mask_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("masks")
    Image.fromarray(photo_pixels(60, 60)[:, :, 0]).save(folder / "mask.png")
    return folder


def test_the_sheet_is_decided_by_its_seed(image_folder, mask_folder, tmp_path):
    def sheet(name: str, *more: str) -> np.ndarray:
        out = tmp_path / name
        arguments = ["--data", str(image_folder), "--out", str(out), *more]
        result = CliRunner().invoke(command, arguments, catch_exceptions=False)
        assert result.exit_code == 0
        assert str(out) in result.output
        return np.asarray(Image.open(out))

    first = sheet("first.png", "--seed", "3")
    assert np.array_equal(sheet("again.png", "--seed", "3"), first)
    assert not np.array_equal(sheet("other.png", "--seed", "4"), first)
    assert sheet("masks.png", "--masks", str(mask_folder)).shape[0] > first.shape[0]


def test_folders_and_files_that_cannot_be_used_are_refused_before_any_work(image_folder, tmp_path):
    def run(*arguments: str) -> None:
        CliRunner().invoke(command, arguments, catch_exceptions=False, standalone_mode=False)

    with pytest.raises(DataError, match="no images in"):
        run("--data", str(tmp_path), "--out", str(tmp_path / "sheet.png"))
    with pytest.raises(DataError, match="no masks in"):
        run("--data", str(image_folder), "--masks", str(tmp_path), "--out", str(tmp_path / "sheet.png"))
    with pytest.raises(ImageError, match="no known picture suffix"):
        run("--data", str(image_folder), "--out", str(tmp_path / "sheet"))
    assert not any(tmp_path.iterdir())
