"""A folder of images as training batches.

The batch of a step is a function of (seed, step) alone. That is what makes a run repeatable, and a resumed
run equal to one that was never interrupted: there is no iterator state to save.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tqdm import tqdm

from litebrush.errors import DataError, ImageError
from litebrush.image import IMAGE_SUFFIXES, read_rgb
from litebrush.noise import add_gaussian_noise
from litebrush.samples import fill_by_reflection
from litebrush_train.config import NoiseRecipe, PhaseRecipe

Picture = NDArray[np.uint8]
Sample = tuple[dict[str, NDArray[np.float32]], NDArray[np.float32]]

_PREFETCHED_BATCHES = 8
_STEP_BITS = 48


@dataclass(frozen=True)
class ImageFolder:
    """Decoded pictures of a folder, split into those to train on and those held out.

    Attributes:
        training: (H, W, 3) uint8 RGB pictures.
        validation: the held-out ones.
        skipped: files that look like images but could not be read.
        digest: SHA-256 over names and contents of the files that were read.
    """

    training: tuple[Picture, ...]
    validation: tuple[Picture, ...]
    skipped: tuple[Path, ...]
    digest: str


def load_image_folders(folders: tuple[Path, ...], validation_share: float, smallest_side: int) -> ImageFolder:
    """Read every image below the folders. Evenly spaced files, in order of their names, are held out.

    Raises:
        DataError: no such folder, fewer than two usable images, or images smaller than ``smallest_side`` pixels.
    """
    for folder in folders:
        if not folder.is_dir():
            raise DataError(f"'{folder}' is not a folder; give the folder that holds your images")
    found = (path for folder in folders for path in sorted(folder.rglob("*")))
    paths = list(dict.fromkeys(path.resolve() for path in found if path.suffix.lower() in IMAGE_SUFFIXES))
    pictures: list[Picture] = []
    skipped: list[Path] = []
    too_small: list[Path] = []
    digest = hashlib.sha256()
    for path in tqdm(paths, desc="reading images", unit=" images", leave=False):
        try:
            picture = read_rgb(path)
        except ImageError:
            skipped.append(path)
            continue
        if min(picture.shape[:2]) < smallest_side:
            too_small.append(path)
            continue
        pictures.append(picture)
        digest.update(os.fsencode(path.name) + b"\0" + picture.tobytes())
    if len(pictures) < 2:
        raise DataError(_why_unusable(folders, paths, skipped, too_small, smallest_side))
    held_out = min(len(pictures) - 1, max(1, round(len(pictures) * validation_share)))
    chosen = {round((index + 0.5) * len(pictures) / held_out - 0.5) for index in range(held_out)}
    return ImageFolder(
        training=tuple(picture for index, picture in enumerate(pictures) if index not in chosen),
        validation=tuple(picture for index, picture in enumerate(pictures) if index in chosen),
        skipped=tuple(skipped + too_small),
        digest=digest.hexdigest(),
    )


def _why_unusable(
    folders: tuple[Path, ...], paths: list[Path], skipped: list[Path], too_small: list[Path], smallest_side: int
) -> str:
    where = " and ".join(f"'{folder}'" for folder in folders)
    if not paths:
        return f"no images in {where}; expected files ending in {', '.join(sorted(IMAGE_SUFFIXES))}"
    usable = len(paths) - len(skipped) - len(too_small)
    return (
        f"{where}: {usable} usable of {len(paths)} images, at least 2 are needed; "
        f"{len(skipped)} could not be read, {len(too_small)} are smaller than {smallest_side} pixels on a side"
    )


class PatchSampler:
    """Draws noisy and clean patches; every pixel of the folder is as likely as every other."""

    def __init__(self, pictures: tuple[Picture, ...], noise: NoiseRecipe, seed: int, phase: int = 0) -> None:
        """Prepare to draw; each ``phase`` of a run draws other patches."""
        self._pictures = pictures
        self._noise = noise
        self._seed = seed
        self._first_counter = phase << _STEP_BITS
        areas = np.array([picture.shape[0] * picture.shape[1] for picture in pictures], dtype=np.float64)
        self._likelihood = areas / areas.sum()

    def batch(self, step: int, batch_size: int, patch_size: int) -> Sample:
        """The batch of one step: ``{"image", "noise_level"}`` and the clean target, float32 in [0, 1]."""
        random = np.random.Generator(np.random.Philox(key=[self._seed, self._first_counter + step]))
        noisy = np.empty((batch_size, patch_size, patch_size, 3), np.float32)
        clean = np.empty_like(noisy)
        levels = np.empty((batch_size, patch_size // 2, patch_size // 2, 1), np.float32)
        for index in range(batch_size):
            patch = self._patch(patch_size, random)
            level = random.uniform(self._noise.lowest, self._noise.highest)
            clean[index] = patch
            noisy[index] = add_gaussian_noise(patch, level, random)
            levels[index] = level
        return {"image": noisy / 255, "noise_level": levels / 255}, clean / 255

    def _patch(self, size: int, random: np.random.Generator) -> Picture:
        picture = self._pictures[random.choice(len(self._pictures), p=self._likelihood)]
        top = random.integers(picture.shape[0] - size + 1)
        left = random.integers(picture.shape[1] - size + 1)
        patch = np.rot90(picture[top : top + size, left : left + size], k=random.integers(4))
        return patch[:, ::-1] if random.integers(2) else patch


def batches(sampler: PatchSampler, phase: PhaseRecipe, first_step: int) -> tf.data.Dataset:
    """Steps ``first_step`` to the phase's last as a tf.data pipeline, made ahead of the optimizer."""

    def make(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        inputs, target = sampler.batch(int(step), phase.batch_size, phase.patch_size)
        return inputs["image"], inputs["noise_level"], target

    size, count = phase.patch_size, phase.batch_size

    def load(step: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        image, noise_level, target = tf.numpy_function(make, [step], (tf.float32,) * 3, stateful=False)
        image.set_shape((count, size, size, 3))
        noise_level.set_shape((count, size // 2, size // 2, 1))
        target.set_shape((count, size, size, 3))
        return {"image": image, "noise_level": noise_level}, target

    return tf.data.Dataset.range(first_step, phase.steps).map(load).prefetch(_PREFETCHED_BATCHES)


@dataclass(frozen=True)
class Samples:
    """Noisy pictures with their truth.

    Attributes:
        noisy: (count, size, size, 3) uint8.
        noise_levels: (count,) float32, grey levels.
        clean: (count, size, size, 3) uint8.
    """

    noisy: NDArray[np.uint8]
    noise_levels: NDArray[np.float32]
    clean: NDArray[np.uint8]

    def inputs(self) -> dict[str, NDArray[np.float32]]:
        """The model's inputs, float32 in [0, 1]."""
        count, size = self.noisy.shape[:2]
        levels = np.broadcast_to(self.noise_levels[:, None, None, None], (count, size // 2, size // 2, 1))
        return {"image": self.noisy / np.float32(255), "noise_level": levels / np.float32(255)}


def draw_samples(
    pictures: tuple[Picture, ...], noise_levels: tuple[float, ...], count: int, size: int, seed: int
) -> Samples:
    """Crops with noise, the same each time; pictures and noise levels are gone through in turn."""
    random = np.random.Generator(np.random.Philox(key=[seed, 2**63]))
    clean = np.stack([_crop(pictures[index % len(pictures)], size, random) for index in range(count)])
    levels = np.array([noise_levels[index % len(noise_levels)] for index in range(count)], np.float32)
    noisy = np.stack([add_gaussian_noise(picture, float(level), random) for picture, level in zip(clean, levels)])
    return Samples(noisy, levels, clean)


def _crop(picture: Picture, size: int, random: np.random.Generator) -> Picture:
    picture = fill_by_reflection(picture, *(max(size, side) for side in picture.shape[:2]))
    top = random.integers(picture.shape[0] - size + 1)
    left = random.integers(picture.shape[1] - size + 1)
    return picture[top : top + size, left : left + size]
