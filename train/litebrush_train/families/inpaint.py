"""``inpaint``: a photograph with what a mask says is missing filled in."""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray

from litebrush.contract import Tiling
from litebrush.metrics import psnr_db
from litebrush.pyramid_fill import fill_from_around
from litebrush.tasks import Task
from litebrush_train.compression.structure import Structure
from litebrush_train.families.restoration import MODEL, Restoration
from litebrush_train.learner import Batch, Losses, Networks
from litebrush_train.mask_folder import MaskFolder, load_mask_folder
from litebrush_train.masks import Mask, random_holes, random_scratches, random_strokes, random_text
from litebrush_train.models.cnn import restorer, restorer_alignment, restorer_channel_groups, restorer_radius
from litebrush_train.patches import Sample
from litebrush_train.pictures import Picture
from litebrush_train.restoration_recipes import InpaintRecipe

_OPAQUE = 127
_KINDS = 8
_DAMAGE, _STROKES, _TEXT = (0, 1, 2), (3,), (4,)  # kinds of mask; the others are holes
_CROPS = 2  # of film damage, one over the other
_SMALLEST_HOLE = 3
_COVERED = (0.2, 0.5)
_FEW_VALUES = 100  # fewer decide little


class Inpaint(Restoration[InpaintRecipe]):
    """Residual network; missing pixels reach it guessed, and only they are taken from its result."""

    task = Task.INPAINT
    signature = "inpaint"

    @cached_property
    def _damage(self) -> MaskFolder | None:
        return load_mask_folder(Path(self.recipe.masks.folder)) if self.recipe.masks.folder else None

    def network(self, height: int | None = None, width: int | None = None) -> keras.Model:  # noqa: D102
        return restorer(self.recipe.model, mask=True, height=height, width=width)

    def tiling(self) -> Tiling:  # noqa: D102
        return Tiling(restorer_radius(self.recipe.model), restorer_alignment(self.recipe.model), resizable=True)

    def structures(self) -> dict[str, Structure]:  # noqa: D102
        return {
            MODEL: Structure(
                restorer_channel_groups(self.recipe.model),
                {"image": (0.0, 1.0), "mask": (0.0, 1.0)},
                pictures=("image_and_mask", "restored"),
            )
        }

    def spoil(self, clean: Picture, random: np.random.Generator) -> Sample:  # noqa: D102
        return _holed(clean, self._mask(*clean.shape[:2], random, int(random.integers(_KINDS))))

    def spoil_in_turn(self, clean: Picture, random: np.random.Generator, number: int) -> Sample:  # noqa: D102
        return _holed(clean, self._mask(*clean.shape[:2], random, number % _KINDS))

    def _mask(self, height: int, width: int, random: np.random.Generator, kind: int) -> Mask:
        """A fifth to a half of a patch, in pieces of all sizes: small ones teach what large ones alone do not."""
        largest = min(self.recipe.masks.largest_hole, min(height, width) // 2)
        side = round(math.exp(random.uniform(math.log(_SMALLEST_HOLE), math.log(largest))))
        count = max(1, round(random.uniform(*_COVERED) * height * width / side**2))
        if kind in _DAMAGE and self._damage is not None:
            return np.maximum.reduce([self._damage.crop(height, width, random) for _ in range(_CROPS)])
        if kind in _DAMAGE:
            return random_scratches(height, width, random, max(1, width // 8))
        if kind in _STROKES:
            return random_strokes(height, width, random, _SMALLEST_HOLE, max(4, largest // 4), max(1, count // 16))
        if kind in _TEXT:
            return random_text(height, width, random, 8, max(9, largest), max(1, height * width // 4096))
        return random_holes(height, width, random, max(_SMALLEST_HOLE, side // 2), side, count)

    def losses(self, networks: Networks, batch: Batch, step: tf.Tensor) -> Losses:
        """The mean absolute error in the holes of a picture, averaged over pictures."""
        wrong = tf.abs(self._run(networks[MODEL], batch) - batch["target"]) * batch["mask"]
        in_holes, pixels = (tf.reduce_sum(each, axis=(1, 2, 3)) for each in (wrong, batch["mask"]))
        return {"distance_in_holes": tf.reduce_mean(in_holes / (3 * pixels + _FEW_VALUES))}

    def figures(self, outputs: NDArray[np.uint8], samples: tuple[Sample, ...]) -> dict[str, float]:
        """Mean PSNR inside the holes."""
        inside = [sample.inputs["mask"][..., 0] > _OPAQUE for sample in samples]
        psnrs = [
            psnr_db(output[hole], sample.target[hole])
            for output, sample, hole in zip(outputs, samples, inside)
            if hole.any()
        ]
        return {"psnr_in_holes_db": float(np.mean(psnrs))}


def _holed(clean: Picture, mask: Mask) -> Sample:
    missing = mask > _OPAQUE
    opaque = np.where(missing, np.uint8(255), np.uint8(0))
    return Sample({"image": fill_from_around(clean, missing), "mask": opaque[..., None]}, clean)
