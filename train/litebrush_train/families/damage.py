"""``damage``: where a photograph is scratched, dusty or stained."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray

from litebrush.contract import Tiling
from litebrush.metrics import f1_score
from litebrush.tasks import Task
from litebrush_train.compression.structure import Structure
from litebrush_train.degradations import Blur, Fading, GaussianNoise, InTurn, Jpeg, Sepia, Sometimes
from litebrush_train.families.restoration import MODEL, Restoration
from litebrush_train.film import FilmDamage
from litebrush_train.learner import Batch, Losses, Networks
from litebrush_train.mask_folder import load_mask_folder
from litebrush_train.models.detector import detector, detector_alignment, detector_radius
from litebrush_train.patches import Sample
from litebrush_train.pictures import Picture
from litebrush_train.restoration_recipes import DamageRecipe

_OPAQUE = 127
_FAINTEST = 0.08  # opacity below which nobody sees damage
_LEAST_CHANGE = 8  # grey levels; nobody sees white dust on snow
_DAMAGED_SHARE = 0.1  # of a picture's pixels that its damage weighs as much as ...
_LIGHTEST, _HEAVIEST = 3.0, 12.0  # ... unless a pixel of it would then weigh less or more than this
_OVERRATED = 1.4  # part of what those weights raise the odds of damage by; chosen on photos of training
_TOLERANCE_PX = 2
_UNDAMAGED_SHARE = 0.25
_WELL_KEPT_SHARE = 0.7  # of the photographs: neither faded nor scanned badly
_NEITHER = 64  # opacity of what the loss leaves out
_GRAIN = Sometimes(GaussianNoise(1, 6), 0.4)  # of film and paper: what is drawn or blown out has none
_AGE = InTurn((Sometimes(Sepia(), 0.4), Sometimes(Fading(), 0.3), Sometimes(Blur(0.5, 1.5), 0.3)))
_SCANNING = InTurn((Sometimes(GaussianNoise(0, 15), 0.3), Sometimes(Jpeg(50, 95), 0.3)))


class Damage(Restoration[DamageRecipe]):
    """Network of several scales that says for each pixel how likely it is damaged."""

    task = Task.DETECT
    signature = "detect"
    output = "mask"

    @cached_property
    def _film(self) -> FilmDamage:
        folder = self.recipe.masks.folder
        return FilmDamage(load_mask_folder(Path(folder)) if folder else None)

    def network(self, height: int | None = None, width: int | None = None) -> keras.Model:  # noqa: D102
        return detector(self.recipe.model, height, width)

    def tiling(self) -> Tiling:  # noqa: D102
        return Tiling(detector_radius(self.recipe.model), detector_alignment(self.recipe.model), resizable=True)

    def structures(self) -> dict[str, Structure]:  # noqa: D102
        return {MODEL: Structure(ranges={"image": (0.0, 1.0)})}

    def spoil(self, clean: Picture, random: np.random.Generator) -> Sample:  # noqa: D102
        well_kept = random.random() < _WELL_KEPT_SHARE
        grainy = _GRAIN(clean, random)
        aged = grainy if well_kept else _AGE(grainy, random)
        if random.random() < _UNDAMAGED_SHARE:
            sample = Sample({"image": aged}, np.zeros((*clean.shape[:2], 1), np.uint8))
        else:
            sample = self._spoilt(aged, random)
        return sample if well_kept else replace(sample, inputs={"image": _SCANNING(sample.inputs["image"], random)})

    def spoil_in_turn(self, clean: Picture, random: np.random.Generator, number: int) -> Sample:  # noqa: D102
        return self._spoilt(clean, random)

    def _spoilt(self, clean: Picture, random: np.random.Generator) -> Sample:
        damaged, opacity = self._film.apply(clean, random)
        change = np.abs(damaged.astype(np.int16) - clean).max(axis=2)
        target = np.where((opacity > _OPAQUE) & (change < _LEAST_CHANGE), _NEITHER, opacity)
        return Sample({"image": damaged}, target[..., None].astype(np.uint8))

    def losses(self, networks: Networks, batch: Batch, step: tf.Tensor) -> Losses:
        """Cross-entropy, in which a pixel of thin damage counts up to four times as much as one of wide.

        A hair has a hundredth of a stain's pixels: without a weight that each picture sets for itself, stains, the
        hardest to tell from shadow and sky, would leave nothing else to learn. The weights make damage seem likelier
        than it is; a factor in its odds, put on before the loss, takes a part of that back from the mask. What is more
        transparent than opaque but can be seen is neither damaged nor whole, and so is opaque damage of the picture's
        own colour: they have no part in the loss.
        """
        likely, opacity = self._run(networks[MODEL], batch), batch["target"]
        truth = tf.cast(opacity > _OPAQUE / 255, tf.float32)
        damaged_share = tf.reduce_mean(truth, axis=(1, 2, 3), keepdims=True)
        even = tf.math.divide_no_nan(_DAMAGED_SHARE, damaged_share)
        damage_weight = tf.clip_by_value(even, _LIGHTEST, _HEAVIEST)
        weight = tf.maximum(damage_weight * truth, tf.cast(opacity < _FAINTEST, tf.float32))
        overrated = _OVERRATED * likely / (1 + (_OVERRATED - 1) * likely)
        return {"entropy": tf.reduce_mean(weight[..., 0] * keras.losses.binary_crossentropy(truth, overrated))}

    def figures(self, outputs: NDArray[np.uint8], samples: tuple[Sample, ...]) -> dict[str, float]:
        """F1 over the pixels of all samples, with a tolerance of 2 pixels."""
        scores = [
            f1_score(output[..., 0] > _OPAQUE, sample.target[..., 0] > _OPAQUE, _TOLERANCE_PX)
            for output, sample in zip(outputs, samples)
            if sample.target.any()
        ]
        return {"f1": float(np.mean(scores)) if scores else 1.0}
