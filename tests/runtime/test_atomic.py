from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from litebrush.atomic import atomic_file, atomic_folder


def test_a_file_appears_only_when_its_block_ends_well(tmp_path):
    path = tmp_path / "out.txt"
    with atomic_file(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_a_written_file_has_the_permissions_of_any_other(tmp_path):
    (tmp_path / "ordinary").touch()
    with atomic_file(tmp_path / "out"):
        pass
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ordinary", "out")]
    assert modes[0] == modes[1]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_block_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "out.txt"
    path.write_text("old")

    def fail() -> None:
        with atomic_file(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_an_interrupt_that_comes_with_the_temporary_file_leaves_nothing(tmp_path, monkeypatch):
    real_touch = Path.touch

    def touch(path: Path, *arguments: object, **options: object) -> None:
        real_touch(path, *arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "touch", touch)
    with pytest.raises(KeyboardInterrupt), atomic_file(tmp_path / "out.txt"):
        pass
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_folder_leaves_the_old_one_and_nothing_else(tmp_path, error):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "old").touch()

    def fail() -> None:
        with atomic_folder(folder) as temporary:
            (temporary / "new").touch()
            raise error

    with pytest.raises(error):
        fail()
    assert os.listdir(tmp_path) == ["out"]
    assert os.listdir(folder) == ["old"]


def test_a_folder_takes_the_place_of_the_old_one(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "old").touch()
    with atomic_folder(folder) as temporary:
        (temporary / "new").touch()
    assert os.listdir(folder) == ["new"]
    assert os.listdir(tmp_path) == ["out"]
