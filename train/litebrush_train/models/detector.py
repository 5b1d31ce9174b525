"""Where a photograph is damaged: a network of several scales that is shown how flat the picture is.

It works on (batch, height, width, channels) float32 in [0, 1], RGB.
"""

from __future__ import annotations

import numpy as np
import tf_keras as keras

from litebrush_train.layers import DepthToSpace, SpaceToDepth
from litebrush_train.restoration_recipes import DetectorRecipe

_CELL = 2  # pixels of the finest scale
_WINDOWS = (1, 3, 7)  # cells over which flatness is looked at
_LEAST_RANGE = 1 / 16  # that is not flat at all
_SELDOM = -3.0  # before the sigmoid: a mask begins with what is true of most pixels


def detector(recipe: DetectorRecipe, height: int | None = None, width: int | None = None) -> keras.Model:
    """Convolutions at several scales, each half as fine as the one before, as U-Net has them (Ronneberger et al. 2015).

    Opaque damage has a colour of its own where a photograph has grain. Differences of a few grey levels are lost on
    convolutions that also see edges a hundred times as strong, so the network gets them as channels: see
    :func:`_flatness`.

    Input:
        image: (batch, height, width, 3) RGB
    Output:
        mask:  (batch, height, width, 1), a probability
    """
    image = keras.Input((height, width, 3), name="image")
    cells = SpaceToDepth(_CELL, name="to_half_resolution")(image)
    x = keras.layers.Concatenate(name="with_flatness")([cells, *_flatness(image)])
    x = _rectified(x, recipe.width(0), 3, "head")
    skipped = []
    for level in range(recipe.levels):
        x = _rectified(x, recipe.width(level), 3, f"down{level}")
        skipped.append(x)
        x = _rectified(x, recipe.width(level + 1), 2, f"down{level}_coarser", strides=2)
    for turn in range(2):
        x = _rectified(x, recipe.width(recipe.levels), 3, f"coarsest{turn}")
    for level in reversed(range(recipe.levels)):
        x = _rectified(x, 4 * recipe.width(level), 1, f"up{level}_finer")
        x = DepthToSpace(2, name=f"up{level}_unfolded")(x)
        x = keras.layers.Concatenate(name=f"up{level}_joined")([x, skipped[level]])
        x = _rectified(x, recipe.width(level), 3, f"up{level}")
    seldom = keras.initializers.Constant(_SELDOM)
    x = keras.layers.Conv2D(_CELL**2, 3, padding="same", name="likelihood", bias_initializer=seldom)(x)
    x = DepthToSpace(_CELL, name="to_full_resolution")(x)
    return keras.Model(image, keras.layers.Activation("sigmoid", name="mask", dtype="float32")(x), name="detector")


def detector_alignment(recipe: DetectorRecipe) -> int:
    """Pixels of which heights and widths are multiples."""
    return _CELL * 2**recipe.levels


def detector_radius(recipe: DetectorRecipe) -> int:
    """Pixels at full resolution beyond which an input pixel cannot change an output pixel.

    Each convolution and each window reaches some pixels of its own scale further, and the coarsest pixel that a pixel
    lies in adds at most its side less one.
    """
    finest = max(_WINDOWS) // 2 + 2  # windows, head and likelihood
    coarsest = detector_alignment(recipe)
    return _CELL * finest + sum(2 * _CELL * 2**level for level in range(recipe.levels + 1)) + coarsest - 1


def _flatness(image: keras.KerasTensor) -> list[keras.KerasTensor]:
    """(batch, H, W, 3) -> for each window (batch, H/2, W/2, 3): 1 where a channel does not change in it, to 0.

    The range in a window is the largest value and the largest negative one, added. Every tensor's range is known, so
    that int8 keeps each grey level.
    """
    negative = _scaled(image, -1.0, "negative", use_bias=False)
    highest, lowest = (
        keras.layers.MaxPooling2D(_CELL, name=f"{name}_of_cell", dtype="float32")(x)
        for name, x in (("highest", image), ("lowest", negative))
    )
    maps = []
    for window in _WINDOWS:
        ends = [
            keras.layers.MaxPooling2D(window, 1, "same", name=f"{name}_of_{window}", dtype="float32")(x)
            for name, x in (("highest", highest), ("lowest", lowest))
        ]
        spread = keras.layers.Add(name=f"range_of_{window}", dtype="float32")(ends)
        flat = _scaled(spread, -1 / _LEAST_RANGE, f"flatness_of_{window}", activation="relu", bias_initializer="ones")
        maps.append(flat)
    return maps


def _scaled(x: keras.KerasTensor, factor: float, name: str, **more: object) -> keras.KerasTensor:
    """Three channels times a number, by a convolution that does not learn: it fuses, and has a range of its own."""
    kernel = keras.initializers.Constant(factor * np.eye(3)[None, None])
    layer = keras.layers.Conv2D(3, 1, name=name, kernel_initializer=kernel, trainable=False, dtype="float32", **more)
    return layer(x)


def _rectified(x: keras.KerasTensor, channels: int, side: int, name: str, strides: int = 1) -> keras.KerasTensor:
    """Convolution and ReLU; between them batch normalization, which a device finds folded into the convolution."""
    kind = {"padding": "same", "use_bias": False, "kernel_initializer": "he_normal"}
    x = keras.layers.Conv2D(channels, side, strides, name=name, **kind)(x)
    x = keras.layers.BatchNormalization(name=f"{name}_normalized")(x)
    return keras.layers.ReLU(name=f"{name}_activation")(x)
