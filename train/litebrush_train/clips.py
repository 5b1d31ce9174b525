"""Clips to learn restoration of video from: pieces of videos, and stills under a moving camera, both degraded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from litebrush.noise import add_gaussian_noise
from litebrush_train.masks import random_scratches
from litebrush_train.motion import PLACES, detail, pan
from litebrush_train.patches import random_factor, reduced
from litebrush_train.pictures import Picture, Pictures
from litebrush_train.pipeline import Example
from litebrush_train.restoration_recipes import NoiseRecipe
from litebrush_train.sequence_recipes import ClipRecipe
from litebrush_train.shots import find_shots

Frames = NDArray[np.uint8]  # (T, H, W, 3) RGB

_WHITE = np.float32(255)
_BLOCK_SIZE = 2
_INERTIA = 0.5  # correlation of the flicker of a frame with that of the one before
_OFFSET_SHARE = 0.2  # of the flicker that lifts the blacks, relative to the one that scales
_FARTHEST_WEAVE_PX = 2
_LEAST_INK_CONTRAST = 0.75
_OVERSAMPLING = 2
_ALIASED_SHARE = 0.5  # of the stills: many cameras leave pixels or lines out
_TEXTURE = (2.0, 20.0)  # standard deviation in grey levels
_GRAIN_PX = (2.0, 6.0)


@dataclass(frozen=True)
class Clip:
    """Consecutive frames and their truth.

    Attributes:
        degraded: (T, H, W, 3) uint8 RGB.
        clean: the same frames undamaged.
        noise_level: standard deviation of the noise of all frames, in grey levels.
        files: where the frames came from.
    """

    degraded: Frames
    clean: Frames
    noise_level: float
    files: tuple[Path, ...]


class ClipSource:
    """Clips as examples.

    A scene is a piece of a shot (see :func:`litebrush_train.shots.find_shots`), or a still under a moving camera;
    forwards or backwards, so that what stops suddenly begins as suddenly as often. Every picture is as likely as it is
    large; of several random places in it the one with the most detail is taken, since what is smooth forgives an
    average over what moves. Where there are no stills, single frames serve as such.
    """

    def __init__(
        self, pictures: Pictures, clips: ClipRecipe, noise: NoiseRecipe, side: int, reduction: float = 1.0
    ) -> None:
        """Find the videos among ``pictures``, which are at least ``side`` pixels a side.

        Clips are ``side`` pixels a side; stills are shown up to ``reduction`` times smaller, and large ones by twice
        that: a camera moves over twice the pixels that are shown, or what moves would lose its detail between them.
        """
        self._pictures, self._clips, self._noise, self._side = pictures, clips, noise, side
        self._reduction = reduction
        self._shots = find_shots(pictures, clips.frames)
        in_shots = {place for shot in self._shots for place in shot}
        self._stills = [place for place in range(len(pictures)) if place not in in_shots] or list(in_shots)
        self._shot_likelihood = _likelihood([len(shot) * self._area(shot[0]) for shot in self._shots])
        self._still_likelihood = _likelihood([self._area(still) for still in self._stills])

    @property
    def shots(self) -> tuple[tuple[int, ...], ...]:
        """The videos that were found, as places in the pictures."""
        return self._shots

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Of an example's tensors."""
        half = self._side // _BLOCK_SIZE
        clip = (self._clips.frames, self._side, self._side, 3)
        return {"frame": clip, "noise_level": (half, half, 1), "target": clip}

    def example(self, random: np.random.Generator) -> Example:
        """A clip as ``frame`` and ``target`` in [0, 1] and ``noise_level`` divided by 255."""
        clip = self.clip(random)
        return Example(
            {
                "frame": clip.degraded / _WHITE,
                "noise_level": np.full(self.shapes["noise_level"], clip.noise_level / 255, np.float32),
                "target": clip.clean / _WHITE,
            },
            clip.files,
        )

    def clip(self, random: np.random.Generator) -> Clip:
        """A clip that depends on the state of ``random`` alone."""
        clean, files = self._scene(random)
        if random.random() < self._clips.cut_share:
            following, more = self._scene(random)
            cut = int(random.integers(1, self._clips.frames))
            clean, files = np.concatenate([clean[:cut], following[cut:]]), files + more
        level = random.uniform(self._noise.lowest, self._noise.highest)
        return Clip(degrade(clean, self._clips, level, random), clean, level, files)

    def _scene(self, random: np.random.Generator) -> tuple[Frames, tuple[Path, ...]]:
        if not self._shots or random.random() < self._clips.still_share:
            still = int(self._stills[random.choice(len(self._stills), p=self._still_likelihood)])
            places: tuple[int, ...] = (still,)
            scene = self._panned(self._pictures[still], random)[:: random.choice((-1, 1))]
        else:
            scene, places = self._piece(self._shots[random.choice(len(self._shots), p=self._shot_likelihood)], random)
        scene = np.rot90(scene, int(random.integers(4)), axes=(1, 2))
        scene = scene[:, :, ::-1] if random.integers(2) else scene
        return scene, tuple(self._pictures.stored[place].path for place in places)

    def _panned(self, still: Picture, random: np.random.Generator) -> Frames:
        finer = _OVERSAMPLING if min(still.shape[:2]) >= _OVERSAMPLING * self._side else 1
        side = finer * self._side
        picture = reduced(still, random_factor(still, side, self._reduction, random))
        if random.random() < self._clips.texture_share:
            picture = add_texture(picture, random.uniform(*_TEXTURE), random.uniform(*_GRAIN_PX), random)
        fastest = finer * self._clips.fastest_px
        scene = pan(picture, side, self._clips.frames, random, fastest, self._clips.stop_share)
        if random.random() < _ALIASED_SHARE:
            return scene[:, ::finer, ::finer]
        return np.stack([reduced(frame, finer) for frame in scene])

    def _piece(self, shot: tuple[int, ...], random: np.random.Generator) -> tuple[Frames, tuple[int, ...]]:
        first = int(random.integers(len(shot) - self._clips.frames + 1))
        places = shot[first : first + self._clips.frames][:: random.choice((-1, 1))]
        height, width = self._pictures[places[0]].shape[:2]
        corners = random.integers((height - self._side + 1, width - self._side + 1), size=(PLACES, 2))
        pieces = [np.s_[top : top + self._side, left : left + self._side] for top, left in corners]
        piece = max(pieces, key=lambda piece: detail(self._pictures[places[0]][piece]))
        return np.stack([self._pictures[place][piece] for place in places]), places

    def _area(self, place: int) -> int:
        return math.prod(self._pictures.stored[place].shape)


