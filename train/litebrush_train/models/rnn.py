"""A recurrent convolutional network that restores video: one step of time, with its state as input and output."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tf_keras as keras

from litebrush_train.compression.equalization import ChannelGroup
from litebrush_train.layers import DepthToSpace, SpaceToDepth
from litebrush_train.models.cnn import (
    BLOCK_SIZE,
    head,
    restorer_alignment,
    restorer_radius,
    tail,
    trunk,
    trunk_channel_groups,
)
from litebrush_train.sequence_recipes import SequenceModelRecipe

PICTURE_CHANNELS = 3 * BLOCK_SIZE**2
ALIGNMENT = 2 * BLOCK_SIZE
"""Pixels of which heights and widths are multiples."""

STATE_RANGE = (0.0, 1.0)
_FAR_CONVOLUTIONS = 3
_MOSTLY_NEW = 2.0  # before the sigmoid: the gate begins nearly open


def cell(recipe: SequenceModelRecipe, height: int | None = None, width: int | None = None) -> keras.Model:
    """A restorer of the next frame, given what it remembers of those before.

    A step of time has no loop in it: whoever runs it hands the state on. The state is a running average, over the
    frames before, of the picture at half resolution and of features of it; a gate, one value a pixel and channel, says
    how much of the new frame enters. Where nothing moves the noise averages out; where something does the new frame
    takes its place. The gate is shown differences of frame and state near and from afar: under noise, slow motion shows
    in the mean of many of them only. What is left of the noise is removed from the average by the denoiser of
    :mod:`litebrush_train.models.cnn`, so with the weights of one the cell begins as a denoiser of the average. It is
    shown the new frame, too: of what moves, the average holds a trail. Temporal averaging before spatial denoising is
    in the manner of EMVD (Maggioni et al. 2021, "Efficient Multi-Stage Video Denoising with Recurrent Spatio-Temporal
    Fusion"), the gate that of a minimal gated unit (Zhou et al. 2016).

    Inputs, all float32:
        frame:       (batch, height, width, 3) degraded RGB in [0, 1]
        noise_level: (batch, height/2, width/2, 1) standard deviation in grey levels, divided by 255
        state:       (batch, height/2, width/2, state_channels) in [0, 1]; zeros before the first frame
    Outputs:
        restored:    (batch, height, width, 3) RGB, not clipped
        next_state:  (batch, height/2, width/2, state_channels) in [0, 1], the state for the next frame

    For int8: every ReLU fuses into its convolution, nothing follows the residual sums, and an average of values in
    [0, 1] stays there, over a video of any length.

        >>> cell(SequenceModelRecipe(32, 64, 4, coarse_channels=64, coarse_blocks=1)).count_params()
        311580
    """

    # Layers
    def convolution(channels: int, side: int, name: str, **kwargs: object) -> keras.layers.Layer:
        return keras.layers.Conv2D(channels, side, padding="same", name=name, **kwargs)

    precise = {"dtype": "float32"}  # a running average needs finer steps than bfloat16 has
    mostly_new = keras.initializers.Constant(_MOSTLY_NEW)

    # Functional model
    half = (height and height // BLOCK_SIZE, width and width // BLOCK_SIZE)
    frame = keras.Input((height, width, 3), name="frame")
    noise_level = keras.Input((*half, 1), name="noise_level")
    state = keras.Input((*half, recipe.state_channels), name="state")
    seen = SpaceToDepth(BLOCK_SIZE, name="to_half_resolution", **precise)(frame)  # (batch, H/2, W/2, 12)
    x = keras.layers.Concatenate(name="with_state")([seen, state, noise_level])
    x = convolution(recipe.channels, 3, "compare", activation="relu", kernel_initializer=Differences())(x)
    x = keras.layers.Concatenate(name="near_and_far")([x, _looked_at_from_afar(x, recipe.channels)])
    x = convolution(recipe.channels, 3, "judge", activation="relu")(x)
    gate = convolution(recipe.state_channels, 1, "gate", activation="sigmoid", bias_initializer=mostly_new)(x)
    features = convolution(recipe.state_channels - PICTURE_CHANNELS, 1, "features", activation="sigmoid")(x)
    new = keras.layers.Concatenate(name="new", **precise)([seen, features])
    change = keras.layers.Multiply(name="change", **precise)(
        [keras.layers.Subtract(name="difference", **precise)([new, state]), gate]
    )
    next_state = keras.layers.Add(name="next_state", **precise)([state, change])
    average = convolution(PICTURE_CHANNELS, 1, "average", kernel_initializer=FirstChannels(), **precise)(next_state)
    x = head(keras.layers.Concatenate(name="average_and_frame")([average, noise_level, seen]), recipe)
    x = keras.layers.Concatenate(name="with_next_state")([x, next_state, gate])
    x = convolution(recipe.channels, 1, "recall", activation="relu", kernel_initializer=FirstChannels())(x)
    picture = DepthToSpace(BLOCK_SIZE, name="average_at_full_resolution", **precise)(average)
    restored = tail(trunk(x, recipe), picture)
    return keras.Model([frame, noise_level, state], [restored, next_state], name="cell")


def _looked_at_from_afar(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """(batch, H/2, W/2, channels) -> half as many channels; each value has seen a place of 32x32 pixels."""
    x = keras.layers.Conv2D(channels, 2, 2, activation="relu", name="farther")(x)  # (batch, H/4, W/4, channels)
    for number in range(_FAR_CONVOLUTIONS):
        x = keras.layers.Conv2D(channels, 3, padding="same", activation="relu", name=f"far{number}")(x)
    x = keras.layers.Conv2D(2 * channels, 1, name="nearer")(x)
    return DepthToSpace(2, name="far_at_half_resolution")(x)


@keras.utils.register_keras_serializable("litebrush")
class Differences(keras.initializers.GlorotUniform):
    """A kernel for a frame and then a state: its first outputs are their differences of both signs."""

    def __call__(self, shape: tuple[int, int, int, int], dtype: tf.DType | None = None, **kwargs: object) -> tf.Tensor:
        """Of odd height and width; what lacks the outputs for all differences has those of the first."""
        height, width, _, outputs = shape
        kernel = np.array(super().__call__(shape, dtype, **kwargs))
        middle = kernel[height // 2, width // 2]
        for number in range(min(outputs, 2 * PICTURE_CHANNELS)):
            channel, sign = number % PICTURE_CHANNELS, 1 if number < PICTURE_CHANNELS else -1
            kernel[..., number] = 0
            middle[channel, number], middle[PICTURE_CHANNELS + channel, number] = sign, -sign
        return tf.constant(kernel)


@keras.utils.register_keras_serializable("litebrush")
class FirstChannels(keras.initializers.Initializer):
    """A kernel, (height, width, inputs, outputs), that hands the first ``outputs`` of its inputs on as they are."""

    def __call__(self, shape: tuple[int, int, int, int], dtype: tf.DType | None = None, **kwargs: object) -> tf.Tensor:
        """Of odd height and width."""
        height, width, inputs, outputs = shape
        middle = tf.eye(inputs, outputs, dtype=dtype)[None, None]
        return tf.pad(middle, [[height // 2] * 2, [width // 2] * 2, [0, 0], [0, 0]])


def channel_groups(recipe: SequenceModelRecipe) -> tuple[ChannelGroup, ...]:
    """The cell's channels for equalization: the trunk of each scale, and the inside of each block.

    The state is left out: its range does not scale.
    """
    return trunk_channel_groups(recipe, "recall", ("tail",))


def receptive_field_radius(recipe: SequenceModelRecipe) -> int:
    """Pixels at full resolution beyond which the input of a step cannot change its restored frame.

    It holds for one step: through the state, a pixel of n frames ago reaches further by what the gate looks at in each.
    Tiles are exact all the same where the state belongs to the whole frame and each tile is given its part of it, halo
    included, as :class:`litebrush.tiled_network.TiledNetwork` does; with a state of its own a tile would know less of
    what moved in.
    """
    near, far = 2 * BLOCK_SIZE, _FAR_CONVOLUTIONS * ALIGNMENT  # near: "compare" and "judge"
    return restorer_radius(recipe) + ALIGNMENT - restorer_alignment(recipe) + near + far
