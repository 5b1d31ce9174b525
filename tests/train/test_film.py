from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made.pictures import photo_pixels

from litebrush_train.film import FilmDamage
from litebrush_train.mask_folder import MaskFolder

BLOT = np.zeros((50, 50), np.uint8)
BLOT[10:40, 20:30] = 255
BLOT[10:40, 30:35] = 90
FOLDER = MaskFolder((BLOT,), ())


@pytest.mark.parametrize("damage", [FilmDamage(), FilmDamage(FOLDER)], ids=["drawn", "from a folder"])
@given(height=st.integers(16, 130), width=st.integers(16, 130), seed=st.integers(0, 2**63))
@settings(max_examples=30)
def test_a_picture_changes_only_where_the_truth_says_so(damage, height, width, seed):
    picture = photo_pixels(height, width)
    damaged, opacity = damage.apply(picture, np.random.default_rng(seed))
    assert opacity.shape == picture.shape[:2]
    assert opacity.dtype == np.uint8
    assert np.array_equal(damaged[opacity == 0], picture[opacity == 0])
    assert np.array_equal(damaged, damage(picture, np.random.default_rng(seed)))


def test_what_is_opaque_shows_nothing_of_the_picture():
    damage = FilmDamage(FOLDER)
    compared = 0
    for seed in range(20):
        over_black, opacity = damage.apply(np.zeros((64, 64, 3), np.uint8), np.random.default_rng(seed))
        over_white, _ = damage.apply(np.full((64, 64, 3), 255, np.uint8), np.random.default_rng(seed))
        difference = over_white.astype(int) - over_black
        assert np.all(np.abs(difference - (255 - opacity[:, :, None].astype(int))) <= 3)
        compared += np.count_nonzero(opacity == 255)
    assert compared > 0


def test_damage_keeps_within_its_grey_levels():
    grey = np.full((64, 64, 3), 150, np.uint8)
    for seed in range(20):
        damaged = FilmDamage(FOLDER, darkest=150, lightest=220, strongest_tint=0)(grey, np.random.default_rng(seed))
        assert damaged.max() <= 220
        assert damaged[:, :, 0].min() >= 150  # stains are brown: their red is as it is


def test_damage_comes_light_and_dark():
    grey = np.full((64, 64, 3), 128, np.uint8)
    means = [FilmDamage()(grey, np.random.default_rng(seed)).mean() for seed in range(30)]
    assert min(means) < 127
    assert max(means) > 129
