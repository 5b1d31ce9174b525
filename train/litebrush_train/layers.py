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


@keras.utils.register_keras_serializable("litebrush")
class GlobalSumPooling(keras.layers.Layer):
    """(batch, H, W, C) -> (batch, C)."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:  # noqa: D102
        return tf.reduce_sum(inputs, [1, 2])


class _Spectral:
    """Divides the kernel by its largest singular value, by one power iteration a training step (Miyato et al. 2018)."""

    kernel: tf.Variable

    def build(self, input_shape: tf.TensorShape) -> None:
        super().build(input_shape)  # type: ignore[misc]
        self.direction = self.add_weight(  # type: ignore[attr-defined]
            name="direction", shape=(1, self.kernel.shape[-1]), initializer="random_normal", trainable=False
        )

    def normalized(self, training: bool | None) -> tf.Tensor:
        """The kernel with a largest singular value of about 1."""
        matrix = tf.reshape(self.kernel, [-1, self.kernel.shape[-1]])
        left = tf.math.l2_normalize(tf.matmul(self.direction, matrix, transpose_b=True), 1)
        right = tf.math.l2_normalize(tf.matmul(left, matrix), 1)
        left, right = tf.stop_gradient(left), tf.stop_gradient(right)
        if training:
            self.direction.assign(right)
        return self.kernel / tf.reduce_sum(tf.matmul(left, matrix) * right)


@keras.utils.register_keras_serializable("litebrush")
class SpectralConv2D(_Spectral, keras.layers.Conv2D):
    """A convolution that cannot enlarge differences. For training only: it never reaches a device."""

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:  # noqa: D102
        x = tf.nn.conv2d(inputs, self.normalized(training), self.strides, self.padding.upper())
        return tf.nn.bias_add(x, self.bias) if self.use_bias else x


@keras.utils.register_keras_serializable("litebrush")
class SpectralDense(_Spectral, keras.layers.Dense):
    """A dense layer that cannot enlarge differences. For training only: it never reaches a device."""

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:  # noqa: D102
        x = tf.matmul(inputs, self.normalized(training))
        return tf.nn.bias_add(x, self.bias) if self.use_bias else x


@keras.utils.register_keras_serializable("litebrush")
class ResumableDropout(keras.layers.Layer):
    """Dropout whose randomness is part of a checkpoint; that of Keras's own is not, and a resumed run would differ.

    For training only. Replicas that share a batch drop the same places of their shares.
    """

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate

    def get_config(self) -> dict[str, Any]:  # noqa: D102
        return {**super().get_config(), "rate": self.rate}

    def build(self, input_shape: tf.TensorShape) -> None:  # noqa: D102
        self.seed = self.add_weight(
            name="seed",
            shape=(2,),
            dtype=tf.int64,
            initializer=lambda shape, dtype: tf.random.uniform(shape, maxval=2**31, dtype=dtype),
            trainable=False,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
        super().build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:  # noqa: D102
        if not training:
            return inputs
        numbers = tf.random.stateless_uniform(tf.shape(inputs), self.seed)
        self.seed.assign_add(tf.constant([0, 1], tf.int64))
        return tf.where(numbers < self.rate, 0.0, inputs / (1 - self.rate))


@keras.utils.register_keras_serializable("litebrush")
class SoftThreshold(keras.layers.Layer):
    """Codes and non-negative thresholds of one shape -> codes nearer to zero by the threshold, or zero.

    Written with two ReLUs, which is right in int8; ``x - clip(x, -t, t)`` is not.
    """

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:  # noqa: D102
        codes, threshold = inputs
        return tf.nn.relu(codes - threshold) - tf.nn.relu(-1.0 * codes - threshold)
