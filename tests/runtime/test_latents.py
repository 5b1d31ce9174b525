from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litebrush.errors import ImageError
from litebrush.latents import latents, normal_values, philox, random_words, slerp

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "latents.json").read_text())
SEEDS = st.integers(0, 2**64 - 1)
WORDS = st.integers(0, 2**32 - 1) | st.sampled_from([0, 2**29, 2**29 - 1, 2**30, 2**31, 2**32 - 1, 0xB504F333])

# of the Random123 distribution, kat_vectors, philox4x32 10
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_known_answers(counter, key, expected):
    key0, key1 = words(key)
    assert philox(np.array(words(counter), np.uint32), (key0, key1)).tolist() == words(expected)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['seed']}-{vector['picture']}")
def test_latents_are_those_of_the_shared_vectors(vector):
    seed, picture = int(vector["seed"]), int(vector["picture"])
    stream = random_words(seed, picture, len(vector["words"]))
    assert stream.tolist() == vector["words"]
    assert normal_values(stream).tolist() == vector["normal_values"]
    drawn = latents(seed, picture, 1, len(vector["words"]))[0]
    assert np.array_equal(drawn, normal_values(stream))


def by_the_pseudo_code(a: int, b: int) -> list[float]:
    """docs/latents.md, one number at a time."""
    m, h = (a + 0.5) / 4294967296, 0
    while m < 0.7071067811865476:
        m, h = m * 2, h + 1
    s = (m - 1) / (m + 1)
    p = 1.0
    for t in range(10, 0, -1):
        p = 1 + s * s * p * (2 * t - 1) / (2 * t + 1)
    radius = math.sqrt(2 * 0.6931471805599453 * (h - 2 * s * p / 0.6931471805599453))
    turned = (b + 2**29) % 2**32
    x = ((turned & 0x3FFFFFFF) - 536870912) * (3.141592653589793 / 2147483648)
    c = d = 1.0
    for t in range(8, 0, -1):
        c = 1 - x * x * c / (2 * t * (2 * t - 1))
        d = 1 - x * x * d / (2 * t * (2 * t + 1))
    u, v = radius * c, radius * (x * d)
    return [float(np.float32(value)) for value in [(u, v), (-v, u), (-u, -v), (v, -u)][turned >> 30]]


@given(a=WORDS, b=WORDS)
def test_normal_values_are_those_of_the_pseudo_code_bit_for_bit(a, b):
    assert normal_values(np.array([a, b], np.uint32)).tolist() == by_the_pseudo_code(a, b)


@given(a=WORDS, b=WORDS)
def test_normal_values_are_those_of_the_mathematical_library_but_for_rounding(a, b):
    radius, angle = math.sqrt(-2 * math.log((a + 0.5) / 2**32)), 2 * math.pi * (b / 2**32)
    expected = [radius * math.cos(angle), radius * math.sin(angle)]
    assert normal_values(np.array([a, b], np.uint32)) == pytest.approx(expected, rel=1e-7, abs=1e-14)


@given(seed=SEEDS, first=st.integers(0, 2**40), count=st.integers(1, 5), size=st.integers(1, 40))
@settings(max_examples=50)
def test_a_picture_is_the_same_alone_and_among_others(seed, first, count, size):
    together = latents(seed, first, count, size)
    assert together.shape == (count, size)
    assert together.dtype == np.float32
    for place in range(count):
        assert np.array_equal(latents(seed, first + place, 1, size)[0], together[place])


@given(seed=SEEDS, size=st.integers(1, 60), more=st.integers(1, 60))
@settings(max_examples=50)
def test_a_longer_latent_begins_like_a_shorter_one(seed, size, more):
    assert np.array_equal(latents(seed, 0, 1, size)[0], latents(seed, 0, 1, size + more)[0, :size])


@given(seed=SEEDS, other=SEEDS, picture=st.integers(0, 2**32))
@settings(max_examples=50)
def test_other_seeds_and_pictures_give_other_values(seed, other, picture):
    here = latents(seed, picture, 1, 16)
    assert np.array_equal(here, latents(other, picture, 1, 16)) == (seed == other)
    assert not np.array_equal(here, latents(seed, picture + 1, 1, 16))


def test_a_million_values_are_standard_normal():
    values = np.sort(latents(2026, 0, 1000, 1000).astype(np.float64).ravel())
    count = len(values)
    assert abs(values.mean()) < 5 / math.sqrt(count)
    assert abs(values.var() - 1) < 5 * math.sqrt(2 / count)
    assert abs((values**4).mean() - 3) < 5 * math.sqrt(96 / count)
    expected = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in values[::100]])
    distance = np.max(np.abs(expected - np.arange(0, count, 100) / count))
    assert distance < 1.95 / math.sqrt(count) + 1 / count  # Kolmogorov and Smirnov, one in a thousand


def test_the_extreme_words_give_finite_values():
    extremes = np.array([0, 0, 0, 2**32 - 1, 2**32 - 1, 0, 2**32 - 1, 2**32 - 1], np.uint32)
    assert np.isfinite(normal_values(extremes)).all()


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "7"])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(ImageError, match="expected a whole number from 0 to"):
        latents(seed, 0, 1, 4)


@pytest.mark.parametrize("picture", [-1, 2**64])
def test_what_is_no_number_of_a_picture_is_refused(picture):
    with pytest.raises(ImageError, match="the picture's number is"):
        random_words(0, picture, 4)


def test_numbers_of_numpy_are_seeds_too():
    assert np.array_equal(random_words(np.uint64(2**63), np.int64(1), 9), random_words(2**63, 1, 9))


@given(seed=SEEDS, share=st.floats(0, 1))
@settings(max_examples=50)
def test_latents_between_two_are_as_long_as_those(seed, share):
    one, other = latents(seed, 0, 2, 128)
    between = slerp(one, other, share)
    lengths = sorted(np.linalg.norm(each) for each in (one, other))
    assert lengths[0] - 1e-3 <= np.linalg.norm(between) <= lengths[1] + 1e-3


def test_the_way_between_two_latents_begins_and_ends_with_them():
    for seed in range(50):
        one, other = latents(seed, 0, 2, 64)
        assert np.array_equal(slerp(one, other, 0), one)
        assert np.array_equal(slerp(one, other, 1), other)
        assert np.allclose(slerp(one, one, 0.3), one, atol=1e-6)


def test_equal_shares_are_equal_angles():
    one, other = (latent / np.linalg.norm(latent) for latent in latents(3, 0, 2, 64))
    steps = np.diff(np.stack([slerp(one, other, step / 8) for step in range(9)]), axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    assert np.allclose(lengths, lengths[0], atol=1e-6)


def test_without_an_angle_the_way_is_straight():
    ones, zeros = np.ones(4, np.float32), np.zeros(4, np.float32)
    assert np.allclose(slerp(ones, -ones, 0.5), zeros)
    assert np.isfinite(slerp(zeros, ones, 0.5)).all()
