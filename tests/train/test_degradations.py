from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made.pictures import photo_pixels

from litebrush.errors import RecipeError
from litebrush_train.degradations import (
    Blur,
    ColourCast,
    Fading,
    GaussianNoise,
    InTurn,
    Jpeg,
    PoissonNoise,
    Sepia,
    Sometimes,
)
from litebrush_train.film import FilmDamage

SIDES = st.integers(16, 130)
EVERY_KIND = (
    GaussianNoise(5, 50),
    PoissonNoise(),
    Jpeg(),
    Blur(1, 3),
    Fading(),
    ColourCast(),
    Sepia(),
    FilmDamage(),
    Sometimes(GaussianNoise(5, 50), 0.5),
    InTurn((Blur(), Fading(), FilmDamage(), Jpeg())),
)


def distance(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.mean(np.square(first.astype(float) - second)))


@pytest.mark.parametrize("degradation", EVERY_KIND, ids=lambda degradation: type(degradation).__name__)
@given(height=SIDES, width=SIDES, seed=st.integers(0, 2**63))
@settings(max_examples=15)
def test_a_picture_is_degraded_as_its_seed_says_and_keeps_its_shape(degradation, height, width, seed):
    picture = photo_pixels(height, width)
    before = picture.copy()
    first, second = (degradation(picture, np.random.default_rng(seed)) for _ in range(2))
    assert first.shape == picture.shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert np.array_equal(picture, before)


@pytest.mark.parametrize("degradation", EVERY_KIND[:8], ids=lambda degradation: type(degradation).__name__)
def test_seeds_differ_in_what_they_do(degradation):
    picture = photo_pixels(64, 64)
    results = {degradation(picture, np.random.default_rng(seed)).tobytes() for seed in range(4)}
    assert len(results) == 4


@pytest.mark.parametrize("degradation", EVERY_KIND[:8], ids=lambda degradation: type(degradation).__name__)
def test_turned_and_mirrored_patches_are_taken_as_they_look(degradation):
    view = np.rot90(photo_pixels(40, 64))[:, ::-1]
    of_view, of_copy = (degradation(patch, np.random.default_rng(1)) for patch in (view, view.copy()))
    assert np.array_equal(of_view, of_copy)


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: GaussianNoise(30, 20), "lowest, highest are 30, 20"),
        (lambda: GaussianNoise(0, float("nan")), "lowest, highest are 0, nan"),
        (lambda: PoissonNoise(0, 100), "fewest_photons, most_photons are 0, 100"),
        (lambda: Jpeg(0, 95), "expected 1 <= lowest_quality <= highest_quality <= 100"),
        (lambda: Jpeg(50, 101), "lowest_quality, highest_quality are 50, 101"),
        (lambda: Blur(-1, 2), "lowest_sigma, highest_sigma are -1, 2"),
        (lambda: Fading(0.1, 1.1), "least, most are 0.1, 1.1"),
        (lambda: ColourCast(0.5, 0.4), "weakest, strongest are 0.5, 0.4"),
        (lambda: Sepia(-0.1, 0.4), "weakest, strongest are -0.1, 0.4"),
        (lambda: Sometimes(Blur(), 1.5), "probability is 1.5"),
        (lambda: InTurn(()), "degradations is empty"),
        (lambda: FilmDamage(darkest=200, lightest=100), "darkest, lightest are 200, 100"),
        (lambda: FilmDamage(strongest_tint=2), "strongest_tint is 2"),
        (lambda: FilmDamage(most_layers=0), "most_layers is 0"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(make, names):
    with pytest.raises(RecipeError, match=names):
        make()


@pytest.mark.parametrize(
    "from_mild_to_strong",
    [
        [Jpeg(quality, quality) for quality in (95, 60, 30, 5)],
        [PoissonNoise(photons, photons) for photons in (1000, 100, 10)],
        [Blur(sigma, sigma) for sigma in (0.5, 1, 3)],
        [Fading(lost, lost) for lost in (0.1, 0.3, 0.6)],
        [Sepia(strength, strength) for strength in (0.2, 0.5, 1)],
        [ColourCast(strength, strength) for strength in (0.1, 0.4, 1)],
    ],
    ids=["Jpeg", "PoissonNoise", "Blur", "Fading", "Sepia", "ColourCast"],
)
def test_stronger_is_farther_from_the_original(from_mild_to_strong):
    pictures = [photo_pixels(64, 64, seed) for seed in range(6)]
    distances = [
        np.mean([distance(degradation(picture, np.random.default_rng(1)), picture) for picture in pictures])
        for degradation in from_mild_to_strong
    ]
    assert distances == sorted(distances)
    assert distances[0] > 0


def test_counted_photons_scatter_by_the_root_of_their_number():
    grey = np.full((200, 200, 3), 128, np.uint8)
    noisy = PoissonNoise(400, 400)(grey, np.random.default_rng(0)).astype(float)
    assert noisy.mean() == pytest.approx(128, abs=0.3)
    assert noisy.std() == pytest.approx(180 / np.sqrt(400), rel=0.03)


def test_black_stays_black_under_photon_noise():
    black = np.zeros((32, 32, 3), np.uint8)
    assert not PoissonNoise()(black, np.random.default_rng(0)).any()


def test_fading_lifts_the_blacks_and_loses_the_drawn_contrast():
    ends = np.zeros((16, 16, 3), np.uint8)
    ends[8:] = 255
    faded = Fading(0.4, 0.4)(ends, np.random.default_rng(0)).astype(int)
    assert faded.min() >= 255 * 0.2 - 1
    assert faded.max() - faded.min() == pytest.approx(255 * 0.6, abs=1)


def test_full_sepia_leaves_one_hue():
    toned = Sepia(1, 1)(photo_pixels(32, 32) // 2, np.random.default_rng(0)).astype(float)
    red, green, blue = (toned[:, :, channel] for channel in range(3))
    assert np.all(np.abs(green - red * 0.90 / 1.08) <= 1)
    assert np.all(np.abs(blue - red * 0.68 / 1.08) <= 1)


@given(seed=st.integers(0, 2**63))
@settings(max_examples=20)
def test_in_turn_is_one_after_the_other(seed):
    steps = (GaussianNoise(5, 50), Blur(), ColourCast(), FilmDamage(), Jpeg())
    picture = expected = photo_pixels(48, 40)
    random = np.random.default_rng(seed)
    for step in steps:
        expected = step(expected, random)
    assert np.array_equal(InTurn(steps)(picture, np.random.default_rng(seed)), expected)


def test_sometimes_is_as_often_as_it_says():
    picture = photo_pixels(16, 16)
    random = np.random.default_rng(0)
    degradation = Sometimes(Fading(0.5, 0.5), 0.3)
    changed = np.mean([not np.array_equal(degradation(picture, random), picture) for _ in range(600)])
    assert changed == pytest.approx(0.3, abs=0.06)
