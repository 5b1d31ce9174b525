"""``rnn``: a video without its noise, its flicker and its scratches, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from litebrush.contract import ModelContract, Provenance, StatePair, Tiling
from litebrush.samples import Arrays, fill_by_reflection
from litebrush.tasks import Task
from litebrush.tensors import Role, Signature, TensorSpec
from litebrush_train.clips import Clip, ClipSource
from litebrush_train.compression.structure import Structure
from litebrush_train.contact_sheet import grid
from litebrush_train.families.family import Family
from litebrush_train.handover import Network
from litebrush_train.learner import Networks, SupervisedLearner
from litebrush_train.models.cnn import BLOCK_SIZE
from litebrush_train.models.rnn import (
    ALIGNMENT,
    PICTURE_CHANNELS,
    STATE_RANGE,
    cell,
    channel_groups,
    receptive_field_radius,
)
from litebrush_train.pictures import ImageFolder, Picture, Pictures, evenly_spaced, load_image_folders
from litebrush_train.recipes import TrainingRecipe
from litebrush_train.sequence_recipes import RnnRecipe
from litebrush_train.sequences import clip_figures, restore_clip, unrolled_losses
from litebrush_train.shots import find_shots

CELL = "cell"
_SIGNATURE = "restore"
_OBSERVED_CLIPS = 4
_OBSERVED_SIDE = 128
_VALIDATION_CLIPS = 2
_OBSERVING_STREAM = 2**63


class Rnn(Family[RnnRecipe]):
    """A recurrent cell, trained through time on clips."""

    def read(self, folders: tuple[Path, ...], store: Path) -> ImageFolder:  # noqa: D102
        self.recipe.patches.require_multiples_of(ALIGNMENT)
        share, smallest_side = self.recipe.run.validation_share, self.recipe.patches.patch_size
        return load_image_folders(folders, share, smallest_side, store=store, hold_out=self._ends_of_shots)

    def _ends_of_shots(self, pictures: Pictures, share: float) -> set[int]:
        """The last frames of each long shot, and some of the single pictures: neighbours are as good as the same."""
        frames = self.recipe.clips.frames
        shots = find_shots(pictures, frames)
        in_shots = {place for shot in shots for place in shot}
        stills = [place for place in range(len(pictures)) if place not in in_shots]
        chosen = (
            {stills[number] for number in evenly_spaced(pictures.chosen(stills), share)} if len(stills) > 1 else set()
        )
        for shot in shots:
            if len(shot) >= 3 * frames:
                chosen |= set(shot[-max(frames, round(share * len(shot))) :])
        return chosen or evenly_spaced(pictures, share)

    def networks(self, images: ImageFolder) -> Networks:  # noqa: D102
        return {CELL: cell(self.recipe.model)}

    def source(self, images: ImageFolder) -> ClipSource:  # noqa: D102
        patches = self.recipe.patches
        return ClipSource(images.training, self.recipe.clips, self.recipe.noise, patches.patch_size, patches.reduction)

    def structures(self) -> Mapping[str, Structure]:  # noqa: D102
        return {
            CELL: Structure(
                groups=channel_groups(self.recipe.model),
                ranges={"frame": (0.0, 1.0), "noise_level": (0.0, 1.0), "state": STATE_RANGE},
                tied=(("state", "next_state"),),
                pictures=("average_and_frame", "restored"),
            )
        }

    def typical_inputs(self, images: ImageFolder) -> Mapping[str, Mapping[str, NDArray[np.float32]]]:  # noqa: D102
        arrays = self._steps(self._clips(images.training, _OBSERVED_CLIPS, _OBSERVED_SIDE))
        side = _OBSERVED_SIDE // BLOCK_SIZE
        levels = np.broadcast_to(
            arrays["noise_level"][:, None, None, None], (len(arrays["noise_level"]), side, side, 1)
        )
        inputs = {"frame": arrays["frame"] / 255, "noise_level": levels / 255, "state": arrays["state"]}
        return {CELL: {name: np.asarray(array, np.float32) for name, array in inputs.items()}}

    def contract(self, images: ImageFolder, provenance: Provenance) -> ModelContract:  # noqa: D102
        side, model = self.recipe.patches.tile_size, self.recipe.model
        half = side // BLOCK_SIZE
        state = (1, half, half, model.state_channels)
        step = Signature(
            _SIGNATURE,
            (
                TensorSpec("frame", Role.IMAGE, (1, side, side, 3)),
                TensorSpec("noise_level", Role.NOISE_LEVEL, (1, half, half, 1), highest=self.recipe.noise.highest),
                TensorSpec("state", Role.STATE, state),
            ),
            (TensorSpec("restored", Role.IMAGE, (1, side, side, 3)), TensorSpec("next_state", Role.STATE, state)),
        )
        return ModelContract(
            name=self.recipe.run.name,
            task=Task.RESTORE_SEQUENCE,
            signatures=(step,),
            states=(StatePair("state", "next_state"),),
            tiling=Tiling(receptive_field_radius(model), ALIGNMENT, resizable=True),
            provenance=provenance,
        )

    def handed(self, networks: Networks, contract: ModelContract) -> tuple[Network, ...]:  # noqa: D102
        def restore(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            restored, next_state = networks[CELL](inputs, training=False)
            return {"restored": restored, "next_state": next_state}

        return (Network(contract.signature, restore, networks[CELL]),)

    def calibration(self, images: ImageFolder) -> Arrays:  # noqa: D102
        count = max(1, self.recipe.run.calibration_images // self.recipe.clips.frames)
        arrays = self._steps(self._clips(images.training, count, self.recipe.patches.tile_size))
        return {f"{_SIGNATURE}/{name}": array for name, array in arrays.items()}

    def validation(self, images: ImageFolder) -> Arrays:  # noqa: D102
        clips = self._clips(images.validation, _VALIDATION_CLIPS, self.recipe.patches.tile_size)
        frames = self.recipe.clips.frames
        levels = np.array([[clip.noise_level] * frames for clip in clips], np.float32)
        return {
            f"{_SIGNATURE}/frame": np.stack([clip.degraded for clip in clips]),
            f"{_SIGNATURE}/noise_level": levels,
            f"{_SIGNATURE}/target": np.stack([clip.clean for clip in clips]),
        }

    def _clips(self, pictures: Pictures, count: int, side: int) -> list[Clip]:
        """Clips that are the same each time; pictures that are too small are repeated by reflection."""
        smallest = min(min(stored.shape[:2]) for stored in pictures.stored) // ALIGNMENT * ALIGNMENT
        source = ClipSource(pictures, self.recipe.clips, self.recipe.noise, min(side, smallest))
        random = np.random.Generator(np.random.Philox(key=[self.recipe.run.seed, _OBSERVING_STREAM]))
        return [_filled(source.clip(random), side) for _ in range(count)]

    def _steps(self, clips: list[Clip]) -> Mapping[str, NDArray[np.generic]]:
        """Single steps of time: frames uint8, noise levels in grey levels, and states as a trained cell has them.

        They are what calibration must see: the mean of the frames before, and features that are drawn evenly.
        """
        frames = np.concatenate([clip.degraded for clip in clips])
        levels = np.concatenate([[clip.noise_level] * len(clip.degraded) for clip in clips]).astype(np.float32)
        means = np.concatenate([_means_before(clip.degraded) for clip in clips])
        random = np.random.Generator(np.random.Philox(key=[self.recipe.run.seed, _OBSERVING_STREAM + 1]))
        shape = (*means.shape[:3], self.recipe.model.state_channels - PICTURE_CHANNELS)
        features = random.uniform(*STATE_RANGE, shape).astype(np.float32)
        return {"frame": frames, "noise_level": levels, "state": np.concatenate([means, features], axis=3)}

    def refiner(  # noqa: D102
        self,
        networks: Networks,
        original: Networks,
        recipe: TrainingRecipe,
        images: ImageFolder,
        ends_of_step: tuple[Callable[[], None], ...],
    ) -> SupervisedLearner:
        clips = self._clips(images.validation, _OBSERVED_CLIPS, _OBSERVED_SIDE)

        def preview(networks: Networks) -> Picture:
            first = clips[0]
            restored = restore_clip(networks[CELL], first.degraded, first.noise_level)
            return grid([*first.degraded, *restored, *first.clean], len(first.clean))

        def evaluate(networks: Networks) -> Mapping[str, float]:
            return clip_figures(networks[CELL], clips)

        return SupervisedLearner(networks, recipe, unrolled_losses, evaluate, preview, ends_of_step)


def _means_before(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(T, H, W, 3) -> (T, H/2, W/2, 12) in [0, 1]: of each frame the mean of those before it, zeros of the first."""
    counts = np.maximum(1, np.arange(len(frames)))[:, None, None, None]
    sums = np.cumsum(frames, axis=0, dtype=np.float32) - frames
    means: NDArray[np.float32] = tf.nn.space_to_depth(sums / np.float32(255) / counts, BLOCK_SIZE).numpy()
    return means.astype(np.float32)


def _filled(clip: Clip, side: int) -> Clip:
    def fill(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.stack([fill_by_reflection(frame, side, side) for frame in frames])

    return replace(clip, degraded=fill(clip.degraded), clean=fill(clip.clean))
