from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made.contracts import make_contract, make_task_contract
from made.pictures import photo_pixels
from PIL import Image

from litebrush.engine import FakeEngine, TensorInfo
from litebrush.errors import ContractError, ImageError
from litebrush.interpreter_engine import InterpreterEngine
from litebrush.loading import load, open_model
from litebrush.restorer import Restorer
from litebrush.tasks import Task

PICTURE_SCALE = float(np.float32(1 / 255))
INPUTS = {
    "image": TensorInfo((1, 64, 64, 3), np.dtype(np.int8), PICTURE_SCALE, -128),
    "noise_level": TensorInfo((1, 32, 32, 1), np.dtype(np.int8), PICTURE_SCALE, -128),
}
OUTPUTS = {"restored": TensorInfo((1, 64, 64, 3), np.dtype(np.int8), PICTURE_SCALE, -128)}


def local_mean(inputs):
    """A network of receptive field radius 5 whose border, like a convolution's, is padded with zeros."""
    image = inputs["image"][0].astype(np.int32) + 128
    height, width = image.shape[:2]
    padded = np.pad(image, ((5, 5), (5, 5), (0, 0)))
    total = sum(padded[row : row + height, column : column + width] for row in range(11) for column in range(11))
    return {"restored": (total // 121 - 128).astype(np.int8)[None]}


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(INPUTS, OUTPUTS, local_mean)


@pytest.fixture(scope="module")
def shipped() -> dict[str, tuple[Restorer, Restorer]]:
    """By precision: one restorer that cuts small tiles, and one that takes the picture whole."""

    def both(precision: str) -> tuple[Restorer, Restorer]:
        model = open_model("denoise", precision)
        return tuple(
            Restorer(model.contract, {"restore": InterpreterEngine(model.flatbuffer, "restore", 1)}, limit)
            for limit in (96, 4096)
        )

    return {precision: both(precision) for precision in ("int8", "float32")}


@given(height=st.integers(1, 200), width=st.integers(1, 200))
@settings(max_examples=40, deadline=None)
def test_tiles_meet_without_a_seam_whatever_the_size(height, width):
    pixels = photo_pixels(height, width)
    tiled, whole = (
        Restorer(make_contract(), {"restore": FakeEngine(INPUTS, OUTPUTS, local_mean)}, limit).restore_pixels(
            pixels, 25
        )
        for limit in (32, 4096)
    )
    assert np.array_equal(tiled, whole)


@pytest.mark.parametrize("size", [(97, 131), (301, 203), (450, 299), (96, 1000), (257, 255)])
def test_tiled_equals_whole_bit_for_bit_in_int8(shipped, size):
    tiled, whole = shipped["int8"]
    pixels = photo_pixels(*size)
    assert np.array_equal(tiled.restore_pixels(pixels, 25), whole.restore_pixels(pixels, 25))


@pytest.mark.parametrize("size", [(97, 131), (301, 203), (257, 255)])
def test_tiled_equals_whole_to_a_hundred_thousandth_in_float32(shipped, size, monkeypatch):
    pixels = photo_pixels(*size)
    tiled, whole = (float_output(restorer, pixels, monkeypatch) for restorer in shipped["float32"])
    assert np.max(np.abs(tiled - whole)) <= 1e-5


class Undecoded:
    """In the place of the encoding that rounds a network's output to bytes."""

    def decode(self, values: np.ndarray, out: np.ndarray) -> None:
        out[...] = values


def float_output(restorer: Restorer, pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """What the network says before it is rounded to bytes."""
    output = np.empty(pixels.shape, np.float32)
    network = restorer.network
    with monkeypatch.context() as patch:
        patch.setitem(network._encodings, "restored", Undecoded())
        network.run(network.plan(*pixels.shape[:2]), {"image": pixels}, {"restored": output}, 25)
    return output


def test_a_model_that_cannot_be_resized_runs_at_its_static_size_only(engine):
    restorer = Restorer(make_contract(resizable=False), {"restore": engine})
    for size in [(20, 30), (64, 64), (150, 129)]:
        pixels = photo_pixels(*size)
        assert restorer.restore_pixels(pixels, 25).shape == pixels.shape
        assert engine.input("image").shape == (1, 64, 64, 3)


def test_an_engine_that_cannot_be_resized_runs_a_resizable_model_at_its_static_size(engine):
    engine.resizable = False
    restorer = Restorer(make_contract(), {"restore": engine})
    pixels = photo_pixels(151, 129)
    assert np.array_equal(
        restorer.restore_pixels(pixels, 25),
        Restorer(make_contract(), {"restore": FakeEngine(INPUTS, OUTPUTS, local_mean)}).restore_pixels(pixels, 25),
    )
    assert engine.input("image").shape == (1, 64, 64, 3)
    assert engine.invocations > 1


def test_the_int8_path_never_makes_a_float_image():
    restorer = load("denoise", "int8")
    pixels = photo_pixels(1200, 1600)
    restorer.restore_pixels(pixels[:512, :512], 25)
    tracemalloc.start()
    restorer.restore_pixels(pixels, 25)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    one_tile = 512 * 512 * 3
    assert peak < pixels.nbytes + 2 * one_tile


def test_progress_counts_every_tile(contract, engine):
    seen = []
    Restorer(contract, {"restore": engine}, tile_limit=32)(
        photo_pixels(50, 90), 25, lambda *counts: seen.append(counts)
    )
    total = engine.invocations
    assert total > 4
    assert seen == [(done, total) for done in range(1, total + 1)]


def test_several_threads_get_the_results_that_one_gets():
    restorer = load("denoise", "int8")
    photos = [photo_pixels(40 + 8 * index, 60, seed=index) for index in range(6)]
    alone = [restorer(photo, 25) for photo in photos]
    together = [None] * len(photos)

    def work(index: int) -> None:
        together[index] = restorer(photos[index], 25)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(photos))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(one, other) for one, other in zip(alone, together))


@pytest.mark.parametrize("side", [(1, 1), (7, 300), (300, 7)])
def test_a_picture_too_small_to_repair_is_refused(contract, engine, side):
    with pytest.raises(ImageError, match="too small to repair"):
        Restorer(contract, {"restore": engine})(photo_pixels(*side), 25)


@pytest.mark.parametrize("level", [-1, 51, float("nan")])
def test_a_noise_level_the_model_was_not_trained_for_is_refused(contract, engine, level):
    with pytest.raises(ImageError, match="knows 0 to 50"):
        Restorer(contract, {"restore": engine})(photo_pixels(20, 20), level)


def test_a_model_that_is_not_told_the_noise_level_restores_without_one():
    engine = FakeEngine({"image": INPUTS["image"]}, OUTPUTS, local_mean)
    restorer = Restorer(make_contract(noise_level=False), {"restore": engine})
    pixels = photo_pixels(50, 40)
    told = Restorer(make_contract(), {"restore": FakeEngine(INPUTS, OUTPUTS, local_mean)})
    assert np.array_equal(restorer(pixels), told(pixels))
    with pytest.raises(ImageError, match="'test' takes none, leave it at 'auto'"):
        restorer(pixels, noise_level=25)


def test_a_model_of_another_task_is_no_restorer(engine):
    with pytest.raises(ContractError, match="of task 'detect', not 'restore'"):
        Restorer(make_task_contract(Task.DETECT), {"detect": engine})


def test_a_network_without_the_promised_tensors_is_refused(contract):
    other = {"image": TensorInfo((1, 32, 32, 3), np.dtype(np.int8), PICTURE_SCALE, -128)}
    with pytest.raises(ContractError, match="as promised"):
        Restorer(contract, {"restore": FakeEngine(other, OUTPUTS, local_mean)})


@pytest.mark.parametrize("limit", [13, 10, 8, 33])
def test_a_tile_limit_that_leaves_nothing_to_keep_is_refused(contract, engine, limit):
    with pytest.raises(ContractError, match="tile_limit"):
        Restorer(contract, {"restore": engine}, limit)


def test_a_pil_photo_comes_back_cleaner_and_of_its_kind():
    clean = Image.fromarray(np.full((128, 128, 3), (90, 140, 180), np.uint8))
    noise = np.random.default_rng(0).normal(0, 25, (128, 128, 3))
    noisy = Image.fromarray(np.clip(np.rint(np.asarray(clean) + noise), 0, 255).astype(np.uint8))
    restored = load("denoise")(noisy, noise_level=25)
    assert restored.mode == "RGB"
    assert restored.size == noisy.size
    errors = [np.abs(np.asarray(image, float) - np.asarray(clean, float)).mean() for image in (noisy, restored)]
    assert errors[1] < errors[0] / 4
