from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from made.pictures import photo_pixels

from litebrush.metrics import f1_score, ssim

picture_shapes = st.tuples(st.integers(11, 16), st.integers(11, 16), st.just(3))
picture_pairs = picture_shapes.flatmap(lambda shape: st.tuples(arrays(np.uint8, shape), arrays(np.uint8, shape)))
mask_pairs = array_shapes(min_dims=2, max_dims=2, max_side=8).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)


def noisy(picture: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, deviation, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("deviation", [2, 25, 100])
@pytest.mark.parametrize("grey", [False, True])
def test_ssim_agrees_with_scikit_image(deviation, grey):
    truth = photo_pixels(40, 53)[..., 0] if grey else photo_pixels(40, 53)
    picture = noisy(truth, deviation)
    expected = pytest.importorskip("skimage.metrics").structural_similarity(
        picture,
        truth,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        channel_axis=None if grey else 2,
    )
    assert ssim(picture, truth) == pytest.approx(expected, abs=1e-9)


@given(picture_pairs)
def test_ssim_is_symmetric_and_at_most_one(pair):
    picture, truth = pair
    assert ssim(picture, truth) == pytest.approx(ssim(truth, picture), abs=1e-12)
    assert ssim(picture, truth) <= 1 + 1e-12
    assert ssim(picture, picture) == pytest.approx(1, abs=1e-12)


def test_ssim_falls_as_noise_grows():
    truth = photo_pixels(40, 40)
    figures = [ssim(noisy(truth, deviation), truth) for deviation in (5, 20, 80)]
    assert figures == sorted(figures, reverse=True)


@pytest.mark.parametrize("shapes", [((20, 20), (20, 21)), ((10, 20, 3), (10, 20, 3)), ((20,), (20,))])
def test_ssim_refuses_what_it_cannot_compare(shapes):
    with pytest.raises(ValueError, match="shape"):
        ssim(*(np.zeros(shape, np.uint8) for shape in shapes))


@given(mask_pairs, st.integers(0, 9))
def test_f1_score_agrees_with_its_definition(pair, tolerance_px):
    mask, truth = pair

    def share_near(marked: np.ndarray, others: np.ndarray) -> float:
        distances = np.abs(np.argwhere(marked)[:, None] - np.argwhere(others)[None]).max(axis=2)
        return float(np.mean((distances <= tolerance_px).any(axis=1)))

    if not mask.any() or not truth.any():
        expected = float(mask.any() == truth.any())
    else:
        precision, recall = share_near(mask, truth), share_near(truth, mask)
        expected = 2 * precision * recall / (precision + recall) if precision else 0.0
    assert f1_score(mask, truth, tolerance_px) == pytest.approx(expected)


def test_f1_score_forgives_a_line_that_is_one_pixel_off():
    truth = np.zeros((20, 20), np.uint8)
    truth[:, 9] = 255
    off = np.roll(truth, 1, axis=1)
    assert f1_score(off, truth) == 0
    assert f1_score(off, truth, tolerance_px=1) == 1


def test_f1_score_of_a_mask_with_as_many_wrong_pixels_as_right_ones():
    truth = np.zeros((20, 20), bool)
    truth[:, :5] = True
    mask = np.zeros((20, 20), bool)
    mask[:, :10] = True
    assert f1_score(mask, truth) == pytest.approx(2 / 3)  # precision 1/2, recall 1


@pytest.mark.parametrize(("mask", "tolerance_px"), [(np.zeros((3, 4)), 0), (np.zeros((4, 4)), -1)])
def test_f1_score_refuses_what_it_cannot_compare(mask, tolerance_px):
    with pytest.raises(ValueError, match=r"shapes|tolerance_px"):
        f1_score(mask, np.zeros((4, 4)), tolerance_px)
