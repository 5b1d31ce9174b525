"""Generators and discriminators of square pictures, by class where there are classes.

Pictures are (batch, side, side, 3) float32 RGB in [-1, 1]; latents (batch, latent) are standard normal; labels
(batch, classes) are one-hot, and left out where there are no classes.
"""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf
import tf_keras as keras

from litebrush_train.generative_recipes import GeneratorRecipe
from litebrush_train.layers import GlobalSumPooling, ResumableDropout, SpectralConv2D, SpectralDense

_SMALLEST_SIDE = 4
_WIDEST = 128
_FIRST_LAYER = "seed"
_SLOPE = 0.2


def _doublings(side: int) -> int:
    return int(math.log2(side // _SMALLEST_SIDE))


def generator(recipe: GeneratorRecipe, classes: int) -> keras.Model:
    """The generator of a recipe: inputs ``latent`` and, with classes, ``label``; output ``image``."""
    return _GENERATORS[recipe.architecture](recipe, classes)


def truncated(trained: keras.Model, recipe: GeneratorRecipe) -> keras.Model:
    """A copy of a generator that makes of any latent what the one given makes of ``truncation`` times it.

    The factor goes into the weights that latents meet first, so neither a device nor its picture for a seed needs to
    know of it.
    """
    copy = keras.models.clone_model(trained)
    copy.set_weights(trained.get_weights())
    kernel = copy.get_layer(_FIRST_LAYER).kernel
    from_latent = np.arange(kernel.shape[0]) < recipe.latent
    kernel.assign(kernel * np.where(from_latent, recipe.truncation, 1.0)[:, None])
    return copy


def discriminator(recipe: GeneratorRecipe, classes: int) -> keras.Model:
    """The discriminator of a recipe: inputs ``image`` and, with classes, ``label``; output one score a picture.

    One that classifies has a second output: scores of the classes, before softmax.
    """
    return _DISCRIMINATORS[recipe.architecture](recipe, classes)


def _latent_and_label(recipe: GeneratorRecipe, classes: int) -> tuple[list[keras.KerasTensor], keras.KerasTensor]:
    latent = keras.Input((recipe.latent,), name="latent")
    if not classes:
        return [latent], latent
    label = keras.Input((classes,), name="label")
    return [latent, label], keras.layers.Concatenate(name="latent_and_label")([latent, label])


def _hinge_generator(recipe: GeneratorRecipe, classes: int) -> keras.Model:
    """Nearest upsampling, convolution, batch normalization, ReLU: every layer folds or fuses, and quantizes well.

    Transposed convolutions, and convolutions before depth-to-space, cost the same and begin as a checkerboard
    (Odena et al. 2016).
    """
    # Layers
    doublings = _doublings(recipe.side)
    widths = [min(_WIDEST, recipe.channels * 2 ** (doublings - level)) for level in range(doublings + 1)]

    def block(channels: int, name: str, x: keras.KerasTensor) -> keras.KerasTensor:
        x = keras.layers.Conv2D(channels, 3, padding="same", use_bias=False, name=name)(x)
        x = keras.layers.BatchNormalization(name=f"{name}_normalized")(x)
        return keras.layers.ReLU(name=f"{name}_activation")(x)

    # Functional model
    inputs, x = _latent_and_label(recipe, classes)
    x = keras.layers.Dense(_SMALLEST_SIDE**2 * widths[0], activation="relu", name=_FIRST_LAYER)(x)
    x = keras.layers.Reshape((_SMALLEST_SIDE, _SMALLEST_SIDE, widths[0]), name="seed_picture")(x)
    for level in range(doublings):
        x = keras.layers.UpSampling2D(2, interpolation="nearest", name=f"up{level}_enlarged")(x)
        x = block(widths[level + 1], f"up{level}", x)  # (batch, 2h, 2w, widths[level + 1])
    image = keras.layers.Conv2D(3, 3, padding="same", activation="tanh", name="image", dtype="float32")(x)
    return keras.Model(inputs, image, name="generator")


def _hinge_discriminator(recipe: GeneratorRecipe, classes: int) -> keras.Model:
    """Spectrally normalized strided convolutions, a minibatch statistic, a projection of the label, and a classifier.

    Miyato et al. 2018 ("Spectral Normalization"), Miyato and Koyama 2018 ("cGANs with Projection Discriminator"),
    Karras et al. 2018 (minibatch standard deviation), Odena et al. 2017 ("Auxiliary Classifier GANs").
    """
    # Layers
    doublings = _doublings(recipe.side)
    widths = [
        min(8 * recipe.discriminator_channels, recipe.discriminator_channels * 2**level) for level in range(doublings)
    ]

    # Functional model
    image = keras.Input((recipe.side, recipe.side, 3), name="image")
    x = image
    for level, width in enumerate(widths):
        x = SpectralConv2D(width, 4, strides=2, padding="same", name=f"down{level}")(x)
        x = keras.layers.LeakyReLU(_SLOPE, name=f"down{level}_activation")(x)
    x = MinibatchDeviation(name="deviation")(x)
    x = SpectralConv2D(widths[-1], 3, padding="same", name="last")(x)
    x = keras.layers.LeakyReLU(_SLOPE, name="last_activation")(x)
    # A mean would leave a spectrally normalized score too small.
    features = GlobalSumPooling(name="features", dtype="float32")(x)
    score = SpectralDense(1, name="score", dtype="float32")(features)
    if not classes:
        return keras.Model([image], score, name="discriminator")
    label = keras.Input((classes,), name="label")
    of_class = SpectralDense(widths[-1], use_bias=False, name="class", dtype="float32")(label)
    projection = keras.layers.Dot(1, name="projection", dtype="float32")([features, of_class])
    score = keras.layers.Add(name="score_of_class", dtype="float32")([score, projection])
    class_scores = keras.layers.Dense(classes, name="class_scores", dtype="float32")(features)
    return keras.Model([image, label], [score, class_scores], name="discriminator")


def _dcgan_generator(recipe: GeneratorRecipe, classes: int) -> keras.Model:
    """Radford et al. 2016, with LeakyReLU: dense layer, transposed convolutions, batch normalization."""
    doublings = _doublings(recipe.side)
    widths = [64 * 2 ** (doublings - 1 - level) for level in range(doublings)]
    inputs, x = _latent_and_label(recipe, classes)
    x = keras.layers.Dense(_SMALLEST_SIDE**2 * widths[0], use_bias=False, name=_FIRST_LAYER)(x)
    x = keras.layers.BatchNormalization(name="seed_normalized")(x)
    x = keras.layers.LeakyReLU(_SLOPE, name="seed_activation")(x)
    x = keras.layers.Reshape((_SMALLEST_SIDE, _SMALLEST_SIDE, widths[0]), name="seed_picture")(x)
    for level, width in enumerate(widths[1:]):
        x = keras.layers.Conv2DTranspose(width, 5, 2, "same", use_bias=False, name=f"up{level}")(x)
        x = keras.layers.BatchNormalization(name=f"up{level}_normalized")(x)
        x = keras.layers.LeakyReLU(_SLOPE, name=f"up{level}_activation")(x)
    image = keras.layers.Conv2DTranspose(3, 5, 2, "same", activation="tanh", name="image", dtype="float32")(x)
    return keras.Model(inputs, image, name="generator")


def _dcgan_discriminator(recipe: GeneratorRecipe, classes: int) -> keras.Model:
    """Strided convolutions, LeakyReLU and dropout; the label is stacked on the picture as constant channels."""
    image = keras.Input((recipe.side, recipe.side, 3), name="image")
    inputs, x = [image], image
    if classes:
        label = keras.Input((classes,), name="label")
        inputs = [image, label]
        planes = keras.layers.Reshape((1, 1, classes), name="label_pixel")(label)
        planes = keras.layers.UpSampling2D(recipe.side, name="label_planes")(planes)
        x = keras.layers.Concatenate(name="image_and_label")([image, planes])
    for level in range(_doublings(recipe.side)):
        x = keras.layers.Conv2D(64 * 2**level, 5, 2, "same", name=f"down{level}")(x)
        x = keras.layers.LeakyReLU(_SLOPE, name=f"down{level}_activation")(x)
        x = ResumableDropout(0.3, name=f"down{level}_dropout")(x)
    score = keras.layers.Dense(1, name="score", dtype="float32")(keras.layers.Flatten(name="features")(x))
    return keras.Model(inputs, score, name="discriminator")


_GENERATORS = {"hinge": _hinge_generator, "dcgan": _dcgan_generator}
_DISCRIMINATORS = {"hinge": _hinge_discriminator, "dcgan": _dcgan_discriminator}


@keras.utils.register_keras_serializable("litebrush")
class MinibatchDeviation(keras.layers.Layer):
    """(batch, H, W, C) -> (batch, H, W, C + 1): how much the pictures of a batch differ, as one more channel."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:  # noqa: D102
        deviation = tf.reduce_mean(tf.sqrt(tf.math.reduce_variance(inputs, 0) + 1e-8))
        shape = tf.shape(inputs)
        plane = tf.fill([shape[0], shape[1], shape[2], 1], deviation)
        return tf.concat([inputs, plane], 3)
