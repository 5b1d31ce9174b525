from __future__ import annotations

import pytest
from made.exports import run_litebrush
from PIL import Image


def test_the_layers_and_the_picture_are_told_and_shown(handover, tmp_path):
    done = run_litebrush("export", "diagnose", handover, "--out", tmp_path / "diagnosis")
    assert done.exit_code == 0, done.output
    assert "What int8 costs: PSNR on held-out pictures, noise level 25" in done.output
    assert "colour shift" in done.output
    assert sorted(path.name for path in (tmp_path / "diagnosis").iterdir()) == ["diagnosis.png", "error_map.png"]
    for path in (tmp_path / "diagnosis").iterdir():
        with Image.open(path) as picture:
            assert min(picture.size) > 200


def test_help_tells_of_converting_and_of_diagnosing():
    said = run_litebrush("export", "--help").output
    assert "litebrush export SOURCE [OPTIONS]" in said
    assert "litebrush export diagnose SOURCE [OPTIONS]" in said
    assert "--budget" in said


@pytest.mark.parametrize("budget", ["much", "0dB", "-1", "nan", "inf"])
def test_a_budget_that_is_none_is_refused(budget, tmp_path):
    done = run_litebrush("export", tmp_path, "--precision", "mixed", f"--budget={budget}", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert f"'{budget}' is no budget" in done.output
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_diagnosed_is_refused_in_a_line(tmp_path):
    done = run_litebrush("export", "diagnose", tmp_path)
    assert done.exit_code == 2
    assert "is neither a hand-over" in done.output
    assert "Traceback" not in done.output
