"""What a clip is, apart from its frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from PIL import Image

ASSUMED_FRAME_RATE = Fraction(25)
"""Of a folder of pictures, which does not say."""


@dataclass(frozen=True)
class Clip:
    """Size and timing of a clip.

    Attributes:
        width, height: of every frame, upright, in pixels.
        count: of frames; None where only reading them to the end would tell.
        frame_rate: frames a second, of a video the mean; None where the frames have durations of their own or none.
        durations_ms: how long each frame is shown; empty of a folder. That of a video grows while it is read: it has
            the duration of each frame that was taken from it.
        begins_ms: when the first frame is shown, which is later than 0 where sound begins before it.
        plays: how often an animation is shown; 0 = for ever.
        sound: a video file whose sound goes with the frames; None where there is none.
    """

    width: int
    height: int
    count: int | None = None
    frame_rate: Fraction | None = None
    durations_ms: Sequence[float] = ()
    begins_ms: float = 0
    plays: int = 0
    sound: Path | None = None

    def duration_ms(self, number: int) -> float:
        """How long a frame is shown; they are numbered from 0."""
        return self.durations_ms[number] if self.durations_ms else float(1000 / self.mean_rate)

    @property
    def mean_rate(self) -> Fraction:
        """Frames a second; of an animation the mean."""
        total = Fraction(sum(self.durations_ms)).limit_denominator(1000)
        if self.frame_rate is not None or total == 0:
            return self.frame_rate or ASSUMED_FRAME_RATE
        return (1000 * len(self.durations_ms) / total).limit_denominator(1001)


@dataclass(frozen=True, eq=False)
class OpenClip:
    """A clip that is being read.

    Attributes:
        clip: what it is.
        frames: can be gone through once, from the first on; none is kept.
    """

    clip: Clip
    frames: Iterator[Image.Image]
