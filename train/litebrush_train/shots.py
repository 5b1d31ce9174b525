"""Which pictures of a folder are the frames of a video."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from litebrush_train.pictures import Picture, Pictures

Shot = tuple[int, ...]

_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)", re.DOTALL)
_THUMBNAIL = (16, 16)
_LARGEST_CHANGE = 0.5


def find_shots(pictures: Pictures, fewest_frames: int) -> tuple[Shot, ...]:
    """Runs of pictures that are consecutive frames of a video without a cut.

    Pictures belong to one shot if they lie in one folder, have one size, and names that differ in their last number
    alone, which goes up by one: ``scene_9.png``, ``scene_10.png``. Where a picture is not like the one before, a shot
    ends: so a video falls into its shots, and photos that a camera numbered stay single.

    Args:
        pictures: of any folders.
        fewest_frames: shorter runs are no shots.

    Returns:
        For each shot, the places of its frames in ``pictures``, in order of time.
    """
    videos: defaultdict[tuple[Path, str, str, str, tuple[int, ...]], list[tuple[int, int]]] = defaultdict(list)
    for place, stored in enumerate(pictures.stored):
        named = _NUMBERED.fullmatch(stored.path.stem)
        if named:
            before, number, after = named.groups()
            videos[stored.path.parent, before, after, stored.path.suffix, stored.shape].append((int(number), place))
    shots = (shot for frames in videos.values() if len(frames) >= fewest_frames for shot in _split(pictures, frames))
    return tuple(shot for shot in shots if len(shot) >= fewest_frames)


def _split(pictures: Pictures, frames: list[tuple[int, int]]) -> Iterator[Shot]:
    frames = sorted(frames)
    thumbnails = {place: _thumbnail(pictures[place]) for _, place in frames}
    shot = [frames[0][1]]
    for (earlier, before), (later, place) in pairwise(frames):
        if later != earlier + 1 or not _alike(thumbnails[before], thumbnails[place]):
            yield tuple(shot)
            shot = []
        shot.append(place)
    yield tuple(shot)


def _thumbnail(picture: Picture) -> NDArray[np.float32]:
    grey = Image.fromarray(picture).convert("L")
    return np.asarray(grey.resize(_THUMBNAIL, Image.Resampling.BOX), np.float32)


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether less changed than half of what two unrelated pictures of such contrast would differ by."""
    change = np.abs(one - other - np.mean(one - other)).mean()  # a flickering film is no row of cuts
    contrast = max(np.abs(picture - picture.mean()).mean() for picture in (one, other))
    return bool(change <= _LARGEST_CHANGE * contrast)
