"""A recurrent convolutional network that restores video: one step of time, with its state as input and output."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from litebrush_train.compression.equalization import ChannelGroup
from litebrush_train.layers import SpaceToDepth
from litebrush_train.models.cnn import BLOCK_SIZE, head, restorer_radius, tail, trunk, trunk_channel_groups
from litebrush_train.recipes import SequenceModelRecipe

STATE_RANGE = (0.0, 6.0)


def cell(recipe: SequenceModelRecipe, height: int | None = None, width: int | None = None) -> keras.Model:
    """A restorer of the next frame, given what it remembers of those before.

    A step of time has no loop in it: whoever runs it hands the state on. It is the denoiser of
    :mod:`litebrush_train.models.cnn` with a memory, in the manner of the recurrent networks for video of
    Fuoli et al. (2019, "Efficient Video Super-Resolution through Recurrent Latent Space Propagation"). With the
    weights of a denoiser of photographs it begins as that denoiser: what joins the memory begins by ignoring it.

    Inputs, all float32:
        frame:       (batch, height, width, 3) degraded RGB in [0, 1]
        noise_level: (batch, height/2, width/2, 1) standard deviation in grey levels, divided by 255
        state:       (batch, height/2, width/2, state_channels) in [0, 6]; zeros before the first frame
    Outputs:
        restored:    (batch, height, width, 3) RGB, not clipped
        next_state:  (batch, height/2, width/2, state_channels) in [0, 6], the state for the next frame

    For int8: every ReLU fuses into its convolution, nothing follows the residual sums, and the state joins
    features, whose range is like its own, rather than the frame, which needs finer steps. ReLU6 bounds the state,
    so that it cannot grow over a long video, and gives the state that goes in and the one that comes out one range.

        >>> cell(SequenceModelRecipe(32, 4, coarse_channels=64, coarse_blocks=2, state_channels=16)).count_params()
        263996
    """

    # Layers
    def convolution(channels: int, name: str, **kwargs: object) -> keras.layers.Layer:
        return keras.layers.Conv2D(channels, 3, padding="same", name=name, **kwargs)

    # Functional model
    half = (height and height // BLOCK_SIZE, width and width // BLOCK_SIZE)
    frame = keras.Input((height, width, 3), name="frame")
    noise_level = keras.Input((*half, 1), name="noise_level")
    state = keras.Input((*half, recipe.state_channels), name="state")
    x = SpaceToDepth(BLOCK_SIZE, name="to_half_resolution")(frame)  # (batch, H/2, W/2, 12)
    x = keras.layers.Concatenate(name="with_noise_level")([x, noise_level])
    x = head(x, recipe)
    x = keras.layers.Concatenate(name="with_state")([x, state])
    x = convolution(recipe.channels, "recall", activation="relu", kernel_initializer=FirstChannels())(x)
    x = trunk(x, recipe)
    next_state = convolution(recipe.state_channels, "remember")(x)
    next_state = keras.layers.ReLU(STATE_RANGE[1], name="next_state", dtype="float32")(next_state)
    return keras.Model([frame, noise_level, state], [tail(x, frame), next_state], name="cell")


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

    The state is left out: its bound of 6 does not scale.
    """
    return trunk_channel_groups(recipe, "recall", ("remember", "tail"))


def receptive_field_radius(recipe: SequenceModelRecipe) -> int:
    """Pixels at full resolution beyond which the input of a step cannot change its restored frame.

    A frame reaches one convolution further than a state does, so this is the frame's. It holds for one step: through
    the state, a pixel of n frames ago reaches about n + 1 times as far. Tiles are exact all the same where the state
    belongs to the whole frame and each tile is given its part of it, halo included, as
    :class:`litebrush.tiled_network.TiledNetwork` does; with a state of its own a tile would know less of what moved in.
    """
    return restorer_radius(recipe) + BLOCK_SIZE  # "recall" is one convolution more
