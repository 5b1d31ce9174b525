"""What a model that repairs is tried with: damage that fits its task, seeded by the place of the photograph."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from deblock_quality import compressed
from inpaint_quality import square_holes
from numpy.typing import NDArray

from litebrush.contract import ModelContract
from litebrush.image import Pixels
from litebrush.noise import add_gaussian_noise
from litebrush.tasks import Task
from litebrush.tensors import Role

NOISE_LEVEL, JPEG_QUALITY = 25, 20
_FRAMES, _STEP_PX = 6, 2


@dataclass(frozen=True)
class Example:
    """One damaged photograph.

    Attributes:
        degraded: (H, W, 3) uint8.
        truth: the same, clean.
        holes: (H, W), what is missing; None where nothing is.
        frames: those that came before in a sequence.
    """

    degraded: Pixels
    truth: Pixels
    holes: NDArray[np.bool_] | None = None
    frames: tuple[Pixels, ...] = ()


@dataclass(frozen=True)
class Trial:
    """What a model has to do.

    Attributes:
        kind: ``noise``, ``JPEG``, ``holes`` or ``video``.
        condition: in words.
        degrade: a clean photograph and its place -> an example.
        repair: a loaded model and an example -> the model's result.
        frames: pictures that go through the model for one result.
    """

    kind: str
    condition: str
    degrade: Callable[[Pixels, int], Example]
    repair: Callable[[Any, Example], Pixels]
    frames: int = 1

    def examples(self, photos: Iterable[Pixels]) -> list[Example]:
        """One for each photograph."""
        return [self.degrade(photo, index) for index, photo in enumerate(photos)]


def trial_for(contract: ModelContract) -> Trial | None:
    """The trial for a model; None for one that does not repair pictures."""
    told = contract.signatures[0].has_input(Role.NOISE_LEVEL)
    if contract.task is Task.RESTORE:
        return _NOISE if told else _JPEG
    if contract.task is Task.RESTORE_SEQUENCE:
        level = float(NOISE_LEVEL) if told else "auto"
        return Trial(
            "video", f"noise level {NOISE_LEVEL}, the last of {_FRAMES} frames", _panned, _last_frame(level), _FRAMES
        )
    return _HOLES if contract.task is Task.INPAINT else None


def _noisy(photo: Pixels, index: int) -> Example:
    return Example(_with_noise(photo, index), photo)


def _jpeg(photo: Pixels, index: int) -> Example:
    return Example(compressed(photo, JPEG_QUALITY), photo)


def _holed(photo: Pixels, index: int) -> Example:
    holes = square_holes(photo.shape[:2], np.random.Generator(np.random.Philox(key=[1, index])))
    return Example(np.where(holes[..., None], np.uint8(0), photo), photo, holes)


def _panned(photo: Pixels, index: int) -> Example:
    """Frames of a camera that moves over the photograph; the last shows it as it is."""
    truths = [np.roll(photo, _STEP_PX * step, axis=1) for step in range(_FRAMES - 1, -1, -1)]
    *before, last = [_with_noise(truth, index * _FRAMES + frame) for frame, truth in enumerate(truths)]
    return Example(last, photo, frames=tuple(before))


def _with_noise(photo: Pixels, index: int) -> Pixels:
    return add_gaussian_noise(photo, NOISE_LEVEL, np.random.Generator(np.random.Philox(key=[NOISE_LEVEL, index])))


def _last_frame(noise_level: Any) -> Callable[[Any, Example], Pixels]:
    def repair(model: Any, example: Example) -> Pixels:
        stream = model.stream(noise_level)
        for frame in example.frames:
            stream(frame)
        last: Pixels = stream(example.degraded)
        return last

    return repair


_NOISE = Trial("noise", f"noise level {NOISE_LEVEL}", _noisy, lambda model, e: model(e.degraded, NOISE_LEVEL))
_JPEG = Trial("JPEG", f"JPEG quality {JPEG_QUALITY}", _jpeg, lambda model, e: model(e.degraded))
_HOLES = Trial("holes", "holes of 16 to 48 pixels", _holed, lambda model, e: model.fill(e.degraded, e.holes))
