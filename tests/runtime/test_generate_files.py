"""``litebrush generate`` in a process of its own, with a network of its own."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import litebrush

pytest.importorskip("ai_edge_litert.schema_py_generated")  # other interpreters come without
from made.generator_file import write_generator

COMMAND = (sys.executable, "-m", "litebrush", "generate")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return write_generator(tmp_path_factory.mktemp("model") / "tiny.tflite")


def test_the_model_of_these_tests_proves_itself(model):
    assert litebrush.verify(model).identical


def test_pictures_from_files_are_those_of_the_class(model, tmp_path):
    done = run(model, "--label", "coat", "--count", 2, "--seed", 2**64 - 1, "-o", tmp_path / "new" / "out")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    drawn = litebrush.load(model)(2, "coat", seed=2**64 - 1)
    for index, expected in enumerate(drawn):
        with Image.open(tmp_path / "new" / "out" / f"coat-{2**64 - 1}-{index}.png") as image:
            assert np.array_equal(image, expected)


def test_one_picture_in_a_png_file_says_what_it_is(model, tmp_path):
    assert run(model, "--label", "boot", "--seed", 7, "-o", tmp_path / "boot.png").returncode == 0
    with Image.open(tmp_path / "boot.png") as image:
        assert image.text == {"model": "tiny-gan", "label": "boot", "seed": "7", "index": "0"}


def test_a_model_cannot_write_outside_of_the_folder(tmp_path):
    model = write_generator(tmp_path / "m.tflite", labels=("../escaped", "a/b", "Süß 1%"))
    done = run(model, "--seed", 0, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(tmp_path / "out")) == ["..%2Fescaped-0-0.png", "Süß 1%25-0-0.png", "a%2Fb-0-0.png"]
    assert sorted(os.listdir(tmp_path)) == ["m.tflite", "out"]


BAD = {
    "an unknown label": (["--label", "bag", "--label", "boots", "-o", "out"], "did you mean 'boot'?"),
    "a seed too large": (["--seed", 2**64, "-o", "out"], "expected a whole number from 0 to 2**64 - 1"),
    "a format that is not written": (["-o", "out.gif"], "no known picture suffix"),
    "a folder that is not there": (["-o", "none/out.png"], "there is no folder"),
    "a file in the place of the folder": (["-o", "taken"], "taken"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_ends_with_status_2_one_line_and_nothing_written(case, model, tmp_path, monkeypatch):
    arguments, message = BAD[case]
    (tmp_path / "taken").write_text("mine")
    monkeypatch.chdir(tmp_path)
    done = run(model, *arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert message in done.stderr
    assert os.listdir(tmp_path) == ["taken"]
    assert (tmp_path / "taken").read_text() == "mine"


def test_ctrl_c_leaves_whole_pictures_only(model, tmp_path):
    folder = tmp_path / "out"
    watcher, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, str(model), "--label", "bag", "--count", "3000", "-o", str(folder)],
        stdout=terminal,
        stderr=terminal,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    os.close(terminal)
    while not folder.is_dir() or len(os.listdir(folder)) < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) != 0
    os.close(watcher)
    written = list(folder.iterdir())
    assert 2 <= len(written) < 3000
    for path in written:
        with Image.open(path) as image:
            image.load()
