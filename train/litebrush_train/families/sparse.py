"""``sparse``: a photograph without its noise, as a sum of few atoms of a learned dictionary."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from litebrush.contract import Tiling
from litebrush_train.compression.structure import Structure
from litebrush_train.families.denoise import Denoise
from litebrush_train.families.restoration import MODEL
from litebrush_train.learner import Batch, Losses, Networks
from litebrush_train.models.sparse import CODES, sparse_coder, sparse_coder_radius


class Sparse(Denoise):
    """Unrolled soft thresholding, trained on Gaussian noise."""

    def network(self, height: int | None = None, width: int | None = None) -> keras.Model:  # noqa: D102
        return sparse_coder(self.recipe.model, height, width)

    def tiling(self) -> Tiling:  # noqa: D102
        return Tiling(sparse_coder_radius(self.recipe.model), alignment=self.recipe.model.stride, resizable=True)

    def structures(self) -> dict[str, Structure]:  # noqa: D102
        return {MODEL: Structure(ranges={"image": (0.0, 1.0), "noise_level": (0.0, 1.0)}, pictures=("restored",))}

    def losses(self, networks: Networks, batch: Batch, step: tf.Tensor) -> Losses:
        """The mean absolute error, and the mean absolute code where the recipe gives it a weight."""
        network = networks[MODEL]
        observer = keras.Model(network.inputs, [network.output, network.get_layer(CODES).output])
        restored, codes = observer({name: batch[name] for name in network.input_names}, training=True)
        codes = tf.cast(codes, tf.float32)
        distance = tf.reduce_mean(tf.abs(restored - batch["target"]))
        nonzero = tf.reduce_mean(tf.cast(codes != 0, tf.float32))
        loss = distance + self.recipe.model.sparsity_weight * tf.reduce_mean(tf.abs(codes))
        return {"loss": loss, "distance": distance, "nonzero_codes": nonzero}
