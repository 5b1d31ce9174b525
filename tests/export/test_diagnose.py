from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image


def litebrush(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "litebrush", "export", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_layers_and_the_picture_are_told_and_shown(handover, tmp_path):
    done = litebrush("diagnose", handover, "--out", tmp_path / "diagnosis")
    assert done.returncode == 0, done.stderr
    assert "What int8 costs: PSNR on held-out pictures, noise level 25" in done.stdout
    assert "colour shift" in done.stdout
    assert sorted(path.name for path in (tmp_path / "diagnosis").iterdir()) == ["diagnosis.png", "error_map.png"]
    for path in (tmp_path / "diagnosis").iterdir():
        with Image.open(path) as picture:
            assert min(picture.size) > 200


def test_help_tells_of_converting_and_of_diagnosing():
    said = litebrush("--help").stdout
    assert "litebrush export SOURCE [OPTIONS]" in said
    assert "litebrush export diagnose SOURCE [OPTIONS]" in said
    assert "--budget" in said


@pytest.mark.parametrize("budget", ["much", "0dB", "-1", "nan", "inf"])
def test_a_budget_that_is_none_is_refused(budget, tmp_path):
    done = litebrush(tmp_path, "--precision", "mixed", f"--budget={budget}", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert f"'{budget}' is no budget" in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_diagnosed_is_refused_in_a_line(tmp_path):
    done = litebrush("diagnose", tmp_path)
    assert done.returncode == 2
    assert "is neither a hand-over" in done.stderr
    assert "Traceback" not in done.stderr
