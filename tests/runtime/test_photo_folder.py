from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from made.doubles import model_named
from made.pictures import photo_pixels
from PIL import Image

from litebrush.errors import ImageError
from litebrush.photo_file import repair_file
from litebrush.photo_folder import Fate, find_photos
from litebrush.repairing import Repairer


@pytest.fixture
def repair():
    with Repairer(model_named) as repairer:
        yield partial(repair_file, treat=partial(repairer.repair_photo, steps=["denoise"], noise_level=5))


@pytest.fixture
def album(tmp_path) -> Path:
    for number, name in enumerate(["a.png", "b.JPG", "1960/c.tif", "1960/summer/d.webp"]):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo_pixels(32, 40, seed=number)).save(path)
    (tmp_path / "album" / "notes.txt").write_text("no photo")
    (tmp_path / "album" / ".hidden.png").write_bytes(b"thumbnail")
    return tmp_path / "album"


def names_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_every_photo_of_a_folder_is_repaired_under_its_own_name(album, tmp_path, repair):
    outcomes = list(find_photos(album, tmp_path / "out").repair(repair))
    assert {outcome.fate for outcome in outcomes} == {Fate.REPAIRED}
    assert names_below(tmp_path / "out") == {"a.png", "b.JPG", "1960/c.tif", "1960/summer/d.webp"}
    with Image.open(tmp_path / "out" / "a.png") as repaired, Image.open(album / "a.png") as original:
        assert np.array_equal(np.asarray(repaired), np.asarray(original) & ~np.uint8(2))


def test_what_is_there_already_is_skipped(album, tmp_path, repair):
    first = find_photos(album, tmp_path / "out").repair(repair)
    next(first)
    first.close()  # stopped after one
    kept = [path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")]
    fates = [outcome.fate for outcome in find_photos(album, tmp_path / "out").repair(repair)]
    assert fates.count(Fate.SKIPPED) == len(kept) == 1
    assert fates.count(Fate.REPAIRED) == 3


def test_a_bad_file_is_named_and_the_others_are_repaired(album, tmp_path, repair):
    (album / "broken.png").write_bytes((album / "a.png").read_bytes()[:500])
    outcomes = list(find_photos(album, tmp_path / "out").repair(repair))
    (failed,) = [outcome for outcome in outcomes if outcome.fate is Fate.FAILED]
    assert failed.source == album / "broken.png"
    assert "broken.png' is damaged" in failed.words
    assert len(outcomes) == 5
    assert "broken.png" not in names_below(tmp_path / "out")


def test_an_output_folder_within_the_folder_is_not_repaired_again(album, repair):
    inside = album / "repaired"
    list(find_photos(album, inside).repair(repair))
    assert len(find_photos(album, inside).photos) == 4


BAD_FOLDERS = {
    "without photos": (lambda album: (album.parent / "empty", album.parent / "out"), "no photographs in"),
    "into itself": (lambda album: (album, album), "is the folder itself"),
    "into a file": (lambda album: (album, album / "notes.txt"), "is a file"),
}


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_folders_that_cannot_work_are_refused_before_any_work(album, case):
    folders, words = BAD_FOLDERS[case]
    (album.parent / "empty").mkdir()
    with pytest.raises(ImageError, match=words):
        find_photos(*folders(album))
