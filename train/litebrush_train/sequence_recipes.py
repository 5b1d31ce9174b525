"""What decides the training of a network for video: a dataclass whose fields are the sections."""

from __future__ import annotations

from dataclasses import dataclass

from litebrush_train.config import require
from litebrush_train.recipes import CompressionRecipe, RunRecipe, TrainingRecipe
from litebrush_train.restoration_recipes import NoiseRecipe, PatchRecipe, RestorerRecipe


@dataclass(frozen=True)
class SequenceModelRecipe(RestorerRecipe):
    """A recurrent residual network; ``state_channels``, at half resolution, go from a frame to the next.

    Twelve of them are an average of the frames, the others of their features.
    """

    state_channels: int = 24

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.state_channels > 12, f"state_channels is {self.state_channels}; it must be more than 12")


@dataclass(frozen=True)
class ClipRecipe:
    """Short pieces of video, and what has happened to them besides noise.

    Attributes:
        frames: in a clip; training goes through so many steps of time.
        still_share: share of the scenes that are stills with synthetic motion, where there are videos too.
        texture_share: share of the stills that are roughened, as plaster or cloth is.
        fastest_px: the farthest that a point of a still moves from a frame to the next; 0 = stills stand still.
        stop_share: share of the moving stills whose motion suddenly stops.
        cut_share: share of the clips with a cut from a scene to another.
        flicker: largest standard deviation of the brightness over time, as a share of it; half of the clips have none.
        scratches: most moving scratches at once; half of the clips have none.
    """

    frames: int = 8
    still_share: float = 0.5
    texture_share: float = 0.5
    fastest_px: float = 4.0
    stop_share: float = 0.1
    cut_share: float = 0.1
    flicker: float = 0.1
    scratches: int = 2

    def __post_init__(self) -> None:
        require(self.frames >= 2, f"frames is {self.frames}; a clip has at least 2")
        for name in ("still_share", "texture_share", "stop_share", "cut_share"):
            share = getattr(self, name)
            require(0 <= share <= 1, f"{name} is {share}; expected a number from 0 to 1")
        require(0 <= self.fastest_px <= 64, f"fastest_px is {self.fastest_px}; expected a number from 0 to 64")
        require(0 <= self.flicker <= 0.5, f"flicker is {self.flicker}; expected a number from 0 to 0.5")
        require(0 <= self.scratches <= 100, f"scratches is {self.scratches}; expected a number from 0 to 100")


@dataclass(frozen=True)
class RnnRecipe:
    """A video without its noise, whose level is told, its flicker and its scratches."""

    model: SequenceModelRecipe
    noise: NoiseRecipe
    clips: ClipRecipe
    patches: PatchRecipe
    training: TrainingRecipe
    compression: CompressionRecipe
    run: RunRecipe
