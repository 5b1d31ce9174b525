from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from made.doubles import DAMAGE, detector
from made.pictures import photo_pixels
from PIL import Image


@given(height=st.integers(8, 150), width=st.integers(8, 150), seed=st.integers(0, 100))
@settings(max_examples=30)
def test_damage_is_marked_where_it_is(height, width, seed):
    pixels = photo_pixels(height, width)
    damaged = np.random.default_rng(seed).random((height, width)) < 0.1
    pixels[damaged] = DAMAGE
    mask = detector()(pixels)
    assert mask.dtype == np.uint8
    assert np.array_equal(mask, np.where(damaged, 255, 0))


def test_the_mask_is_that_of_the_photo_as_it_is_seen_upright(tmp_path):
    pixels = photo_pixels(20, 30)
    pixels[2, 25] = DAMAGE
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    with Image.open(tmp_path / "turned.png") as photo:
        mask = detector()(photo)
    assert mask.shape == (30, 20)
    assert np.argwhere(mask).tolist() == [[25, 17]]
