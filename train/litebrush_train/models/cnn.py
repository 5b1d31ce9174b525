"""Residual convolutional networks that restore photographs at half resolution."""

from __future__ import annotations

import tf_keras as keras

from litebrush_train.compression import ChannelGroup
from litebrush_train.config import ModelRecipe
from litebrush_train.layers import DepthToSpace, SpaceToDepth

BLOCK_SIZE = 2


def denoiser(recipe: ModelRecipe, height: int | None = None, width: int | None = None) -> keras.Model:
    """A denoiser that is told the noise level, after FFDNet (Zhang et al. 2018) with residual blocks of EDSR's form.

    Inputs, both float32 in [0, 1]:
        image:       (batch, height, width, 3) noisy RGB
        noise_level: (batch, height/2, width/2, 1) standard deviation in grey levels, divided by 255
    Output:
        restored:    (batch, height, width, 3) RGB, not clipped

    Every ReLU fuses into its convolution and nothing follows the residual sums: in int8 each
    activation is then quantized once, over the range that it really has.

        >>> denoiser(ModelRecipe(channels=32, blocks=4)).count_params()
        81228
    """

    # Layers
    def convolution(channels: int, name: str, **kwargs: object) -> keras.layers.Layer:
        return keras.layers.Conv2D(channels, 3, padding="same", name=name, **kwargs)

    # Functional model
    image = keras.Input((height, width, 3), name="image")
    half = (height and height // BLOCK_SIZE, width and width // BLOCK_SIZE, 1)
    noise_level = keras.Input(half, name="noise_level")
    x = SpaceToDepth(BLOCK_SIZE, name="to_half_resolution")(image)  # (batch, H/2, W/2, 12)
    x = keras.layers.Concatenate(name="with_noise_level")([x, noise_level])
    x = convolution(recipe.channels, "head", activation="relu")(x)
    for block in range(recipe.blocks):
        residual = convolution(recipe.channels, f"block{block}_expand", activation="relu")(x)
        residual = convolution(recipe.channels, f"block{block}_project")(residual)
        x = keras.layers.Add(name=f"block{block}_sum")([x, residual])
    x = convolution(3 * BLOCK_SIZE**2, "tail", kernel_initializer="zeros")(x)
    x = DepthToSpace(BLOCK_SIZE, name="to_full_resolution")(x)  # (batch, H, W, 3)
    restored = keras.layers.Add(name="restored")([image, x])
    return keras.Model([image, noise_level], restored, name="denoiser")


def channel_groups(recipe: ModelRecipe) -> tuple[ChannelGroup, ...]:
    """The denoiser's channels for equalization: the trunk that all blocks add to, and the inside of each block."""
    blocks = range(recipe.blocks)
    trunk = ChannelGroup(
        producers=("head", *(f"block{block}_project" for block in blocks)),
        consumers=(*(f"block{block}_expand" for block in blocks), "tail"),
    )
    inside = (ChannelGroup((f"block{block}_expand",), (f"block{block}_project",)) for block in blocks)
    return (trunk, *inside)


def receptive_field_radius(recipe: ModelRecipe) -> int:
    """Pixels at full resolution beyond which an input pixel cannot change an output pixel.

    Each 3x3 convolution reaches one half-resolution pixel further, which is ``BLOCK_SIZE`` pixels,
    and the block that a pixel lies in adds at most ``BLOCK_SIZE - 1``.
    """
    convolutions = 2 + 2 * recipe.blocks
    return convolutions * BLOCK_SIZE + BLOCK_SIZE - 1
