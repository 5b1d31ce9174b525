"""Small networks with something to rewrite, as TensorFlow's converter leaves them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import keras as keras3
import numpy as np
import tensorflow as tf
import tf_keras
from numpy.typing import NDArray

Layer = Callable[[tf.Tensor], tf.Tensor]
_SAMPLES = 8


@dataclass(frozen=True)
class Example:
    """One network.

    Attributes:
        rewrite: name of the rewrite that it is for.
        name: in words.
        shape: of its input, (1, height, width, channels) or (1, values).
        network: from the input, normally distributed, to the result.
    """

    rewrite: str
    name: str
    shape: tuple[int, ...]
    network: Layer

    def samples(self, seed: int) -> list[NDArray[np.float32]]:
        """Inputs, all different for different seeds."""
        random = np.random.default_rng(seed)
        return [random.normal(0, 1, self.shape).astype(np.float32) for _ in range(_SAMPLES)]

    def converted(self, integer: bool = False) -> bytes:
        """As a flatbuffer with the signature ``serving_default``: input ``image``, output ``result``.

        Args:
            integer: in int8 by TensorFlow's converter, calibrated on the samples of seed 0.
        """
        module = tf.Module()
        module.owner_of_variables = getattr(self.network, "keeps_alive", self.network)
        module.run = tf.function(
            lambda image: {"result": self.network(image)},
            input_signature=[tf.TensorSpec(self.shape, tf.float32, "image")],
            autograph=False,
        )
        with tempfile.TemporaryDirectory() as folder:
            tf.saved_model.save(module, folder, signatures={"serving_default": module.run})
            converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serving_default"])
            if integer:
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
                converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
                converter.inference_input_type = converter.inference_output_type = tf.int8
                converter.representative_dataset = lambda: ([sample] for sample in self.samples(0))
            return bytes(converter.convert())


def examples() -> tuple[Example, ...]:
    """In the order of the rewrites."""
    transposed = "transposed convolution"
    return (
        Example("nearest upsampling", "decoder of UpSampling2D, Keras 3", (1, 16, 16, 32), _decoder_of_keras_3()),
        Example("nearest upsampling", "decoder of UpSampling2D, tf_keras", (1, 16, 16, 32), _decoder(_resized)),
        Example("nearest upsampling", "decoder of repeated rows and columns", (1, 16, 16, 32), _decoder(_repeated)),
        Example("normalization", "first layers of a DCGAN, tf_keras", (1, 64), _first_layers()),
        Example("normalization", "three blocks of 1x1, ReLU, BatchNorm", (1, 64, 64, 32), _normalized_blocks()),
        Example(transposed, "three layers of 5x5, BatchNorm, ReLU", (1, 8, 8, 64), _dcgan()),
        *(Example(transposed, f"one layer of {k}x{k}", (1, 64, 64, 32), _enlarging(k)) for k in (2, 3, 4, 5, 6)),
        Example("soft threshold", "three steps by sign, a threshold a channel", (1, 64, 64, 3), _sparse(_by_sign)),
        Example("soft threshold", "three steps by clip, a threshold a channel", (1, 64, 64, 3), _sparse(_by_clip)),
        Example("soft threshold", "three steps by clip, one threshold", (1, 64, 64, 3), _sparse(_by_clip, one=True)),
        Example("soft threshold", "one convolution and a clip, one threshold", (1, 32, 32, 4), _clipped_convolution),
    )


def _kernel(*shape: int) -> NDArray[np.float32]:
    inputs = int(np.prod(shape[:-1]))
    return np.random.default_rng(sum(shape)).normal(0, (2 / inputs) ** 0.5, shape).astype(np.float32)


def _convolved(x: tf.Tensor, side: int, channels: int, stride: int = 1) -> tf.Tensor:
    return tf.nn.bias_add(
        tf.nn.conv2d(x, _kernel(side, side, x.shape[-1], channels), stride, "SAME"), np.zeros(channels, np.float32)
    )


def _transposed(x: tf.Tensor, side: int, channels: int) -> tf.Tensor:
    batch, height, width, inputs = x.shape
    kernel = _kernel(side, side, inputs, channels).transpose(0, 1, 3, 2) * 2  # a quarter of the taps meet a pixel
    result = tf.nn.conv2d_transpose(x, kernel, (batch, 2 * height, 2 * width, channels), 2)
    return tf.nn.bias_add(result, np.full(channels, 0.1, np.float32))


def _enlarging(side: int) -> Layer:
    return lambda x: tf.nn.relu(_transposed(x, side, 32))


def _dcgan() -> Layer:
    def network(x: tf.Tensor) -> tf.Tensor:
        for channels in (64, 32):
            x = tf.nn.relu(_transposed(x, 5, channels))
        return tf.tanh(_transposed(x, 5, 3))

    return network


def _resized(x: tf.Tensor) -> tf.Tensor:
    return tf.image.resize(x, (2 * x.shape[1], 2 * x.shape[2]), "nearest")


def _repeated(x: tf.Tensor) -> tf.Tensor:
    return tf.repeat(tf.repeat(x, 2, 1), 2, 2)


def _decoder(enlarged: Layer) -> Layer:
    def network(x: tf.Tensor) -> tf.Tensor:
        for channels in (32, 16):
            x = tf.nn.relu(_convolved(enlarged(x), 3, channels))
        return _convolved(x, 3, 3)

    return network


def _decoder_of_keras_3() -> Layer:
    keras3.utils.set_random_seed(0)
    layers = keras3.layers
    image = keras3.Input((16, 16, 32))
    x = image
    for channels in (32, 16):
        x = layers.Conv2D(channels, 3, padding="same", activation="relu")(layers.UpSampling2D(2)(x))
    model = keras3.Model(image, layers.Conv2D(3, 3, padding="same")(x))
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        loaded = tf.saved_model.load(folder)
    network = loaded.signatures["serving_default"]
    (name,) = network.structured_input_signature[1]

    def run(x: tf.Tensor) -> tf.Tensor:
        (result,) = network(**{name: x}).values()
        return result

    run.keeps_alive = loaded
    return run


def _batch_norm() -> tf_keras.layers.Layer:
    return tf_keras.layers.BatchNormalization(
        beta_initializer="random_normal", gamma_initializer=tf_keras.initializers.RandomUniform(0.5, 2)
    )


def _first_layers() -> Layer:
    tf_keras.utils.set_random_seed(0)
    layers = tf_keras.layers
    latent = tf_keras.Input((64,))
    x = layers.ReLU()(_batch_norm()(layers.Reshape((8, 8, 64))(layers.Dense(4096, use_bias=False)(latent))))
    return tf_keras.Model(latent, layers.Conv2D(16, 3, padding="same")(x))


def _normalized_blocks() -> Layer:
    tf_keras.utils.set_random_seed(0)
    layers = tf_keras.layers
    image = x = tf_keras.Input((64, 64, 32))
    for _ in range(3):
        x = _batch_norm()(layers.Conv2D(32, 1, activation="relu")(x))
    return tf_keras.Model(image, layers.Conv2D(3, 1)(x))


def _by_sign(x: tf.Tensor, by: NDArray[np.float32]) -> tf.Tensor:
    return tf.sign(x) * tf.nn.relu(tf.abs(x) - by)


def _by_clip(x: tf.Tensor, by: NDArray[np.float32]) -> tf.Tensor:
    return x - tf.minimum(tf.maximum(x, -by), by)


def _clipped_convolution(x: tf.Tensor) -> tf.Tensor:
    return _by_clip(_convolved(x, 3, 8), np.full(8, 0.4, np.float32))


def _sparse(threshold: Callable[[tf.Tensor, NDArray[np.float32]], tf.Tensor], one: bool = False) -> Layer:
    """Learned iterative soft thresholding in a strided convolutional dictionary of random atoms."""
    by = np.full(32, 0.4, np.float32) if one else np.linspace(0.2, 0.6, 32, dtype=np.float32)

    def network(image: tf.Tensor) -> tf.Tensor:
        codes = threshold(_convolved(image, 5, 32, stride=2), by)
        for _ in range(2):
            codes = threshold(codes + _convolved(image - 0.3 * _rebuilt(codes), 5, 32, stride=2), by)
        return _rebuilt(codes)

    def _rebuilt(codes: tf.Tensor) -> tf.Tensor:
        return tf.nn.depth_to_space(_convolved(codes, 3, 12), 2)

    return network
