"""Which pictures of a folder are the frames of a video."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from litebrush.scene import is_cut, thumbnail
from litebrush_train.pictures import Pictures

Shot = tuple[int, ...]

_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)", re.DOTALL)


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
    thumbnails = {place: thumbnail(pictures[place]) for _, place in frames}
    shot = [frames[0][1]]
    for (earlier, before), (later, place) in pairwise(frames):
        if later != earlier + 1 or is_cut(thumbnails[before], thumbnails[place]):
            yield tuple(shot)
            shot = []
        shot.append(place)
    yield tuple(shot)
