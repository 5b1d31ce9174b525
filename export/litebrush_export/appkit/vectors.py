"""What the projects' own tests compare with, computed by the runtime."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from litebrush.encoding import PictureEncoding, Requantization
from litebrush.engine import TensorInfo
from litebrush.latents import normal_values, random_words
from litebrush.pyramid_fill import fill_from_around
from litebrush.tensors import Role, TensorSpec
from litebrush.tiling import AxisPlan, plan_axis

_LATENT_CASES = ((0, 0), (7, 0), (7, 1), (2**32, 0), (2**32 + 7, 5), (2**64 - 1, 2**32 + 3))
_WORDS = 12
_AXES = ((8, 64, 5, 2), (64, 64, 5, 2), (65, 64, 5, 2), (200, 64, 5, 2), (1000, 256, 21, 2), (777, 256, 24, 8))
_INFOS = (
    TensorInfo((1,), np.dtype(np.int8), 1 / 255, -128),
    TensorInfo((1,), np.dtype(np.int8), 0.0081, -3),
    TensorInfo((1,), np.dtype(np.uint8), 0.0043, 7),
    TensorInfo((1,), np.dtype(np.int16), 1 / 32767, 0),
    TensorInfo((1,), np.dtype(np.float32)),
)
_RANGES = ((0.0, 1.0), (-1.0, 1.0), (1.0, 0.0))


@dataclass(frozen=True)
class LatentVector:
    """The beginning of one picture's stream."""

    seed: int
    picture: int
    words: tuple[int, ...]
    normal_values: tuple[float, ...]


@dataclass(frozen=True)
class AxisVector:
    """How an axis is cut."""

    length: int
    tile: int
    halo: int
    alignment: int
    plan: AxisPlan


@dataclass(frozen=True)
class EncodingVector:
    """All bytes in a tensor, and what some of its values are as bytes and in another tensor."""

    info: TensorInfo
    minimum: float
    maximum: float
    encoded: tuple[float, ...]
    values: tuple[float, ...]
    decoded: tuple[int, ...]
    handed_over: tuple[float, ...]


@dataclass(frozen=True)
class HoleVector:
    """A photo, which pixels of it are missing (255), and the photo with guesses in their places; bytes."""

    height: int
    width: int
    photo: tuple[int, ...]
    mask: tuple[int, ...]
    filled: tuple[int, ...]


@dataclass(frozen=True)
class Vectors:
    """All of them.

    Attributes:
        target: the tensor that values are handed over to.
    """

    latents: tuple[LatentVector, ...]
    axes: tuple[AxisVector, ...]
    encodings: tuple[EncodingVector, ...]
    hole: HoleVector
    target: TensorInfo


def make_vectors() -> Vectors:
    """Compute them; the same each time."""
    return Vectors(
        tuple(_latent(seed, picture) for seed, picture in _LATENT_CASES),
        tuple(AxisVector(*axis, plan_axis(*axis, resizable=False)) for axis in _AXES),
        tuple(_encoding(info, *extent) for info in _INFOS for extent in _RANGES),
        _hole(),
        _INFOS[1],
    )


def _latent(seed: int, picture: int) -> LatentVector:
    words = random_words(seed, picture, _WORDS)
    return LatentVector(seed, picture, tuple(words.tolist()), tuple(normal_values(words).tolist()))


def _encoding(info: TensorInfo, minimum: float, maximum: float) -> EncodingVector:
    role = Role.MASK if minimum > maximum else Role.IMAGE
    spec = TensorSpec("picture", role, (1, 16, 16, 1 if role is Role.MASK else 3), minimum, maximum)
    encoding = PictureEncoding(spec, info)
    encoded = np.empty(256, info.dtype)
    encoding.encode(np.arange(256, dtype=np.uint8), encoded)
    values = _spread(info)
    decoded = np.empty(len(values), np.uint8)
    encoding.decode(values, decoded)
    handed_over = np.empty(len(values), _INFOS[1].dtype)
    Requantization(info, _INFOS[1])(values, handed_over)
    return EncodingVector(
        info,
        minimum,
        maximum,
        *(tuple(array.tolist()) for array in (encoded, values, decoded, handed_over)),
    )


def _hole() -> HoleVector:
    random = np.random.default_rng(0)
    photo = random.integers(0, 256, (11, 14, 3), np.uint8)
    missing = random.random((11, 14)) < 0.3
    missing[3:10, 4:13] = True
    mask = np.where(missing, 255, 0)
    arrays = photo, mask, fill_from_around(photo, missing)
    return HoleVector(11, 14, *(tuple(array.reshape(-1).tolist()) for array in arrays))


def _spread(info: TensorInfo) -> np.ndarray:
    """Values from end to end of what a tensor holds."""
    if not info.quantized:
        return np.linspace(-1.5, 1.5, 61, dtype=np.float32)
    limits = np.iinfo(info.dtype)
    return np.linspace(limits.min, limits.max, 61).round().astype(info.dtype)
