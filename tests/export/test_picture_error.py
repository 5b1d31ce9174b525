from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made.pictures import photo_pixels

from litebrush.metrics import ssim
from litebrush_export.picture_error import banding, error_map, measure_error, written_shift

shapes = st.tuples(st.integers(1, 3), st.integers(1, 14), st.integers(1, 14), st.sampled_from([1, 3]))
pictures = shapes.flatmap(lambda shape: arrays(np.uint8, shape))
pairs = shapes.flatmap(lambda shape: st.tuples(arrays(np.uint8, shape), arrays(np.uint8, shape)))


def gradient(side: int = 256) -> np.ndarray:
    """From black to white along the rows, the three channels at different speeds; (1, side, side, 3)."""
    ramp = np.linspace(0, 255, side)
    return np.broadcast_to(np.stack([ramp, ramp / 2, 255 - ramp], axis=1), (1, side, side, 3)).round().astype(np.uint8)


def quantized(values: np.ndarray, levels: int) -> np.ndarray:
    step = 256 // levels
    return (values // step * step).astype(np.uint8)


def noisy(values: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(2).normal(0, deviation, values.shape)
    return np.clip(np.rint(values + noise), 0, 255).astype(np.uint8)


@given(pictures)
def test_equal_pictures_have_no_error(same):
    error = measure_error(same, same)
    assert (error.shift, error.largest, error.banding, error.edge_error) == (0, 0, 0, 0)
    assert error.psnr_db == float("inf")
    assert error.ssim is None or error.ssim == pytest.approx(1)
    assert not error_map(same[0], same[0]).any()


@given(pairs)
def test_the_shift_changes_its_sign_when_the_two_change_places(pair):
    error, back = measure_error(*pair), measure_error(*pair[::-1])
    assert error.shift == pytest.approx(-back.shift)
    assert error.channel_shifts == pytest.approx([-shift for shift in back.channel_shifts])
    assert error.largest == back.largest
    assert error.shift == pytest.approx(np.mean(error.channel_shifts))


@given(pairs)
def test_every_figure_stays_in_its_range(pair):
    error = measure_error(*pair)
    assert 0 <= error.edge_error <= 1
    assert 0 <= error.edge_area <= 1
    assert 0 <= error.banding <= 255
    assert 0 <= abs(error.shift) <= error.largest <= 255


def test_the_shift_of_each_channel_is_in_levels_and_has_a_sign():
    reference = np.full((2, 12, 12, 3), 100, np.uint8)
    error = measure_error(reference + np.array([3, 0, 1], np.uint8) - np.array([0, 2, 0], np.uint8), reference)
    assert error.channel_shifts == (3, -2, 1)
    assert error.shift == pytest.approx(2 / 3)
    assert error.largest == 3
    assert error.written_shifts == "+3.00 -2.00 +1.00"
    assert error.written_largest_shift == "R +3.00"


def test_a_mask_has_one_channel():
    mask = np.zeros((1, 12, 12, 1), np.uint8)
    error = measure_error(mask + np.uint8(255), mask)
    assert error.channel_shifts == (255,)
    assert error.written_largest_shift == "+255.00"


def test_a_shift_too_small_to_show_has_no_sign_of_its_own():
    assert written_shift(-0.001) == written_shift(0.001) == "+0.00"


def test_the_structural_similarity_is_the_mean_of_the_pictures():
    reference = np.stack([photo_pixels(20, 24, seed) for seed in range(2)])
    results = np.stack([noisy(reference[0], 4), noisy(reference[1], 40)])
    expected = np.mean([ssim(result, truth) for result, truth in zip(results, reference)])
    assert measure_error(results, reference).ssim == pytest.approx(expected)


def test_a_coarser_quantization_of_a_gradient_is_more_banding():
    figures = [banding(quantized(gradient(), levels), gradient()) for levels in (256, 64, 32, 16)]
    assert figures[0] == 0
    assert figures == sorted(set(figures))
    assert figures[1] > 0.5


def test_banding_is_the_root_mean_square_of_the_steps_above_one_level():
    row = np.repeat(np.arange(0, 40, 4), 4).astype(np.uint8)  # nine steps of four levels, in a smooth slope of one
    reference = np.arange(40, dtype=np.uint8)
    stepped, smooth = (np.broadcast_to(each[None, None, :, None], (1, 9, 40, 1)) for each in (row, reference))
    places = 9 * (39 - 4) + 40 * (8 - 4)  # along the rows and along the columns
    assert banding(stepped, smooth) == pytest.approx(np.sqrt(9 * 9 * (4 - 1) ** 2 / places))


@pytest.mark.parametrize("deviation", [0.5, 1, 3, 10])
def test_noise_is_no_banding(deviation):
    assert banding(noisy(gradient(), deviation), gradient()) < 0.05 * banding(quantized(gradient(), 64), gradient())


def test_steps_that_the_reference_has_itself_are_not_new():
    stepped = quantized(gradient(), 32)
    assert banding(stepped, stepped) == 0


def test_noise_over_the_steps_hides_them_as_it_does_from_the_eye():
    figures = [banding(quantized(noisy(gradient(), deviation), 32), gradient()) for deviation in (0, 2, 8)]
    assert figures == sorted(figures, reverse=True)
    assert figures[2] < 0.5 * figures[0]


@pytest.mark.parametrize("axis", [1, 2])
def test_banding_is_found_along_rows_and_columns(axis):
    ramp = gradient() if axis == 2 else gradient().transpose(0, 2, 1, 3)
    assert banding(quantized(ramp, 32), ramp) == pytest.approx(banding(quantized(gradient(), 32), gradient()))


def test_the_share_of_the_error_at_edges_tells_them_from_smooth_areas():
    reference = np.zeros((1, 20, 20, 3), np.uint8)
    reference[:, :, 10:] = 200
    at_the_edge, elsewhere = reference.copy(), reference.copy()
    at_the_edge[:, :, 9:11] ^= 8
    elsewhere[:, :, 15:] ^= 8
    assert measure_error(at_the_edge, reference).edge_error == 1
    assert measure_error(elsewhere, reference).edge_error == 0
    assert measure_error(elsewhere, reference).edge_area == pytest.approx(2 / 20)


def test_the_error_map_is_amplified_and_clipped():
    reference = np.full((1, 3, 3), 100, np.uint8)
    result = reference + np.array([[[0, 0, 0], [1, 2, 0], [90, 90, 90]]], np.uint8)
    assert error_map(result, reference).tolist() == [[0, 8, 255]]


@pytest.mark.parametrize("measure", [measure_error, banding, error_map])
@pytest.mark.parametrize("shape", [(1, 2, 3, 3), (2, 2), (0, 2, 2, 3)])
def test_what_cannot_be_compared_is_refused(measure, shape):
    with pytest.raises(ValueError, match="cannot be compared"):
        measure(np.zeros(shape, np.uint8), np.zeros((1, 2, 2, 3), np.uint8))
