from __future__ import annotations

import os

import numpy as np
import pytest
from click.testing import CliRunner
from made.contracts import LABELS
from made.drawing import autoencoder, generator
from PIL import Image

from litebrush.cli import main
from litebrush.commands.options import QuietLoader


@pytest.fixture
def litebrush(monkeypatch):
    return started_with(monkeypatch, generator)


def started_with(monkeypatch, make_model):
    monkeypatch.setattr(QuietLoader, "__call__", lambda self, source: make_model())
    return lambda *arguments: CliRunner().invoke(main, ["generate", "model", *map(str, arguments)])


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
        assert bag.text == {"model": "gan", "seed": "7", "index": "0", "label": "bag"}
        assert sheet.text == {"model": "gan", "seed": "7"}


def test_a_sheet_of_several_labels_has_a_row_for_each(litebrush, tmp_path):
    litebrush("--seed", 7, "--count", 5, "-o", tmp_path / "sheet.png")
    drawn = generator()
    with Image.open(tmp_path / "sheet.png") as sheet:
        for row, label in enumerate(LABELS):
            for column, image in enumerate(drawn(5, label, 7)):
                scale = 128 // image.width
                left, top = 8 + column * 136, 8 + row * 156
                shown = np.asarray(sheet)[top : top + 128 : scale, left : left + 128 : scale]
                assert np.array_equal(shown, np.asarray(image))


def test_a_label_given_twice_is_drawn_once(litebrush, tmp_path):
    done = litebrush("--label", "bag", "--label", "bag", "-o", tmp_path / "drawn")
    assert "1 picture of seed" in done.output


def test_labels_that_cannot_name_files_are_escaped(monkeypatch, tmp_path):
    litebrush = started_with(monkeypatch, lambda: generator(labels=("a/b", "a%2Fb", "ü c")))
    done = litebrush("--seed", 1, "-o", tmp_path / "drawn")
    assert done.exit_code == 0, done.output
    assert set(os.listdir(tmp_path / "drawn")) == {"a%2Fb-1-0.png", "a%252Fb-1-0.png", "ü c-1-0.png"}


def test_an_autoencoder_draws_from_its_prior(monkeypatch, tmp_path):
    litebrush = started_with(monkeypatch, autoencoder)
    done = litebrush("--seed", 3, "--count", 2, "-o", tmp_path / "drawn")
    assert "2 pictures of seed 3, vae on cpu" in done.output
    with Image.open(tmp_path / "drawn" / "picture-3-1.png") as image:
        assert image.text == {"model": "vae", "seed": "3", "index": "1"}
        assert image.tobytes() == autoencoder().sample(2, seed=3)[1].tobytes()
    refused = started_with(monkeypatch, autoencoder)("--label", "bag", "-o", tmp_path / "other")
    assert refused.exit_code == 2
    assert "'vae' is an autoencoder and has no classes; leave --label out" in refused.output


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("out.gif", "has no known picture suffix; end it in .bmp"),
        ("none/out.png", "make it or choose another"),
        ("file", "File exists"),
    ],
)
def test_what_cannot_be_written_is_refused_with_status_2(litebrush, tmp_path, output, message):
    (tmp_path / "file").write_text("a file")
    done = litebrush("-o", tmp_path / output)
    assert done.exit_code == 2
    assert message in done.output
    assert os.listdir(tmp_path) == ["file"]


def test_labels_are_listed(litebrush):
    assert litebrush("--labels").output.split() == list(LABELS)


def test_without_an_output_the_command_says_what_to_name(litebrush):
    done = litebrush("--label", "bag")
    assert done.exit_code == 2
    assert "name a folder or a file with --output" in done.output
