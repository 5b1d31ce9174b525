"""Degraded pictures with their truth, in stored values, and how a network sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from litebrush.samples import fill_by_reflection
from litebrush_train.pictures import Picture, Pictures
from litebrush_train.pipeline import Example, Tensors

NOISE_LEVEL = "noise_level"
TARGET = "target"
_SIDES = 8  # a square can be turned and mirrored in eight ways
_VALIDATION_STREAM = 2**63


@dataclass(frozen=True)
class Sample:
    """One degraded picture and its truth.

    Attributes:
        inputs: stored values by tensor name: pictures (H, W, 3) and masks (H, W, 1) uint8, noise level in grey levels.
        target: (H, W, 3) picture or (H, W, 1) mask, uint8.
    """

    inputs: Mapping[str, NDArray[Any]]
    target: NDArray[np.uint8]

    def tensors(self) -> Tensors:
        """Real values in [0, 1], float32; a noise level as a map of half the height and width."""
        height, width = self.target.shape[:2]

        def real(name: str, stored: NDArray[Any]) -> NDArray[np.float32]:
            if name == NOISE_LEVEL:
                return np.full((height // 2, width // 2, 1), stored / np.float32(255), np.float32)
            return np.float32(1 / 255) * stored

        return {name: real(name, stored) for name, stored in {**self.inputs, TARGET: self.target}.items()}


Spoil = Callable[[Picture, np.random.Generator], Sample]
SpoilInTurn = Callable[[Picture, np.random.Generator, int], Sample]


class PatchSource:
    """Patches of a folder, spoilt; every pixel of the folder is as likely as every other."""

    def __init__(self, pictures: Pictures, size: int, spoil: Spoil, reduction: float = 1.0) -> None:
        """Cut patches of ``size`` x ``size`` pixels out of ``pictures``, shown up to ``reduction`` times smaller."""
        self._pictures, self._size, self._spoil, self._reduction = pictures, size, spoil, reduction
        areas = np.array([stored.shape[0] * stored.shape[1] for stored in pictures.stored], np.float64)
        self._up_to = np.cumsum(areas) / areas.sum()
        sample = spoil(pictures[0][:size, :size], np.random.default_rng(0))
        self._shapes = {name: tensor.shape for name, tensor in sample.tensors().items()}

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Of an example's tensors."""
        return self._shapes

    def example(self, random: np.random.Generator) -> Example:
        """A patch in one of its eight positions, spoilt, and its truth as ``target``."""
        number = min(int(np.searchsorted(self._up_to, random.random(), "right")), len(self._pictures) - 1)
        patch = reduced_crop(self._pictures[number], self._size, self._reduction, random)
        side = int(random.integers(_SIDES))
        turned = np.rot90(patch, side % 4)
        sample = self._spoil(turned[:, ::-1] if side >= 4 else turned, random)
        return Example(sample.tensors(), (self._pictures.stored[number].path,))


def crop(picture: Picture, size: int, random: np.random.Generator) -> Picture:
    """A random square; a picture that is too small is repeated by reflection first."""
    if min(picture.shape[:2]) < size:
        picture = fill_by_reflection(picture, *(max(size, side) for side in picture.shape[:2]))
    top = random.integers(picture.shape[0] - size + 1)
    left = random.integers(picture.shape[1] - size + 1)
    return picture[top : top + size, left : left + size]


def reduced_crop(picture: Picture, size: int, reduction: float, random: np.random.Generator) -> Picture:
    """A random square of a picture that is shown smaller, by a factor from 1 to ``reduction``."""
    factor = random_factor(picture, size, reduction, random)
    return reduced(crop(picture, round(factor * size), random), factor)


def random_factor(picture: Picture, least: int, reduction: float, random: np.random.Generator) -> float:
    """From 1 to ``reduction``, evenly; as far as the picture's shorter side stays at ``least`` pixels or more."""
    most = min(reduction, min(picture.shape[:2]) / least)
    return random.uniform(1, most) if most > 1 else 1.0


def reduced(picture: Picture, factor: float) -> Picture:
    """(H, W, 3) uint8 RGB, so many times smaller, without aliasing."""
    if factor == 1:
        return picture
    height, width = (round(side / factor) for side in picture.shape[:2])
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))


def draw_samples(pictures: Pictures, count: int, size: int, seed: int, spoil: SpoilInTurn) -> tuple[Sample, ...]:
    """Spoilt crops, the same each time; pictures are gone through in turn, and ``spoil`` is told the number."""
    random = np.random.Generator(np.random.Philox(key=[seed, _VALIDATION_STREAM]))
    return tuple(spoil(crop(pictures[number % len(pictures)], size, random), random, number) for number in range(count))


def stacked(samples: Sequence[Sample], signature: str, with_target: bool) -> dict[str, NDArray[Any]]:
    """Stored values by ``signature/tensor``, the first axis counting samples."""
    arrays = {
        f"{signature}/{name}": np.stack([sample.inputs[name] for sample in samples]) for name in samples[0].inputs
    }
    truth = {f"{signature}/{TARGET}": np.stack([sample.target for sample in samples])} if with_target else {}
    return {**arrays, **truth}


def inputs_of(samples: Sequence[Sample]) -> dict[str, NDArray[np.float32]]:
    """What a network gets for some samples: float32 in [0, 1], the first axis counting samples."""
    tensors = [sample.tensors() for sample in samples]
    return {name: np.stack([tensor[name] for tensor in tensors]) for name in samples[0].inputs}
