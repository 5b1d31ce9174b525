"""Encoder and decoder of a variational autoencoder (Kingma and Welling 2014) for square pictures.

Both are sums of a linear network, which sees and draws a small sketch of the picture, and a convolutional one, which
begins with nothing to add. So the two can begin as principal component analysis, the best of all linear autoencoders,
and learn what it cannot draw.
"""

from __future__ import annotations

import math

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray

from litebrush_train.generative_recipes import AutoencoderRecipe
from litebrush_train.layers import DepthToSpace

SKETCH_SIDE = 32
SKETCHED, SKETCH = "sketched", "sketch"  # the linear layers of encoder and decoder
_SMALLEST_SIDE = 4
_WIDEST = 96
_LOG_OF_SMALL_VARIANCE = -4.0
_POWER_ITERATIONS = 3
_LEAST_DEVIATION = 1e-2  # relative to the first component's


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
    small = keras.layers.AveragePooling2D(recipe.side // SKETCH_SIDE, name="small")(image)
    sketched = keras.layers.Dense(recipe.latent, name=SKETCHED)(keras.layers.Flatten(name="small_values")(small))
    corrected = keras.layers.Dense(recipe.latent, kernel_initializer="zeros", name="correction")(x)
    mean = keras.layers.Add(name="mean", dtype="float32")([sketched, corrected])
    little = keras.initializers.Constant(_LOG_OF_SMALL_VARIANCE)
    log_variance = keras.layers.Dense(
        recipe.latent, kernel_initializer="zeros", bias_initializer=little, name="log_variance", dtype="float32"
    )(x)
    return keras.Model(image, [mean, log_variance], name="encoder")


def decoder(recipe: AutoencoderRecipe) -> keras.Model:
    """Input ``latent`` (batch, latent); output ``image`` (batch, side, side, 3) RGB in [0, 1], not clipped."""
    widths = _widths(recipe)[::-1]
    latent = keras.Input((recipe.latent,), name="latent")
    grey = keras.initializers.Constant(0.5)
    sketch = keras.layers.Dense(3 * SKETCH_SIDE**2, bias_initializer=grey, name=SKETCH)(latent)
    sketch = keras.layers.Reshape((SKETCH_SIDE, SKETCH_SIDE, 3), name="small")(sketch)
    sketch = keras.layers.UpSampling2D(recipe.side // SKETCH_SIDE, interpolation="bilinear", name="enlarged")(sketch)
    x = keras.layers.Dense(_SMALLEST_SIDE**2 * widths[0], activation="relu", name="seed")(latent)
    x = keras.layers.Reshape((_SMALLEST_SIDE, _SMALLEST_SIDE, widths[0]), name="seed_picture")(x)
    for level, width in enumerate([*widths[1:], widths[-1]]):
        x = keras.layers.Conv2D(4 * width, 3, padding="same", use_bias=False, name=f"up{level}")(x)
        x = keras.layers.BatchNormalization(name=f"up{level}_normalized")(x)
        x = keras.layers.ReLU(name=f"up{level}_activation")(x)
        x = DepthToSpace(2, name=f"up{level}_enlarged")(x)
    details = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", name="details")(x)
    image = keras.layers.Add(name="image", dtype="float32")([sketch, details])
    return keras.Model(latent, image, name="decoder")


def begin_as_principal_components(encoding: keras.Model, decoding: keras.Model, pictures: NDArray[np.uint8]) -> None:
    """Give the linear layers the principal components of pictures, (count, side, side, 3) uint8 RGB.

    Latents then have a mean of zero and a variance of one, as the prior has. Where there are fewer pictures than
    components the others stay as they were.
    """
    side = pictures.shape[1] // SKETCH_SIDE
    blocks = pictures.reshape(len(pictures), SKETCH_SIDE, side, SKETCH_SIDE, side, 3)
    small = blocks.mean(axis=(2, 4), dtype=np.float32).reshape(len(pictures), -1) / np.float32(255)
    mean = small.mean(axis=0)
    components, deviations = _principal_components(small - mean, encoding.get_layer(SKETCHED).units)
    deviations = np.maximum(deviations, _LEAST_DEVIATION * deviations[0])
    sketched, sketch = encoding.get_layer(SKETCHED), decoding.get_layer(SKETCH)
    count, deviations = len(deviations), deviations[:, None]
    kernel, bias = sketched.get_weights()
    kernel[:, :count] = (components / deviations).T
    bias[:count] = -(components / deviations) @ mean
    sketched.set_weights([kernel, bias])
    kernel, _ = sketch.get_weights()
    kernel[:count] = components * deviations
    sketch.set_weights([kernel, mean])


def _principal_components(values: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """At most ``count`` directions of most variance, (count, D), of (N, D) values of mean zero, and the deviations.

    By a randomized range finder with power iterations (Halko et al. 2011).
    """
    count = min(count, *values.shape)
    test = np.random.default_rng(0).standard_normal((values.shape[1], 2 * count), np.float32)
    basis = np.linalg.qr(values @ test)[0]
    for _ in range(_POWER_ITERATIONS):
        basis = np.linalg.qr(values @ (values.T @ basis))[0]
    _, singular, directions = np.linalg.svd(basis.T @ values, full_matrices=False)
    return directions[:count], singular[:count] / np.sqrt(np.float32(len(values)))
