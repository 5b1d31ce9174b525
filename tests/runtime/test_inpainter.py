from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made.doubles import FILLING, bytes_tensor, inpainter, make_task_contract
from made.pictures import photo_pixels
from PIL import Image

from litebrush.engine import FakeEngine
from litebrush.errors import EngineError, ImageError
from litebrush.inpainter import Inpainter
from litebrush.pyramid_fill import fill_from_around
from litebrush.tasks import Task


@given(height=st.integers(8, 150), width=st.integers(8, 150), seed=st.integers(0, 100), share=st.floats(0, 1))
@settings(max_examples=30)
def test_pixels_outside_the_mask_are_unchanged_and_those_inside_come_from_the_network(height, width, seed, share):
    pixels = photo_pixels(height, width)
    mask = (np.random.default_rng(seed).random((height, width)) < share).astype(np.uint8) * 255
    filled = inpainter()(pixels, mask)
    assert (filled[mask == 255] == FILLING).all()
    assert np.array_equal(filled[mask == 0], pixels[mask == 0])


def test_the_network_is_shown_the_missing_pixels_as_they_are_guessed():
    shown = []

    def keep(inputs):
        shown.append(inputs["image"][0].astype(np.int16) + 128)
        return {"restored": inputs["image"]}

    tensors = {"image": bytes_tensor(64, 3), "mask": bytes_tensor(64, 1)}
    engine = FakeEngine(tensors, {"restored": bytes_tensor(64, 3)}, keep)
    model = Inpainter(make_task_contract(Task.INPAINT), {"inpaint": engine})
    pixels, mask = photo_pixels(64, 64), np.zeros((64, 64), np.uint8)
    mask[20:30, 20:50] = 255
    guessed = fill_from_around(pixels, mask > 0)
    assert np.array_equal(model(pixels, mask), guessed)
    assert np.array_equal(shown[0][:64, :64], guessed)


def test_tiles_without_a_hole_are_not_run():
    model = inpainter()
    engine = model._engines["inpaint"]
    engine.resizable = False
    model = type(model)(model.contract, {"inpaint": engine})
    mask = np.zeros((300, 400), np.uint8)
    model(photo_pixels(300, 400), mask)
    assert engine.invocations == 0
    mask[150, 200] = 255
    model(photo_pixels(300, 400), mask)
    assert engine.invocations == 1


def test_the_input_is_never_written_to():
    pixels = photo_pixels(40, 40)
    before = pixels.copy()
    inpainter()(pixels, np.full((40, 40), 255, np.uint8))
    assert np.array_equal(pixels, before)


def test_kind_and_transparency_come_back():
    photo = Image.fromarray(photo_pixels(32, 48)).convert("LA")
    mask = Image.new("1", (48, 32), 1)
    filled = inpainter()(photo, mask)
    assert (filled.mode, filled.size) == ("LA", (48, 32))
    assert np.asarray(filled)[..., 0].max() == FILLING


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(ImageError, match="the mask is of 10x9 pixels, the photo of 30x20"):
        inpainter()(photo_pixels(20, 30), np.zeros((9, 10), np.uint8))


def test_a_closed_model_says_so():
    with inpainter() as model:
        pass
    with pytest.raises(EngineError, match="'inpaint' was closed; load it again"):
        model(photo_pixels(20, 30), np.full((20, 30), 255, np.uint8))
