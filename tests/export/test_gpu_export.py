"""What is exported for a GPU, on the GPU accelerator by a software driver."""

from __future__ import annotations

import dataclasses
import math
import stat

import pytest
from made import flatbuffers
from made.families import FAMILIES
from made.gpu import WITHOUT_DRIVER, python

from litebrush.contract import Precision
from litebrush.loading import open_model
from litebrush.modelfile import ModelFile
from litebrush.tasks import Task
from litebrush_export import apart
from litebrush_export.gpu_trial import GpuRun, run_on_gpu
from litebrush_export.handover import Handover, read_handover
from litebrush_export.lint import Lint, lint
from litebrush_export.pipeline import export
from litebrush_export.target import TARGETS
from litebrush_export.variants import Order

RIGHT = GpuRun(True, "", "LiteRT 2", "Some GPU", samples=5, largest_difference=1e-6, tolerance=1e-4)


@pytest.fixture(scope="session", params=[Task.RESTORE, *FAMILIES], ids=lambda task: task.value)
def family(request, folders, tmp_path_factory) -> tuple[ModelFile, Handover]:
    """A family's file for android-gpu, and the hand-over that it was made of."""
    source = request.getfixturevalue("handover") if request.param is Task.RESTORE else folders[request.param]
    order = Order((Precision.FLOAT16,), TARGETS["android-gpu"])
    (file,) = export(source, order, tmp_path_factory.mktemp("models"))
    return open_model(file.path), read_handover(source)


@pytest.fixture(scope="session")
def detector(folders, tmp_path_factory) -> tuple[ModelFile, Handover]:
    order = Order((Precision.FLOAT32,), TARGETS["android-gpu"])
    (file,) = export(folders[Task.DETECT], order, tmp_path_factory.mktemp("models"))
    return open_model(file.path), read_handover(folders[Task.DETECT])


@pytest.mark.gpu
def test_each_family_runs_on_the_gpu_and_gives_what_the_cpu_gives(family, software_gpu):
    model, handover = family
    run = run_on_gpu(model, handover.validation)
    assert run.right, run.summary
    assert "SwiftShader" in run.adapter
    assert run.samples > len(model.contract.signatures)
    assert 0 < run.largest_difference < 1e-5  # it computes in float32; nothing would be the CPU itself


@pytest.mark.gpu
def test_an_exported_file_says_that_it_was_run_on_the_gpu(folders, software_gpu, tmp_path):
    (file,) = export(folders[Task.DETECT], Order((Precision.FLOAT32,), TARGETS["android-gpu"]), tmp_path / "models")
    (verdict,) = open_model(file.path).contract.verdicts
    assert "checked against the table, run on the GPU accelerator of the exporting machine" in verdict.text
    assert "SwiftShader" in verdict.text


@pytest.mark.gpu
def test_a_network_that_computes_something_else_is_found_out(detector, software_gpu, monkeypatch):
    model, handover = detector
    run = run_on_gpu(model, handover.validation)
    assert not dataclasses.replace(run, tolerance=run.largest_difference / 2).right


@pytest.mark.gpu
def test_operators_that_the_gpu_does_not_take_are_said_to_be_the_reason(software_gpu, tmp_path):
    (tmp_path / "m.tflite").write_bytes(flatbuffers.converted(flatbuffers.looping))
    done = python(
        "from pathlib import Path\nfrom litebrush.compiled_engine import CompiledEngine\n"
        f"CompiledEngine(Path({str(tmp_path / 'm.tflite')!r}).read_bytes(), 'serving_default', False)"
    )
    assert done.returncode == 1
    assert "the GPU does not take all operators of this model" in done.stderr


def test_without_a_gpu_the_run_says_so(detector, monkeypatch):
    for name, value in WITHOUT_DRIVER.items():
        monkeypatch.setenv(name, value)
    run = run_on_gpu(detector[0], detector[1].validation)
    assert run == GpuRun(ran=False, reason="LiteRT finds no GPU that it can use here")
    assert not run.right


def test_int8_is_not_run_and_the_reason_is_said(detector):
    model, handover = detector
    called_int8 = dataclasses.replace(model, contract=dataclasses.replace(model.contract, precision=Precision.INT8))
    assert "a GPU computes int8 in float" in run_on_gpu(called_int8, handover.validation).summary


def test_a_driver_that_crashes_is_a_reason_and_not_the_end_of_the_export(detector, tmp_path, monkeypatch):
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\necho device lost >&2\nkill -SEGV $$\n")
    crashing.chmod(crashing.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(apart.sys, "executable", str(crashing))
    run = run_on_gpu(detector[0], detector[1].validation)
    assert not run.ran
    assert "was killed by SIGSEGV; its last words: device lost" in run.summary


def test_a_driver_that_hangs_is_waited_for_only_so_long(detector, tmp_path, monkeypatch):
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(hanging.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(apart.sys, "executable", str(hanging))
    monkeypatch.setattr("litebrush_export.gpu_trial._TIMEOUT_S", 0.2)
    assert "did not end within 0.2 seconds" in run_on_gpu(detector[0], detector[1].validation).summary


@pytest.mark.parametrize("difference", [2e-4, math.nan, math.inf])
def test_a_result_too_far_off_or_not_a_number_is_wrong(difference):
    run = dataclasses.replace(RIGHT, largest_difference=difference)
    assert not run.right
    assert "WRONG" in run.summary


@pytest.fixture(scope="module")
def checked() -> tuple[Lint, ...]:
    return lint(flatbuffers.converted(flatbuffers.plain), TARGETS["jetson"])


def test_the_verdict_on_the_gpu_says_what_became_of_it_there(checked):
    xnnpack, gpu = (each.verdict(run_here=False, gpu_run=RIGHT).text for each in checked)
    assert xnnpack.endswith("checked against the table, not run")
    assert gpu.endswith(
        "checked against the table, run on the GPU accelerator of the exporting machine (LiteRT 2; Some GPU), "
        "within 1.0e-06 of the CPU on 5 samples"
    )


def test_the_verdict_without_a_gpu_says_that_it_was_not_run(checked):
    _, gpu = (each.verdict(run_here=False, gpu_run=GpuRun(False, "no GPU adapter here")).text for each in checked)
    assert gpu.endswith("checked against the table, not run: no GPU adapter here")
