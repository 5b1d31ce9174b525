"""On the GPU accelerator, by a software driver where there is no GPU; each time in a process of its own."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from made.gpu import REQUIRED, WITHOUT_DRIVER, litebrush, python, require_driver
from made.pictures import photo_pixels
from PIL import Image

from litebrush.accelerators import keeps_promise
from litebrush.loading import load, open_model
from litebrush.modelfile import write_model
from litebrush.zoo import MODELS

OPEN = """
from litebrush.compiled_engine import CompiledEngine
from litebrush.accelerators import keeps_promise
from litebrush.loading import load, open_model
engine = CompiledEngine(open_model("denoise", "float16").flatbuffer, "restore", half_precision=True)
"""


@pytest.mark.gpu
def test_every_shipped_file_but_int8_proves_itself(software_gpu):
    done = litebrush("verify", "--accelerator", "gpu")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    shipped = [
        f"verified  {model.name} {precision.value}: within tolerance"
        for model in MODELS
        for precision in model.precisions
        if keeps_promise(precision, "gpu")
    ]
    assert [line.partition(" (largest")[0] for line in lines] == shipped
    assert all("on gpu (SwiftShader" in line for line in lines)
    assert done.stderr == ""


@pytest.mark.gpu
def test_a_photo_of_odd_sides_in_static_tiles_is_what_the_cpu_makes_of_it(software_gpu, tmp_path):
    pixels = photo_pixels(259, 301)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    done = litebrush(
        *("repair", tmp_path / "photo.png", "-o", tmp_path / "out.png", "--steps", "denoise", "--noise-level", 25),
        *("--precision", "float16", "--accelerator", "gpu"),
    )
    assert done.returncode == 0, done.stderr
    assert "denoise float16 on gpu (SwiftShader" in done.stdout
    expected = load("denoise", "float16")(pixels, 25).astype(int)
    with Image.open(tmp_path / "out.png") as image:
        found = np.asarray(image).astype(int)
    assert found.shape == expected.shape
    assert np.max(np.abs(found - expected)) <= 1  # of two values beside a rounding edge, which a millionth may cross
    assert np.mean(found != expected) < 1e-3


@pytest.mark.gpu
def test_a_wrong_result_is_an_error_and_not_a_picture(software_gpu, photo_file, tmp_path):
    model = open_model("denoise", "float16")
    shifted = model.golden["restore/restored"] + np.float32(0.01)
    wrong = dataclasses.replace(model, golden={**model.golden, "restore/restored": shifted})
    write_model(wrong, tmp_path / "m.tflite")
    done = litebrush(
        "repair", photo_file, "-o", tmp_path / "o.png", "--model", tmp_path / "m.tflite", "--accelerator", "gpu"
    )
    assert done.returncode == 1
    assert "does not reproduce its golden result 'restore/restored' on ai-edge-litert" in done.stderr
    assert "(gpu): the largest difference is 0.01, 0.0039 is allowed" in done.stderr
    assert not (tmp_path / "o.png").exists()


@pytest.mark.gpu
def test_the_tensors_lie_in_the_memory_of_the_gpu(software_gpu):
    in_host_memory = 1
    done = python(
        f"{OPEN}\nfor requirements in (engine._model.get_input_buffer_requirements(0),"
        f" engine._model.get_output_buffer_requirements(0)):\n"
        f"    assert {in_host_memory} not in requirements['supported_types'], requirements"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.gpu
def test_other_shapes_than_the_files_are_refused_in_words(software_gpu):
    done = python(f"{OPEN}\nengine.resize({{'image': (1, 256, 256, 3)}})\nengine.resize({{'image': (1, 64, 64, 3)}})")
    assert done.returncode == 1
    assert "the GPU runs static shapes only, this model's is (1, 256, 256, 3)" in done.stderr


@pytest.mark.gpu
def test_auto_takes_the_gpu_where_there_is_one(software_gpu):
    done = litebrush("verify", "denoise", "--precision", "float16", "--accelerator", "auto")
    assert "on gpu (SwiftShader" in done.stdout, done.stderr


NATIVE_WARNINGS = (
    "Warning: loader_get_json",  # the driver is nowhere
    "Warning: Couldn't load Vulkan",  # libvulkan is not installed ...
    "    at ",  # ... and where that was found
)


@pytest.mark.skipif(
    importlib.util.find_spec("ai_edge_litert.gpu_options") is None,
    reason="an older ai-edge-litert without a GPU",
)
@pytest.mark.parametrize("command", ["repair", "verify"])
def test_without_a_gpu_the_command_ends_with_status_2_and_says_what_to_do(command, photo_file, tmp_path):
    arguments = {
        "repair": [photo_file, "-o", tmp_path / "o.png", "--steps", "denoise", "--precision", "float16"],
        "verify": ["denoise", "--precision", "float16"],
    }[command]
    done = litebrush(command, *arguments, "--accelerator", "gpu", **WITHOUT_DRIVER)
    assert done.returncode == 2
    *warnings, line = done.stderr.splitlines()
    assert all(warning.startswith(NATIVE_WARNINGS) for warning in warnings)
    assert "finds no GPU" in line
    assert "VK_ICD_FILENAMES" in line
    assert "chromium" in line
    assert done.stdout == ""
    assert not (tmp_path / "o.png").exists()


def test_without_a_gpu_auto_takes_the_cpu_and_says_so():
    done = litebrush("verify", "denoise", "--precision", "float16", "--accelerator", "auto", **WITHOUT_DRIVER)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("on cpu\n")


def test_without_the_driver_a_test_is_skipped_and_where_it_must_run_it_fails():
    nowhere = Path("/nowhere/icd.json")
    with pytest.raises(pytest.skip.Exception, match="apt install chromium"):
        require_driver(nowhere, {})
    with pytest.raises(pytest.fail.Exception, match="apt install chromium"):
        require_driver(nowhere, {REQUIRED: "1"})
    require_driver(Path(__file__), {REQUIRED: "1"})
