"""Latents that are the same on every machine and in every language: a function of (seed, picture, place).

Random bits come from Philox-4x32-10, a counter-based generator (Salmon et al. 2011, "Parallel random numbers: as easy
as 1, 2, 3"); two words become two normal values by the transform of Box and Muller (1958). There is no state: any
value of any picture can be computed alone, in any order. docs/latents.md is the specification, and
tests/vectors/latents.json has values to test another implementation against.

    >>> latents(seed=7, first=0, count=2, size=128).shape
    (2, 128)
"""

from __future__ import annotations

import secrets

import numpy as np
from numpy.typing import NDArray

from litebrush.errors import ImageError

LARGEST_SEED = 2**64 - 1

Words = NDArray[np.uint32]

_FRESH_SEED_BITS = 32  # short enough to be typed again, and exact in JavaScript
_ROUNDS = 10
_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)  # the golden ratio and the square root of 3, less 1
_LOW_WORD = np.uint64(0xFFFFFFFF)
_LN_2, _SQRT_HALF = 0.6931471805599453, 0.7071067811865476
_LOGARITHM_TERMS, _CIRCLE_TERMS = 10, 8  # what is left out is below 2**-53


def philox(counter: Words, key: tuple[int, int]) -> Words:
    """Philox-4x32-10.

    Args:
        counter: (..., 4) uint32.
        key: two words of 32 bits.

    Returns:
        (..., 4) uint32, random bits.
    """
    word0, word1, word2, word3 = (counter[..., place].astype(np.uint64) for place in range(4))
    for number in range(_ROUNDS):
        key0, key1 = (np.uint64((word + number * step) % 2**32) for word, step in zip(key, _KEY_STEPS))
        product0, product1 = _MULTIPLIERS[0] * word0, _MULTIPLIERS[1] * word2
        word0, word1, word2, word3 = (
            (product1 >> np.uint64(32)) ^ word1 ^ key0,
            product1 & _LOW_WORD,
            (product0 >> np.uint64(32)) ^ word3 ^ key1,
            product0 & _LOW_WORD,
        )
    return np.stack([word0, word1, word2, word3], axis=-1).astype(np.uint32)