def _likelihood(amounts: list[int]) -> NDArray[np.float64]:
    return np.array(amounts) / max(1, sum(amounts))


def add_texture(picture: Picture, strength: float, grain_px: float, random: np.random.Generator) -> NDArray[np.uint8]:
    """Roughen what a picture shows, as plaster, cloth or sand are: fine, without order, and it moves with the picture.

    In a single frame it is no different from noise, and photographs show little of it. What learns from them alone
    averages it away wherever it moves slowly.

    Args:
        picture: (H, W, 3) uint8 RGB.
        strength: standard deviation in grey levels.
        grain_px: how many pixels wide its grains are.
        random: decides where they are.
    """
    height, width = picture.shape[:2]
    grains = random.standard_normal((math.ceil(height / grain_px), math.ceil(width / grain_px)), np.float32)
    texture = np.asarray(Image.fromarray(grains).resize((width, height), Image.Resampling.BICUBIC))
    rough = picture + strength / texture.std() * texture[..., None]
    return np.clip(np.rint(rough), 0, 255).astype(np.uint8)


def degrade(clean: Frames, recipe: ClipRecipe, noise_level: float, random: np.random.Generator) -> Frames:
    """Film that flickers, is scratched and then digitized with noise.

    Args:
        clean: (T, H, W, 3) uint8 RGB.
        recipe: how strong flicker and scratches may be.
        noise_level: standard deviation of the noise in grey levels.
        random: decides everything else.
    """
    frames = clean.astype(np.float32)
    frames = add_flicker(frames, recipe.flicker * max(0.0, random.uniform(-1, 1)), random)
    frames = add_moving_scratches(frames, max(0, int(random.integers(-recipe.scratches, recipe.scratches + 1))), random)
    stored = np.clip(np.rint(frames), 0, 255).astype(np.uint8)
    return add_gaussian_noise(stored, noise_level, random)


def add_flicker(frames: NDArray[np.float32], strength: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Brightness that wanders about the right one from frame to frame, as of a film exposed by a hand crank.

    Args:
        frames: (T, H, W, 3) in grey levels.
        strength: standard deviation of the gain; the blacks are lifted or lowered by a fifth of it.
        random: decides the course of it.
    """
    course = random.standard_normal((len(frames), 2))  # of gain and offset
    for number in range(1, len(frames)):
        course[number] = _INERTIA * course[number - 1] + math.sqrt(1 - _INERTIA**2) * course[number]
    gain, offset = (strength * course * (1, _OFFSET_SHARE)).astype(np.float32).T[:, :, None, None, None]
    flickering: NDArray[np.float32] = frames * (1 + gain) + offset * _WHITE
    return flickering


def add_moving_scratches(frames: NDArray[np.float32], count: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Scratches along the film: each goes on in the next frame, until it ends, while the film weaves sideways.

    Args:
        frames: (T, H, W, 3) in grey levels.
        count: of scratches, all of one colour, dark or light.
        random: decides where they are.
    """
    if count == 0:
        return frames
    length, height, width = frames.shape[:3]
    film = random_scratches(length * height, width + 2 * _FARTHEST_WEAVE_PX, random, count)
    strips = film.reshape(length, height, -1)[::-1]  # a film runs downwards: the strip above comes next
    weave = random.integers(2 * _FARTHEST_WEAVE_PX + 1, size=length).tolist()
    opacity = np.stack([strip[:, left : left + width] for strip, left in zip(strips, weave)])[..., None] / _WHITE
    ink = random.uniform(_LEAST_INK_CONTRAST, 1)
    colour = _WHITE * np.float32(ink if random.integers(2) else 1 - ink)
    scratched: NDArray[np.float32] = frames + opacity * (colour - frames)
    return scratched
