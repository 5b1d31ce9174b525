from __future__ import annotations

import re
import subprocess
import sys

import pytest


def export(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "litebrush", "export", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_export_prints_the_parity_table_and_writes_the_files(handover, tmp_path):
    done = export(handover, "--precision", "int8,float32", "--out", tmp_path / "models")
    assert done.returncode == 0, done.stderr
    assert "left in float" in done.stdout
    assert "colour" in done.stdout
    assert re.search(r"[RGB] [+-]0\.\d\d", done.stdout)
    assert {path.name for path in (tmp_path / "models").iterdir()} == {
        "MODEL_CARD.md",
        "denoise-float32.tflite",
        "denoise-int8.tflite",
        "report.html",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--out", "models"], "there is no 'nowhere'"),
        ([".", "--out", "models"], "is neither a hand-over (it lacks contract.json) nor a SavedModel"),
        ([".", "--out", "models", "--precision", "int4"], "no precision is called 'int4'"),
    ],
)
def test_a_wrong_question_ends_with_status_2_and_no_traceback(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = export(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
