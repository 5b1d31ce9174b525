"""Tiny networks as .tflite flatbuffers, converted without Keras."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

SHAPE = (1, 8, 8, 4)
_KERNEL = np.random.default_rng(0).normal(0, 0.2, (3, 3, 4, 4)).astype(np.float32)
_BIAS = np.full(4, 0.1, np.float32)

Layer = Callable[[tf.Tensor], tf.Tensor]


def converted(network: Layer, shape: tuple[int | None, ...] = SHAPE, integer: str | None = None) -> bytes:
    """A network of one input called image and one output called result, with the signature ``restore``.

    Args:
        network: from the input to the output.
        shape: of the input; None for a side that is only known while running.
        integer: type of inputs and outputs in int8, ``int8`` or ``uint8``; float32 without it.
    """
    module = tf.Module()
    spec = tf.TensorSpec(shape, tf.float32, "image")
    function = tf.function(lambda image: {"result": network(image)}, input_signature=[spec])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], module)
    if integer is not None:
        samples = np.random.default_rng(1).random((4, *SHAPE), np.float32)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([sample] for sample in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.as_dtype(integer)
    return bytes(converter.convert())


def convolution(image: tf.Tensor) -> tf.Tensor:
    """3x3 with a bias and a fused ReLU."""
    return tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(image, _KERNEL, 1, "SAME"), _BIAS))


def plain(image: tf.Tensor) -> tf.Tensor:
    """What every delegate takes: two convolutions and a sum."""
    return image + convolution(convolution(image))


def interrupted(image: tf.Tensor) -> tf.Tensor:
    """Two convolutions, the sign, which few take, and two convolutions."""
    return convolution(convolution(tf.sign(convolution(convolution(image)))))


def leaky(image: tf.Tensor) -> tf.Tensor:
    """A convolution and a LeakyReLU."""
    return tf.nn.leaky_relu(convolution(image), 0.2)


def looping(image: tf.Tensor) -> tf.Tensor:
    """A convolution inside of a loop."""
    return tf.while_loop(lambda step, _: step < 3, lambda step, x: (step + 1, convolution(x)), [0, image])[1]


def five_axes(image: tf.Tensor) -> tf.Tensor:
    """Rows in two groups that change places with what is in them."""
    grouped = tf.reshape(convolution(image), (1, 2, 4, 8, 4))
    return tf.reshape(tf.transpose(grouped, (0, 2, 1, 3, 4)), SHAPE)


def doubled(image: tf.Tensor) -> tf.Tensor:
    """Bilinear upsampling as TensorFlow 2 does it, with half-pixel centres."""
    return tf.image.resize(image, (16, 16))


def clipped(image: tf.Tensor) -> tf.Tensor:
    """Clips between two convolutions: in 8 bits few delegates take that."""
    return convolution(tf.clip_by_value(convolution(image), 0.0, 0.1))


def enlarged(image: tf.Tensor) -> tf.Tensor:
    """Nearest-neighbour upsampling between two convolutions."""
    return convolution(tf.image.resize(convolution(image), (16, 16), "nearest"))


def overflowing(image: tf.Tensor) -> tf.Tensor:
    """Goes through a hundred thousand and comes back."""
    return convolution(image * 1e5 + 1e5) * 1e-6
