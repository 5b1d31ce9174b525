from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made.pictures import photo_pixels

from litebrush.pyramid_fill import fill_from_around


def guessed_pixel_by_pixel(pixels: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """The definition, in loops over Python's whole numbers."""
    height, width = missing.shape
    if missing.all():
        return np.full_like(pixels, 128)
    if not missing.any():
        return pixels
    coarse, holes = np.zeros(((height + 1) // 2, (width + 1) // 2, 3), np.uint8), []
    for row, column in np.ndindex(coarse.shape[:2]):
        block = [
            (y, x) for y in (2 * row, 2 * row + 1) for x in (2 * column, 2 * column + 1) if y < height and x < width
        ]
        known = [pixels[place].astype(int) for place in block if not missing[place]]
        holes.append(not known)
        if known:
            coarse[row, column] = (sum(known) + len(known) // 2) // len(known)
    coarse = guessed_pixel_by_pixel(coarse, np.reshape(holes, coarse.shape[:2])).astype(int)
    filled = pixels.copy()
    for y, x in np.argwhere(missing):
        row, column = y // 2, x // 2
        beside_row = min(max(row + (1 if y % 2 else -1), 0), coarse.shape[0] - 1)
        beside_column = min(max(column + (1 if x % 2 else -1), 0), coarse.shape[1] - 1)
        corners = coarse[row, column], coarse[row, beside_column], coarse[beside_row, column]
        filled[y, x] = (9 * corners[0] + 3 * corners[1] + 3 * corners[2] + coarse[beside_row, beside_column] + 8) >> 4
    return filled


@st.composite
def pictures_with_holes(draw):
    height, width = draw(st.integers(1, 24)), draw(st.integers(1, 24))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    missing = random.random((height, width)) < draw(st.sampled_from([0.0, 0.1, 0.5, 0.95, 1.0]))
    return random.integers(0, 256, (height, width, 3), np.uint8), missing


@given(pictures_with_holes())
@settings(max_examples=60)
def test_every_byte_is_that_of_the_definition(picture):
    assert np.array_equal(fill_from_around(*picture), guessed_pixel_by_pixel(*picture))


@given(pictures_with_holes(), st.integers(0, 255))
@settings(max_examples=40)
def test_known_pixels_stay_and_what_was_in_the_holes_does_not_matter(picture, hidden):
    pixels, missing = picture
    other = np.where(missing[..., None], np.uint8(hidden), pixels)
    filled = fill_from_around(pixels, missing)
    assert np.array_equal(filled[~missing], pixels[~missing])
    assert np.array_equal(filled, fill_from_around(other, missing))


@given(pictures_with_holes())
@settings(max_examples=40)
def test_a_guess_is_between_the_known_pixels(picture):
    pixels, missing = picture
    if missing.all():
        assert (fill_from_around(pixels, missing) == 128).all()
    else:
        filled, known = fill_from_around(pixels, missing), pixels[~missing]
        assert (filled >= known.min(axis=0)).all()
        assert (filled <= known.max(axis=0)).all()


@pytest.mark.parametrize("side", [1, 40])
def test_a_hole_in_a_photo_is_filled_with_less_error_than_a_mean(side):
    pixels, missing = photo_pixels(200, 200), np.zeros((200, 200), np.bool_)
    missing[80 : 80 + side, 80 : 80 + side] = True
    truth, guess = pixels[missing].astype(float), fill_from_around(pixels, missing)[missing]
    assert np.abs(guess - truth).mean() < np.abs(pixels[~missing].mean(axis=0) - truth).mean()
