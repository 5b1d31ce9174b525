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
from litebrush_train.recipes import InpaintRecipe

_OPAQUE = 127
_FEW_VALUES = 100  # fewer decide little
_LEAST_SQUARED_ERROR = 1 / 255**2  # nobody sees less
_KINDS = 4


class Inpaint(Restoration[InpaintRecipe]):
    """Residual network; missing pixels reach it guessed, and only they are taken from its result."""

    recipe_type = InpaintRecipe
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
        largest = min(self.recipe.masks.largest_hole, min(height, width) // 2)
        pieces = max(1, height * width // 8192)
        if kind == 0:
            return random_holes(
                height, width, random, max(1, largest // 6), largest, int(random.integers(1, pieces + 2))
            )
        if kind == 1 and self._damage is not None:
            return self._damage.crop(height, width, random)
        if kind <= 2:
            drawn = random_scratches(height, width, random, int(random.integers(1, pieces + 3)))
            return np.maximum(drawn, random_strokes(height, width, random, 3, max(4, largest // 4), pieces))
        return random_text(height, width, random, 8, max(9, largest), pieces)

    def losses(self, networks: Networks, batch: Batch, step: tf.Tensor) -> Losses:
        """The negative PSNR in the holes of a picture, in decibels, averaged over pictures.

        So thin scratches, where much can be gained, count as much as large holes, whose error hardly depends on what is
        learnt.
        """
        squared = tf.square(self._run(networks[MODEL], batch) - batch["target"]) * batch["mask"]
        in_holes, pixels = (tf.reduce_sum(each, axis=(1, 2, 3)) for each in (squared, batch["mask"]))
        error = in_holes / (3 * pixels + _FEW_VALUES) + _LEAST_SQUARED_ERROR
        return {"negative_psnr_db": 10 / math.log(10) * tf.reduce_mean(tf.math.log(error))}

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
