"""Layers that tf_keras has no class for. Lambdas are avoided: quantization-aware training cannot clone them."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras


class _BlockRearrangement(keras.layers.Layer):
    def __init__(self, block_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.block_size = block_size

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "block_size": self.block_size}


@keras.utils.register_keras_serializable("litebrush")
class SpaceToDepth(_BlockRearrangement):
    """(batch, H, W, C) -> (batch, H/b, W/b, C*b*b): full resolution moves into channels, nothing is lost."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:  # noqa: D102
        return tf.nn.space_to_depth(inputs, self.block_size)


@keras.utils.register_keras_serializable("litebrush")
class DepthToSpace(_BlockRearrangement):
    """(batch, H, W, C*b*b) -> (batch, H*b, W*b, C): the inverse of :class:`SpaceToDepth`."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:  # noqa: D102
        return tf.nn.depth_to_space(inputs, self.block_size)
