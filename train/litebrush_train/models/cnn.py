"""Convolutional networks for photographs: residual blocks at half and quarter resolution.

All work on (batch, height, width, channels) float32 in [0, 1], RGB. Every ReLU fuses into its convolution and nothing
follows a sum: in int8 each activation is then quantized once, over the range that it really has.
"""

from __future__ import annotations

import tf_keras as keras

from litebrush_train.compression.equalization import ChannelGroup
from litebrush_train.layers import DepthToSpace, SpaceToDepth
from litebrush_train.restoration_recipes import RestorerRecipe

BLOCK_SIZE = 2


def _convolution(channels: int, name: str, **more: object) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(channels, 3, padding="same", name=name, **more)


def _residual_block(x: keras.KerasTensor, inner_channels: int, name: str) -> keras.KerasTensor:
    """The form of EDSR (Lim et al. 2017): convolution, ReLU, convolution, sum; it begins as the identity.

    With more channels before the ReLU than in the sum, after WDSR (Yu et al. 2018), a network has fewer and thinner
    sums for its multiplications: these cost time, and their rounding to 8 bits costs the picture.
    """
    residual = _convolution(inner_channels, f"{name}_expand", activation="relu")(x)
    residual = _convolution(x.shape[-1], f"{name}_project", kernel_initializer="zeros")(residual)
    return keras.layers.Add(name=f"{name}_sum")([x, residual])


def restorer(
    recipe: RestorerRecipe,
    noise_level: bool = False,
    mask: bool = False,
    height: int | None = None,
    width: int | None = None,
) -> keras.Model:
    """Residual blocks at half resolution, after FFDNet (Zhang et al. 2018); the input is added to the output.

    In the middle of them are blocks at a quarter of the resolution, as DRUNet has them (Zhang et al. 2021): they see
    twice as far for a quarter of the multiplications.

    Inputs:
        image:       (batch, height, width, 3) RGB
        mask:        (batch, height, width, 1), 1 = missing; if asked for
        noise_level: (batch, height/2, width/2, 1) standard deviation in grey levels, divided by 255; if asked for
    Output:
        restored:    (batch, height, width, 3) RGB, not clipped

        >>> restorer(RestorerRecipe(32, 64, 4, coarse_channels=64, coarse_blocks=1), noise_level=True).count_params()
        245516
    """
    image = keras.Input((height, width, 3), name="image")
    inputs, x = [image], image
    if mask:
        inputs.append(keras.Input((height, width, 1), name="mask"))
        x = keras.layers.Concatenate(name="image_and_mask")(inputs)
    x = SpaceToDepth(BLOCK_SIZE, name="to_half_resolution")(x)  # (batch, H/2, W/2, 12), or 16 with a mask
    if noise_level:
        half = (height and height // BLOCK_SIZE, width and width // BLOCK_SIZE, 1)
        inputs.append(keras.Input(half, name="noise_level"))
        x = keras.layers.Concatenate(name="with_noise_level")([x, inputs[-1]])
    x = trunk(head(x, recipe), recipe)
    return keras.Model(inputs, tail(x, image), name="restorer")


def head(x: keras.KerasTensor, recipe: RestorerRecipe) -> keras.KerasTensor:
    """(batch, H/2, W/2, any) -> (batch, H/2, W/2, channels): a convolution and a ReLU."""
    return _convolution(recipe.channels, "head", activation="relu")(x)


def trunk(x: keras.KerasTensor, recipe: RestorerRecipe) -> keras.KerasTensor:
    """(batch, H/2, W/2, channels) -> the same: the blocks of both scales."""
    for block in range(recipe.blocks):
        if block == recipe.blocks // 2 and recipe.coarse_blocks:
            x = _with_coarse_blocks(x, recipe)
        x = _residual_block(x, recipe.inner_channels, f"block{block}")
    return x


def _with_coarse_blocks(x: keras.KerasTensor, recipe: RestorerRecipe) -> keras.KerasTensor:
    """(batch, H/2, W/2, channels), and to it added what blocks at quarter resolution make of it."""
    coarse = keras.layers.Conv2D(recipe.coarse_channels, 2, 2, name="coarser")(x)  # (batch, H/4, W/4, coarse_channels)
    for block in range(recipe.coarse_blocks):
        coarse = _residual_block(coarse, recipe.coarse_channels, f"coarse{block}")
    coarse = keras.layers.Conv2D(4 * recipe.channels, 1, name="finer")(coarse)
    return keras.layers.Add(name="both_scales")([x, DepthToSpace(2, name="to_half_resolution_again")(coarse)])


def tail(x: keras.KerasTensor, image: keras.KerasTensor) -> keras.KerasTensor:
    """(batch, H/2, W/2, channels) features and the picture that they are of -> ``restored``, (batch, H, W, 3)."""
    x = _convolution(3 * BLOCK_SIZE**2, "tail", kernel_initializer="zeros")(x)
    x = DepthToSpace(BLOCK_SIZE, name="to_full_resolution")(x)
    return keras.layers.Add(name="restored", dtype="float32")([image, x])


def restorer_channel_groups(recipe: RestorerRecipe) -> tuple[ChannelGroup, ...]:
    """The restorer's channels that compression may rescale or remove."""
    return trunk_channel_groups(recipe, "head", ("tail",))


def trunk_channel_groups(recipe: RestorerRecipe, before: str, after: tuple[str, ...]) -> tuple[ChannelGroup, ...]:
    """The trunk of each scale, that all its blocks add to, and the inside of each block.

    Args:
        recipe: of the blocks.
        before: the convolution whose output the first block gets.
        after: those that get the output of the last.
    """
    blocks = [f"block{block}" for block in range(recipe.blocks)]
    coarse = [f"coarse{block}" for block in range(recipe.coarse_blocks)]
    trunk = ChannelGroup(
        producers=(before, *(f"{block}_project" for block in blocks), *(["finer"] if coarse else [])),
        consumers=(*(f"{block}_expand" for block in blocks), *(["coarser"] if coarse else []), *after),
    )
    coarse_trunk = ChannelGroup(
        producers=("coarser", *(f"{block}_project" for block in coarse)),
        consumers=(*(f"{block}_expand" for block in coarse), "finer"),
    )
    inside = (ChannelGroup((f"{block}_expand",), (f"{block}_project",)) for block in (*blocks, *coarse))
    return (trunk, *([coarse_trunk] if coarse else []), *inside)


def restorer_alignment(recipe: RestorerRecipe) -> int:
    """Pixels of which heights and widths are multiples."""
    return 2 * BLOCK_SIZE if recipe.coarse_blocks else BLOCK_SIZE


def restorer_radius(recipe: RestorerRecipe) -> int:
    """Pixels at full resolution beyond which an input pixel cannot change an output pixel.

    Each 3x3 convolution reaches one pixel of its own resolution further, and the block that a pixel lies in adds at
    most its side less one.
    """
    coarsest = restorer_alignment(recipe)
    return (2 + 2 * recipe.blocks) * BLOCK_SIZE + 2 * recipe.coarse_blocks * coarsest + coarsest - 1
