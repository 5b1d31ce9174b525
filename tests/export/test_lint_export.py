from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made import flatbuffers
from made.exports import run_litebrush

import litebrush
from litebrush.contract import Precision
from litebrush.interpreter_engine import InterpreterEngine
from litebrush.loading import open_model
from litebrush.tasks import Task
from litebrush_export.pipeline import export
from litebrush_export.target import TARGETS
from litebrush_export.variants import Order


@pytest.fixture(scope="module")
def detector(folders) -> Path:
    return folders[Task.DETECT]


@pytest.fixture(scope="module")
def autoencoder(folders) -> Path:
    return folders[Task.AUTOENCODE]


def test_what_is_exported_for_the_web_takes_and_gives_uint8_and_proves_itself(detector, tmp_path):
    (file,) = export(detector, Order((Precision.INT8,), TARGETS["web"]), tmp_path)
    model = open_model(file.path)
    engine = InterpreterEngine(model.flatbuffer, "detect", 1)
    assert {info.dtype for info in (*engine.inputs.values(), *engine.outputs.values())} == {np.dtype(np.uint8)}
    assert litebrush.verify(file.path).identical
    assert [each.table.name for each in file.lints] == ["xnnpack", "gpu"]
    assert {finding.operator for each in file.lints for finding in each.findings} == {"QUANTIZE"}


def test_the_verdict_travels_and_says_whether_the_file_was_run(detector, tmp_path):
    verdicts = {}
    for name in ("cpu", "android-nnapi"):
        (file,) = export(detector, Order((Precision.FLOAT32,), TARGETS[name]), tmp_path / name)
        (verdicts[name],) = open_model(file.path).contract.verdicts
    assert "run here" in verdicts["cpu"].text
    assert verdicts["cpu"].lowest_api_level is None
    assert "not run" in verdicts["android-nnapi"].text
    assert verdicts["android-nnapi"].lowest_api_level == 27


def test_each_signature_is_checked_and_measured(autoencoder, tmp_path):
    (file,) = export(autoencoder, Order((Precision.FLOAT16,), TARGETS["android-gpu"]), tmp_path)
    (checked,) = file.lints
    assert len(checked.partitions) == 2
    assert not checked.overflows


def test_a_file_that_a_delegate_does_not_take_whole_is_exported_and_said_so(detector, tmp_path):
    done = run_litebrush("export", detector, "--target", "edgetpu", "--precision", "float32", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "damage-float32.tflite").exists()
    assert "What edgetpu (Coral Edge TPU) would not take" in done.output
    assert "0 of 3 operators delegated" in " ".join(done.output.split())


def test_the_target_decides_the_precisions(detector, tmp_path):
    done = run_litebrush("export", detector, "--target", "android-gpu", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert [path.name for path in tmp_path.glob("*.tflite")] == ["damage-float16.tflite"]


def test_lint_ends_with_status_1_where_something_falls_back(tmp_path):
    (tmp_path / "m.tflite").write_bytes(flatbuffers.converted(flatbuffers.interrupted))
    refused, taken = (
        run_litebrush("lint", tmp_path / "m.tflite", "--target", name) for name in ("android-nnapi", "android-gpu")
    )
    assert (refused.exit_code, taken.exit_code) == (1, 0)
    assert "SIGN" in refused.output
    assert "would not take" not in taken.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lint", "nowhere.tflite"], "cannot read or write 'nowhere.tflite'"),
        (["lint", "text.tflite"], "not a .tflite file"),
        (["lint", "text.tflite", "--target", "toaster"], "'toaster' is not one of"),
    ],
)
def test_a_wrong_question_to_lint_ends_with_status_2_and_no_traceback(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text.tflite").write_text("not a flatbuffer")
    done = run_litebrush(*arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output
