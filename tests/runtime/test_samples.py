from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made.contracts import IMAGE, LATENT, MASK, NOISE_LEVEL, RESTORED, STATES
from made.pictures import photo_pixels

from litebrush.samples import array_key, arrays_of, fill_by_reflection, is_sample, kept_corner, real_values
from litebrush.tensors import Role, Signature, TensorSpec

RESTORE = Signature("restore", (IMAGE, NOISE_LEVEL, STATES[0]), (RESTORED, STATES[1]))


def test_a_signature_finds_its_arrays_and_no_others():
    arrays = {array_key(RESTORE, "image"): np.zeros(1), "restored/image": np.ones(1), "target": np.ones(1)}
    assert arrays_of(RESTORE, arrays) == {"image": np.zeros(1)}


@given(height=st.integers(1, 64), width=st.integers(1, 64), low=st.floats(-2, 1), span=st.floats(0.1, 300))
def test_a_picture_of_any_size_fills_its_tensor_from_its_corner(height, width, low, span):
    spec = TensorSpec("image", Role.IMAGE, (1, 64, 64, 3), low, low + span)
    stored = photo_pixels(height, width)
    real = real_values(spec, stored)
    assert real.shape == spec.shape
    assert real.dtype == np.float32
    assert np.allclose(real[0, :height, :width], low + stored / 255 * span, rtol=1e-4, atol=1e-4)
    assert set(np.unique(real)) == set(np.unique(real[0, :height, :width]))


def test_a_noise_level_is_everywhere_and_a_latent_is_itself():
    assert np.all(real_values(NOISE_LEVEL, np.float32(51)) == np.float32(0.2))
    latent = np.linspace(-3, 3, 8, dtype=np.float32)
    assert np.array_equal(real_values(LATENT, latent)[0], latent)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (32, 48), (1, 1)])
def test_the_same_share_of_each_output_is_kept(height, width):
    sample = {"image": photo_pixels(height, width)}
    kept = np.zeros(RESTORED.shape[1:])[kept_corner(RESTORE, sample, RESTORED)]
    assert kept.shape == (height, width, 3)
    state = np.zeros(STATES[1].shape[1:])[kept_corner(RESTORE, sample, STATES[1])]
    assert state.shape == (max(1, height // 2), max(1, width // 2), 4)


def test_what_has_no_height_is_kept_whole():
    sample = {"image": photo_pixels(20, 30)}
    assert kept_corner(Signature("encode", (IMAGE,), (LATENT,)), sample, LATENT) == (slice(8),)
    assert kept_corner(Signature("decode", (LATENT,), (IMAGE,)), {}, IMAGE) == (slice(64), slice(64), slice(3))


@pytest.mark.parametrize(
    ("spec", "stored", "fits"),
    [
        (IMAGE, np.zeros((64, 64, 3), np.uint8), True),
        (IMAGE, np.zeros((5, 7, 3), np.uint8), True),
        (IMAGE, np.zeros((5, 65, 3), np.uint8), False),
        (IMAGE, np.zeros((5, 7, 3), np.float32), False),
        (IMAGE, np.zeros((5, 7), np.uint8), False),
        (MASK, np.zeros((5, 7, 1), np.uint8), True),
        (MASK, np.zeros((5, 7, 3), np.uint8), False),
        (NOISE_LEVEL, np.array(25, np.float32), True),
        (NOISE_LEVEL, np.array(25), False),
        (LATENT, np.zeros(8, np.float32), True),
        (LATENT, np.zeros(7, np.float32), False),
    ],
)
def test_a_sample_is_told_from_what_is_none(spec, stored, fits):
    assert is_sample(spec, stored) is fits


def test_reflection_fills_a_larger_square_from_a_corner():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    filled = fill_by_reflection(picture, 5, 4)
    assert np.array_equal(filled[:2, :2], picture)
    assert np.array_equal(filled[2, :2], picture[1])
    assert np.array_equal(filled[4, :2], picture[0])
