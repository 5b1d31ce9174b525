from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from made.pictures import photo_pixels
from PIL import Image

import litebrush

PROGRAM = Path(__file__).parents[2] / "examples" / "raspberry_pi" / "camera.py"
LAST_FRAME = 4


@pytest.fixture(scope="module")
def frames(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("frames")
    paths = [folder / f"{number}.jpg" for number in range(LAST_FRAME + 1)]
    for number, path in enumerate(paths):
        Image.fromarray(photo_pixels(48, 64, seed=number)).save(path, quality=95)
    return paths


def camera(*words: object, ending: str = "") -> str:
    """A command that writes files to its standard output at once, and then does something else."""
    return f"sh -c 'cat {' '.join(map(str, words))}; {ending}'"


def start(out: Path, command: str, *options: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, PROGRAM, "--out", out, "--camera", command, "--threads", "1", *options]
    return subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests may run where it is ignored
    )


def test_the_newest_frame_is_repaired_and_written_whole(frames, tmp_path):
    program = start(tmp_path, camera(*frames))
    said, complaints = program.communicate(timeout=120)
    assert program.returncode == 0, complaints
    newest = sorted(tmp_path.iterdir())[-1]
    expected = io.BytesIO()
    with litebrush.load("denoise") as restorer:
        restorer(Image.open(frames[LAST_FRAME])).save(expected, "JPEG", quality=90)
    assert np.array_equal(np.asarray(Image.open(newest)), np.asarray(Image.open(expected)))
    assert newest.name in said


def test_only_so_many_frames_stay(frames, tmp_path):
    slowly = "; ".join(f"cat {frame}; sleep 0.4" for frame in frames)
    program = start(tmp_path, f"sh -c '{slowly}'", "--keep", "2")
    said, complaints = program.communicate(timeout=120)
    assert program.returncode == 0, complaints
    assert len(said.splitlines()) > 2
    assert len(list(tmp_path.iterdir())) == 2


def test_an_interrupt_ends_the_camera_and_leaves_whole_frames(frames, tmp_path):
    number = tmp_path / "camera.pid"
    out = tmp_path / "out"
    program = start(out, camera(*frames, ending=f"echo $$ > {number}; exec sleep 600"))
    deadline = time.monotonic() + 120
    while not (number.exists() and any(out.glob("frame-*.jpg"))):
        assert time.monotonic() < deadline
        assert program.poll() is None
        time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    program.communicate(timeout=60)
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)
    for path in out.iterdir():
        Image.open(path).load()


@pytest.mark.parametrize(
    ("command", "message"),
    [("false", "the camera gave no frame and ended with status 1"), ("/no/such/program", "No such file")],
)
def test_a_camera_that_does_not_work_is_named(command, message, tmp_path):
    program = start(tmp_path, command)
    _, complaints = program.communicate(timeout=120)
    assert program.returncode in (1, 2)
    assert message in complaints
    assert "Traceback" not in complaints
