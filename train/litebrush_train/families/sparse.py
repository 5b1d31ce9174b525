"""``sparse``: a photograph without its noise, as a sum of few atoms of a learned dictionary."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tf_keras as keras

from litebrush.contract import Tiling
from litebrush.tensors import TensorSpec
from litebrush_train.families.denoise import level_in_turn, noisy
from litebrush_train.families.restoration import MODEL, Restoration
from litebrush_train.learner import Batch, Losses, Networks
from litebrush_train.models.sparse import CODES, sparse_coder, sparse_coder_radius
from litebrush_train.patches import NOISE_LEVEL, Sample
from litebrush_train.pictures import Picture
from litebrush_train.recipes import SparseRecipe


class Sparse(Restoration[SparseRecipe]):
    """Unrolled soft thresholding, trained on Gaussian noise."""

    recipe_type = SparseRecipe
    validation_turn = 1  # noise level 25

    def network(self, height: int | None = None, width: int | None = None) -> keras.Model:  # noqa: D102
        return sparse_coder(self.recipe.model, height, width)

    def tiling(self) -> Tiling:  # noqa: D102
        return Tiling(
            sparse_coder_radius(self.recipe.model), alignment=max(2, self.recipe.model.stride), resizable=True
        )

    def spoil(self, clean: Picture, random: np.random.Generator) -> Sample:  # noqa: D102
        return noisy(clean, random.uniform(self.recipe.noise.lowest, self.recipe.noise.highest), random)

    def spoil_in_turn(self, clean: Picture, random: np.random.Generator, number: int) -> Sample:  # noqa: D102
        return noisy(clean, level_in_turn(self.recipe.noise, number), random)

    def tensor_spec(self, name: str, shape: tuple[int, ...]) -> TensorSpec:  # noqa: D102
        spec = super().tensor_spec(name, shape)
        return (
            TensorSpec(spec.name, spec.role, shape, highest=self.recipe.noise.highest) if name == NOISE_LEVEL else spec
        )

    def losses(self, networks: Networks, batch: Batch, step: tf.Tensor) -> Losses:
        """The mean absolute error, and the mean absolute code where the recipe gives it a weight."""
        network = networks[MODEL]
        observer = keras.Model(network.inputs, [network.output, network.get_layer(CODES).output])
        restored, codes = observer({name: batch[name] for name in network.input_names}, training=True)
        distance = tf.reduce_mean(tf.abs(restored - batch["target"]))
        nonzero = tf.reduce_mean(tf.cast(codes != 0, tf.float32))
        loss = distance + self.recipe.model.sparsity_weight * tf.reduce_mean(tf.abs(codes))
        return {"loss": loss, "distance": distance, "nonzero_codes": nonzero}