def random_words(seed: int, picture: int, size: int) -> Words:
    """The first ``size`` words of one picture's stream.

    The key is the seed, low word first. Block b, of four words, has the counter (b, 0, picture's low word, its high
    word).

    Raises:
        ImageError: a seed or picture outside 0 to 2**64 - 1.
    """
    require_seed(seed)
    _require_whole("picture's number", picture)
    seed, picture = int(seed), int(picture)
    blocks = np.arange(-(-size // 4), dtype=np.uint32)
    counter = np.zeros((len(blocks), 4), np.uint32)
    counter[:, 0] = blocks
    counter[:, 2:] = picture % 2**32, picture >> 32
    return philox(counter, (seed % 2**32, seed >> 32)).reshape(-1)[:size]


def normal_values(words: Words) -> NDArray[np.float32]:
    """An even number of words as standard normal values, in pairs (Box and Muller 1958).

    From words a and b, in double precision::

        radius = sqrt(-2 * ln((a + 0.5) / 2**32))
        angle = 2 * pi * (b / 2**32)
        values = radius * cos(angle), radius * sin(angle)     then rounded to float32

    Logarithm, cosine and sine are made of ``+ - * /`` alone, which IEEE 754 rounds in one way only: those of numpy
    differ in the last place from one processor to the next. No product is added to anything, so nothing changes where
    a compiler fuses the two.
    """
    pairs = words.reshape(-1, 2)
    radius = np.sqrt(2 * _LN_2 * _negative_log2((pairs[:, 0] + 0.5) / 2**32))
    turned = pairs[:, 1] + np.uint32(1 << 29)  # by an eighth, so that each quarter has its axis in the middle
    cosine, sine = _circle((turned & np.uint32(0x3FFFFFFF)) - 2.0**29)
    across, up = radius * cosine, radius * sine
    quarter = (turned >> np.uint32(30)).astype(np.intp)
    values = np.choose(quarter, (across, -up, -across, up)), np.choose(quarter, (up, across, -up, -across))
    return np.stack(values, axis=1).reshape(-1).astype(np.float32)


def _negative_log2(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of values in (0, 1): whole halvings, and for the rest ln(m) = 2 artanh((m - 1) / (m + 1))."""
    mantissa, exponent = np.frexp(values)
    small = mantissa < _SQRT_HALF
    mantissa, halvings = np.where(small, 2 * mantissa, mantissa), np.where(small, 1 - exponent, -exponent)
    ratio = (mantissa - 1) / (mantissa + 1)
    square, series = ratio * ratio, np.ones_like(ratio)
    for term in range(_LOGARITHM_TERMS, 0, -1):
        series = 1 + square * series * (2 * term - 1) / (2 * term + 1)
    return np.asarray(halvings - 2 * ratio * series / _LN_2)


def _circle(steps: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cosine and sine of angles of at most an eighth of a circle, in steps of 2**-32 circles, by their power series."""
    angle = steps * (np.pi / 2**31)
    square, cosine, sine = angle * angle, np.ones_like(angle), np.ones_like(angle)
    for term in range(_CIRCLE_TERMS, 0, -1):
        cosine = 1 - square * cosine / (2 * term * (2 * term - 1))
        sine = 1 - square * sine / (2 * term * (2 * term + 1))
    return cosine, angle * sine


def latents(seed: int, first: int, count: int, size: int) -> NDArray[np.float32]:
    """The latents of some pictures, (count, size) float32, standard normal.

    Args:
        seed: 0 to 2**64 - 1.
        first: number of the first picture; picture 3 is the same whether it is drawn alone or among others.
        count: how many pictures.
        size: values of one latent.

    Raises:
        ImageError: a seed or picture outside 0 to 2**64 - 1.
    """
    even = size + size % 2
    rows = [normal_values(random_words(seed, picture, even))[:size] for picture in range(first, first + count)]
    return np.stack(rows) if rows else np.zeros((0, size), np.float32)


def fresh_seed() -> int:
    """A seed that nobody has chosen, below 2**32."""
    return secrets.randbits(_FRESH_SEED_BITS)


def require_seed(seed: int) -> None:
    """Refuse what is no seed.

    Raises:
        ImageError: not a whole number from 0 to 2**64 - 1.
    """
    _require_whole("seed", seed)


def require_latent(latent: NDArray[np.float32], shape: tuple[int, ...], model: str) -> NDArray[np.float32]:
    """A latent as float32, if a model can decode it.

    Raises:
        ImageError: another shape, or values that are not finite.
    """
    values = np.asarray(latent, np.float32)
    if values.shape != shape:
        raise ImageError(f"the latent is of shape {values.shape}; '{model}' takes {shape}")
    if not np.isfinite(values).all():
        raise ImageError(f"the latent has values that are not finite; '{model}' can make nothing of them")
    return values


def slerp(one: NDArray[np.float32], other: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """A latent on the great circle between two, ``share`` of the way (Shoemake 1985); of the lengths between theirs.

    Points on the straight line are shorter than latents are, and make duller pictures (White 2016). Computed in
    double precision and rounded once: shares of 0 and 1 give the latents themselves.
    """
    ends = one.astype(np.float64), other.astype(np.float64)
    lengths = [float(np.linalg.norm(end)) for end in ends]
    directions = [end / max(length, 1e-12) for end, length in zip(ends, lengths)]
    angle = np.arccos(np.clip(np.sum(directions[0] * directions[1]), -1, 1))
    weights = [1 - share, share]
    if np.sin(angle) > 1e-6:
        weights = [float(np.sin(weight * angle) / np.sin(angle)) for weight in weights]
    length = (1 - share) * lengths[0] + share * lengths[1]
    direction = weights[0] * directions[0] + weights[1] * directions[1]
    return np.asarray(length * direction, np.float32)


def _require_whole(what: str, value: int) -> None:
    if not isinstance(value, (int, np.integer)) or not 0 <= value <= LARGEST_SEED:
        raise ImageError(f"the {what} is {value!r}; expected a whole number from 0 to 2**64 - 1")
