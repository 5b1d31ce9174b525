from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litebrush.noise import estimate_noise_level


@given(level=st.floats(2, 40), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_noise_on_shading_is_estimated_to_a_tenth(level, seed):
    rows, columns = np.mgrid[:256, :256]
    shading = 128 + 40 * np.sin(rows / 90) + 20 * np.cos(columns / 70)
    noisy = shading[:, :, None] + np.random.default_rng(seed).normal(0, level, (256, 256, 3))
    estimate = estimate_noise_level(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
    assert estimate == pytest.approx(level, rel=0.1, abs=0.5)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_picture_has_no_noise(value):
    assert estimate_noise_level(np.full((100, 140, 3), value, np.uint8)) == 0


@pytest.mark.parametrize("size", [(8, 8), (63, 500), (500, 63)])
def test_a_picture_too_small_to_tell_counts_as_clean(size):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    assert estimate_noise_level(pixels) == 0


@pytest.mark.parametrize("border", [0, 255])
def test_a_plain_border_does_not_hide_the_noise(border):
    picture = np.full((400, 400, 3), border, np.uint8)
    noise = np.random.default_rng(0).normal(0, 12, (200, 200, 3))
    picture[100:300, 100:300] = np.clip(np.rint(120 + noise), 0, 255)
    assert estimate_noise_level(picture) == pytest.approx(12, rel=0.15)


def test_texture_is_not_taken_for_noise():
    rows, columns = np.mgrid[:256, :256]
    picture = np.full((256, 256, 3), 128.0)
    picture[:, 128:] += (40 * ((rows + columns) % 2) - 20)[:, 128:, None]
    noisy = picture + np.random.default_rng(0).normal(0, 10, picture.shape)
    assert estimate_noise_level(np.clip(np.rint(noisy), 0, 255).astype(np.uint8)) == pytest.approx(10, rel=0.15)


@pytest.mark.parametrize("level", [0, 8])
def test_texture_everywhere_is_not_taken_for_noise(level):
    random = np.random.default_rng(3)
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256)[None])
    frequency[0, 0] = np.inf
    texture = np.fft.irfft2(np.fft.rfft2(random.normal(0, 1, (256, 256))) / frequency)  # power falls as in nature
    picture = 128 + 35 * (texture / texture.std())[:, :, None] * [1, 0.8, 0.6]
    noisy = picture + random.normal(0, level, picture.shape)
    assert estimate_noise_level(np.clip(np.rint(noisy), 0, 255).astype(np.uint8)) == pytest.approx(level, abs=2)
