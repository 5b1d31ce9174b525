"""Encoder and decoder of a variational autoencoder (Kingma and Welling 2014) for square pictures."""

from __future__ import annotations

import math

import tf_keras as keras

from litebrush_train.layers import DepthToSpace
from litebrush_train.recipes import AutoencoderRecipe

_SMALLEST_SIDE = 4
_WIDEST = 128


def _widths(recipe: AutoencoderRecipe) -> list[int]:
    doublings = int(math.log2(recipe.side // _SMALLEST_SIDE))
    return [min(_WIDEST, recipe.channels * 2**level) for level in range(doublings)]


def encoder(recipe: AutoencoderRecipe) -> keras.Model:
    """Input ``image`` (batch, side, side, 3) RGB in [0, 1]; outputs mean and log-variance, (batch, latent) each."""
    image = keras.Input((recipe.side, recipe.side, 3), name="image")
    x = image
    for level, width in enumerate(_widths(recipe)):
        x = keras.layers.Conv2D(width, 3, 2, "same", use_bias=False, name=f"down{level}")(x)
        x = keras.layers.BatchNormalization(name=f"down{level}_normalized")(x)
        x = keras.layers.ReLU(name=f"down{level}_activation")(x)
    x = keras.layers.Flatten(name="features")(x)
    mean = keras.layers.Dense(recipe.latent, name="mean", dtype="float32")(x)
    one = keras.initializers.Zeros()  # its logarithm
    log_variance = keras.layers.Dense(recipe.latent, kernel_initializer=one, name="log_variance", dtype="float32")(x)
    return keras.Model(image, [mean, log_variance], name="encoder")


def decoder(recipe: AutoencoderRecipe) -> keras.Model:
    """Input ``latent`` (batch, latent); output ``image`` (batch, side, side, 3) RGB in [0, 1], not clipped."""
    widths = _widths(recipe)[::-1]
    latent = keras.Input((recipe.latent,), name="latent")
    x = keras.layers.Dense(_SMALLEST_SIDE**2 * widths[0], activation="relu", name="seed")(latent)
    x = keras.layers.Reshape((_SMALLEST_SIDE, _SMALLEST_SIDE, widths[0]), name="seed_picture")(x)
    for level, width in enumerate([*widths[1:], widths[-1]]):
        x = keras.layers.Conv2D(4 * width, 3, padding="same", use_bias=False, name=f"up{level}")(x)
        x = keras.layers.BatchNormalization(name=f"up{level}_normalized")(x)
        x = keras.layers.ReLU(name=f"up{level}_activation")(x)
        x = DepthToSpace(2, name=f"up{level}_enlarged")(x)
    grey = keras.initializers.Constant(0.5)
    image = keras.layers.Conv2D(3, 3, padding="same", bias_initializer=grey, name="image", dtype="float32")(x)
    return keras.Model(latent, image, name="decoder")
