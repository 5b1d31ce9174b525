from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from made.clips import write_video_with_sound
from made.pictures import photo_pixels
from made.recurrent import recurrent
from PIL import Image

from litebrush.cli import main
from litebrush.commands import video
from litebrush.contract import Precision
from litebrush.zoo import find_model


@pytest.fixture
def animation(tmp_path) -> Path:
    """Two scenes of two frames."""
    frames = [photo_pixels(64, 96, seed) for seed in (0, 1)]
    shown = [Image.fromarray(frame) for frame in (*frames, *(255 - frame for frame in frames))]
    shown[0].save(tmp_path / "a.png", save_all=True, append_images=shown[1:], duration=[40, 80, 40, 40], loop=2)
    return tmp_path / "a.png"


def litebrush(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "litebrush", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


@pytest.fixture
def invoke():
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def recurrent_model(monkeypatch):
    """A model for videos in the place of any that is named; what was named."""
    named: list[str] = []

    class Loader(video.QuietLoader):
        def __call__(self, source):
            named.append(source)
            return recurrent()

    monkeypatch.setattr(video, "QuietLoader", Loader)
    return named


@pytest.mark.parametrize(
    ("model", "words"),
    [((), "restored by denoise-video int8"), (("--model", "denoise"), "restored frame by frame by denoise int8")],
)
def test_an_animation_is_restored_by_the_model_for_videos_or_frame_by_frame(model, words, animation, tmp_path):
    done = litebrush("video", animation, "-o", tmp_path / "b.png", "--noise-level", 20, *model)
    assert (done.returncode, done.stderr) == (0, "")
    said = rf"b\.png: 4 frames of 96x64, [\d.]+ ms a frame, 1 scene cut, {words} on cpu"
    assert re.search(said, done.stdout.splitlines()[-1])
    with Image.open(tmp_path / "b.png") as restored:
        assert (restored.n_frames, restored.info["loop"], restored.size) == (4, 2, (96, 64))
        restored.seek(1)
        assert restored.info["duration"] == 80
        seen = np.asarray(restored.convert("RGB"), float)
    assert 3 < np.abs(seen - photo_pixels(64, 96, 1)).mean() < 30


def test_a_model_for_videos_remembers_and_begins_anew_at_a_cut(animation, tmp_path, invoke, recurrent_model):
    done = invoke("video", animation, "-o", tmp_path / "out", "--noise-level", 20, "--model", "mine.tflite")
    assert done.exit_code == 0, done.output
    assert recurrent_model == ["mine.tflite"]
    assert "4 frames of 96x64" in done.output
    assert "1 scene cut, restored by video on cpu" in done.output
    with Image.open(animation) as original:
        frames = []
        for number in range(4):
            original.seek(number)
            frames.append(np.asarray(original.convert("RGB")))
    for number, expected in enumerate(recurrent()(frames, 20), start=1):
        with Image.open(tmp_path / "out" / f"frame_00000{number}.png") as found:
            assert np.array_equal(np.asarray(found), expected)


def test_a_video_file_becomes_another_one(tmp_path, invoke):
    for number in range(6):
        (tmp_path / "in").mkdir(exist_ok=True)
        Image.fromarray(photo_pixels(48, 64, number)).save(tmp_path / "in" / f"{number}.png")
    for source, target in [("in", "a.mp4"), ("a.mp4", "b.mkv")]:
        done = invoke("video", tmp_path / source, "-o", tmp_path / target)
        assert done.exit_code == 0, done.output
        assert "6 frames of 64x48" in done.output
        assert "no scene cuts" in done.output


def test_sound_that_the_output_cannot_hold_is_said_in_the_last_line(tmp_path, invoke):
    film = write_video_with_sound(tmp_path / "a.mkv", "aac")
    for name, silent in [("b.mp4", False), ("b.gif", True)]:
        done = invoke("video", film, "-o", tmp_path / name)
        assert done.exit_code == 0, done.output
        assert done.output.splitlines()[-1].endswith(", without its sound, which the output cannot hold") is silent


def test_a_model_that_does_not_restore_is_refused(monkeypatch, animation, tmp_path, invoke):
    from made.doubles import detector

    monkeypatch.setattr(video, "QuietLoader", lambda *settings: lambda source: detector())
    done = invoke("video", animation, "-o", tmp_path / "b.gif", "--model", "damage")
    assert done.exit_code == 2
    assert "'damage' is a model of task 'detect'; give one that restores" in done.output
    assert not (tmp_path / "b.gif").exists()


BAD_CALLS = {
    "a still picture": (lambda clip: [clip.with_name("still.jpg"), "-o", clip.with_name("b.gif")], "litebrush repair"),
    "an output of no kind": (lambda clip: [clip, "-o", clip.with_name("b.txt")], "no known suffix"),
    "the original": (lambda clip: [clip, "-o", clip], "is the original"),
    "a noise level": (lambda clip: [clip, "-o", clip.with_name("b.gif"), "--noise-level", "99"], "knows 0 to 50"),
    "a precision": (lambda clip: [clip, "-o", clip.with_name("b.gif"), "--precision", "dynamic"], "is not shipped in"),
    "a model": (lambda clip: [clip, "-o", clip.with_name("b.gif"), "--model", "none"], "no shipped model is called"),
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_what_cannot_work_ends_with_one_line_and_leaves_nothing(animation, case, invoke):
    make, words = BAD_CALLS[case]
    Image.fromarray(photo_pixels(48, 64)).save(animation.with_name("still.jpg"))
    before = sorted(animation.parent.iterdir())
    done = invoke("video", *make(animation))
    assert done.exit_code == 2
    assert words in done.output
    assert len(done.output.splitlines()) == 1
    assert sorted(animation.parent.iterdir()) == before


def test_repair_names_this_command_for_an_animation(animation, tmp_path, invoke):
    done = invoke("repair", animation, "-o", tmp_path / "b.png")
    assert done.exit_code == 2
    assert "holds 4 frames; give it to 'litebrush video'" in done.output


def test_a_person_who_watches_sees_frames_a_second(animation, tmp_path):
    watched, terminal = pty.openpty()
    command = [sys.executable, "-m", "litebrush", "video", str(animation), "-o", str(tmp_path / "b.gif")]
    model = ["--model", str(find_model("denoise", Precision.INT8))]
    process = subprocess.Popen([*command, *model], stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(watched, 4096):
            shown += chunk
    except OSError:  # the terminal's other end is closed
        pass
    os.close(watched)
    assert process.wait() == 0
    assert re.search(rb"restoring a\.png: [\d.]+ frames a second.*4/4", shown, re.DOTALL)
