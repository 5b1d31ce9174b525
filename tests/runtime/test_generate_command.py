from __future__ import annotations

import os

import numpy as np
import pytest
from click.testing import CliRunner
from made.contracts import LABELS
from made.drawing import generator
from PIL import Image

from litebrush.commands import generate
from litebrush.commands.options import QuietLoader


@pytest.fixture
def litebrush(monkeypatch):
    monkeypatch.setattr(QuietLoader, "__call__", lambda self, source: generator())
    return lambda *arguments: CliRunner().invoke(generate.command, ["gan", *map(str, arguments)])


def test_a_folder_gets_a_picture_of_each_label_that_names_itself(litebrush, tmp_path):
    done = litebrush("--seed", 7, "-o", tmp_path / "drawn")
    assert done.exit_code == 0, done.output
    assert "3 pictures of seed 7, gan on cpu" in done.output
    assert sorted(os.listdir(tmp_path / "drawn")) == sorted(f"{label}-7-0.png" for label in LABELS)
    with Image.open(tmp_path / "drawn" / "boot-7-0.png") as image:
        assert image.text == {"model": "gan", "seed": "7", "index": "0", "label": "boot"}
        assert np.array_equal(np.asarray(image), np.asarray(generator()(label="boot", seed=7)[0]))


def test_labels_and_a_count_are_drawn(litebrush, tmp_path):
    litebrush("--seed", 7, "--label", "bag", "--label", "coat", "--count", 2, "-o", tmp_path / "drawn")
    assert sorted(os.listdir(tmp_path / "drawn")) == ["bag-7-0.png", "bag-7-1.png", "coat-7-0.png", "coat-7-1.png"]


def test_a_file_gets_a_sheet_or_the_one_picture(litebrush, tmp_path):
    litebrush("--seed", 7, "-o", tmp_path / "sheet.png")
    litebrush("--seed", 7, "--label", "bag", "-o", tmp_path / "bag.png")
    with Image.open(tmp_path / "sheet.png") as sheet, Image.open(tmp_path / "bag.png") as bag:
        assert sheet.width > 2 * 128
        assert np.array_equal(np.asarray(bag), np.asarray(generator()(label="bag", seed=7)[0]))


def test_labels_are_listed(litebrush):
    assert litebrush("--labels").output.split() == list(LABELS)


def test_without_an_output_the_command_says_what_to_name(litebrush):
    done = litebrush("--label", "bag")
    assert done.exit_code == 2
    assert "name a folder or a file with --output" in done.output
