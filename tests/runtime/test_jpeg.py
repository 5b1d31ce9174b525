from __future__ import annotations

import io

import numpy as np
import pytest
from made.pictures import photo_pixels
from PIL import Image

from litebrush.jpeg import blockiness, stored_quality


def as_jpeg(pixels: np.ndarray, quality: int) -> Image.Image:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return Image.open(file)


@pytest.mark.parametrize("quality", [20, 30, 50, 75, 90, 95])
def test_the_quality_that_a_jpeg_was_saved_with_is_read_from_its_table(quality):
    assert stored_quality(as_jpeg(photo_pixels(64, 64), quality)) == pytest.approx(quality, abs=1)


def test_the_best_quality_is_a_hundred():
    assert stored_quality(as_jpeg(photo_pixels(64, 64), 100)) == 100


def test_what_is_no_jpeg_has_no_quality():
    assert stored_quality(Image.fromarray(photo_pixels(64, 64))) is None


def test_blocks_show_more_the_stronger_the_compression():
    pixels = photo_pixels(256, 256)
    strengths = [blockiness(np.asarray(as_jpeg(pixels, quality))) for quality in (5, 20, 50)]
    assert strengths == sorted(strengths, reverse=True)
    assert strengths[-1] > 1.05
    assert blockiness(pixels) == pytest.approx(1, abs=0.03)


def test_a_picture_too_small_or_flat_to_tell_shows_no_blocks():
    assert blockiness(photo_pixels(20, 20)) == 1
    assert blockiness(np.zeros((64, 64, 3), np.uint8)) == 1
