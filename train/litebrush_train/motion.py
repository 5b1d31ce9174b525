"""Camera motion over a still: a window that pans, zooms and turns smoothly, with sub-pixel precision."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from litebrush_train.pictures import Picture

PLACES = 4
"""How many are looked at for the one with the most :func:`detail`."""

_SHARES = (2.0, 1.0, 1.0)  # of panning, zooming and turning in the motion, on average
_SLOWEST = 0.3  # share of a motion's own top speed
_MARGIN = 3  # pixels that bicubic interpolation reads beyond a position


@dataclass(frozen=True)
class Motion:
    """Where a square window looks, frame by frame.

    Attributes:
        centres: (frames, 2) float64, x before y, in pixels of the picture, from any origin.
        scales: (frames,) pixels of the picture to one of the window; at most 1, or thin lines would shimmer.
        angles: (frames,) by which the window is turned, in radians.
    """

    centres: NDArray[np.float64]
    scales: NDArray[np.float64]
    angles: NDArray[np.float64]

    def box(self, side: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The corners, x before y, of what a window of ``side`` pixels sees in all frames together."""
        reach = side / 2 * self.scales * (np.abs(np.cos(self.angles)) + np.abs(np.sin(self.angles)))  # (frames,)
        return (self.centres - reach[:, None]).min(axis=0), (self.centres + reach[:, None]).max(axis=0)

    def moved(self, offset: NDArray[np.float64]) -> Motion:
        """The same motion elsewhere."""
        return Motion(self.centres + offset, self.scales, self.angles)


def random_motion(random: np.random.Generator, side: int, pace: NDArray[np.float64], fastest_px: float) -> Motion:
    """A steady motion in which no point of the window moves further than ``fastest_px`` from a frame to the next.

    Args:
        random: decides direction and speed, of which low ones are likelier.
        side: of the window, in pixels.
        pace: (frames - 1,) share of the speed at each step, 0 to 1; see :func:`random_pace`.
        fastest_px: in pixels of the window.
    """
    speed = fastest_px * random.random() ** 2
    panning, zooming, turning = speed * random.dirichlet(_SHARES)
    direction = random.uniform(0, math.tau)
    corner = side / math.sqrt(2)  # how far a window's corner is from its centre
    way = np.concatenate([[0.0], np.cumsum(pace)])
    angles = random.choice((-1, 1)) * turning / corner * (way - way[-1] / 2)
    zoom = random.choice((-1, 1)) * zooming / corner * way
    scales = np.exp(zoom - zoom.max())
    steps = panning * (pace * scales[1:])[:, None] * np.array([math.cos(direction), math.sin(direction)])
    return Motion(np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)]), scales, angles)


def random_pace(random: np.random.Generator, frames: int, stop: bool) -> NDArray[np.float64]:
    """A speed that rises or falls evenly, from 0.3 to 1 at either end; with ``stop``, 0 from some step on."""
    first, last = random.uniform(_SLOWEST, 1, 2)
    pace = np.linspace(first, last, frames - 1)
    if stop:
        pace[int(random.integers(frames - 1)) :] = 0
    return pace


def pan(
    picture: Picture, side: int, frames: int, random: np.random.Generator, fastest_px: float, stop_share: float
) -> NDArray[np.uint8]:
    """What a window sees that moves over a picture.

    Args:
        picture: (H, W, 3) uint8 RGB, at least ``side`` pixels a side. Where it leaves no room for a motion as fast as
            was drawn, the motion is slower. Of several random places the motion is over the one with the most detail.
        side: of the window, in pixels.
        frames: at least 2.
        random: decides the motion and where it happens.
        fastest_px: the farthest that any point moves from a frame to the next.
        stop_share: how likely the motion suddenly stops, 0 to 1.

    Returns:
        (frames, side, side, 3) uint8 RGB.
    """
    pace = random_pace(random, frames, random.random() < stop_share)
    room = np.array([picture.shape[1], picture.shape[0]])
    for slower in (1.0, 0.5, 0.25, 0.0):
        motion = random_motion(random, side, pace, slower * fastest_px)
        low, high = motion.box(side)
        if np.all(high - low <= room):
            break
    # On whole pixels, so that what does not move is not blurred.
    corners = random.integers(np.floor(room - (high - low)).astype(int) + 1, size=(PLACES, 2))
    width, height = np.ceil(high - low).astype(int)
    left, top = max(corners, key=lambda corner: detail(picture[corner[1] :, corner[0] :][:height, :width]))
    return _look(picture, motion.moved(np.array([left, top]) - low), side)


def detail(picture: Picture) -> float:
    """How much a picture, (H, W, 3) uint8 RGB, changes from a pixel to the next: grey levels. It has two columns."""
    return float(np.abs(np.diff(picture[..., 1].astype(np.int16), axis=1)).mean())


def _look(picture: Picture, motion: Motion, side: int) -> NDArray[np.uint8]:
    low, high = motion.box(side)
    left, top = np.maximum(np.floor(low).astype(int) - _MARGIN, 0)
    right, bottom = np.ceil(high).astype(int) + _MARGIN
    image = Image.fromarray(picture[top:bottom, left:right])
    clip = np.empty((len(motion.scales), side, side, 3), np.uint8)
    for number, (centre, scale, angle) in enumerate(zip(motion.centres, motion.scales, motion.angles)):
        cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
        x, y = centre - (left, top)
        middle = side / 2
        to_picture = (
            *(cosine, -sine, x - middle * (cosine - sine)),
            *(sine, cosine, y - middle * (sine + cosine)),
        )
        frame = image.transform((side, side), Image.Transform.AFFINE, to_picture, Image.Resampling.BICUBIC)
        clip[number] = np.asarray(frame)
    return clip
