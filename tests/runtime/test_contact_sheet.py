from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from litebrush.contact_sheet import contact_sheet


@given(count=st.integers(1, 12), side=st.integers(8, 200))
@settings(max_examples=20)
def test_every_picture_is_on_the_sheet(count, side):
    images = [Image.new("RGB", (side, side), (200, 10 * place, 30)) for place in range(count)]
    sheet = np.asarray(contact_sheet(images, [str(place) for place in range(count)]))
    for place in range(count):
        assert (sheet == (200, 10 * place, 30)).all(axis=2).sum() >= side * side


def test_small_pictures_are_enlarged_pixel_by_pixel():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    sheet = np.asarray(contact_sheet([image], ["a caption that is much too long to fit below it"]))
    assert np.array_equal(sheet[8:136:2, 8:136:2], np.asarray(image))
    assert np.array_equal(sheet[9:136:2, 9:136:2], np.asarray(image))
