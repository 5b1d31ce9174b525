from __future__ import annotations

import numpy as np
import pytest
import tf_keras as keras
from hypothesis import given
from hypothesis import strategies as st
from made.networks import (
    SIDE,
    converter_of,
    denoiser_recipe,
    learner,
    made_denoiser,
    made_encoder,
    outputs,
    pictures,
    shaken,
    steps_of,
)

from litebrush.errors import RecipeError
from litebrush_train.compression.channels import channels_to_keep
from litebrush_train.compression.equalization import ChannelGroup
from litebrush_train.compression.stages import STAGES
from litebrush_train.compression.structure import Structure
from litebrush_train.models.cnn import restorer_channel_groups
from litebrush_train.recipes import CompressionRecipe

(STAGE,) = STAGES["channels"]
RECIPE = CompressionRecipe(steps=3, learning_rate=1e-3, method="channels", sparsity=0.5)
CHANNELS = 16
GROUPS = restorer_channel_groups(denoiser_recipe(CHANNELS, blocks=2))


def kill(network: keras.Model, groups: tuple[ChannelGroup, ...], dead: np.ndarray) -> None:
    """Let the producers write nothing into the dead channels."""
    for name in {name for group in groups for name in group.producers}:
        kernel, bias = network.get_layer(name).get_weights()
        for first in range(0, kernel.shape[-1], CHANNELS):  # several where depth-to-space follows
            kernel[..., first + dead], bias[first + dead] = 0, 0
        network.get_layer(name).set_weights([kernel, bias])


def with_normalization():
    """Channels that pass a normalization, a slope for each channel and pooling, and reach two consumers."""
    image = keras.Input((SIDE, SIDE, 3), name="image")
    x = keras.layers.Conv2D(CHANNELS, 3, padding="same", use_bias=False, name="head")(image)
    x = keras.layers.BatchNormalization(name="normalized")(x)
    x = keras.layers.PReLU(shared_axes=(1, 2), name="slope")(x)
    x = keras.layers.MaxPooling2D(name="pooled")(x)
    enlarged = keras.layers.Conv2DTranspose(3, 4, 2, "same", name="enlarged")(x)
    dense = keras.layers.Dense(5, name="dense")(x)
    group = ChannelGroup(("head",), ("enlarged", "dense"))
    return shaken(keras.Model(image, [enlarged, dense])), {"image": pictures(4)}, (group,)


def tflite_size(network: keras.Model) -> int:
    return len(converter_of(network).convert())


def test_dropping_dead_channels_leaves_the_result_and_half_of_the_channels():
    network, inputs = made_denoiser(CHANNELS, blocks=2)
    dead = np.random.default_rng(0).permutation(CHANNELS)[: CHANNELS // 2]
    kill(network, GROUPS, dead)
    smaller = STAGE.begin(network, RECIPE, Structure(GROUPS), inputs)
    assert np.allclose(outputs(network, inputs)[0], outputs(smaller, inputs)[0], atol=1e-5)
    assert smaller.get_layer("head").filters == smaller.get_layer("block1_expand").filters == CHANNELS // 2
    assert [layer.name for layer in smaller.layers] == [layer.name for layer in network.layers]


def test_the_network_and_its_file_get_smaller():
    network, inputs = made_denoiser(CHANNELS, blocks=2)
    smaller = STAGE.begin(network, RECIPE, Structure(GROUPS), inputs)
    assert smaller.count_params() < 0.4 * network.count_params()
    assert tflite_size(smaller) < 0.6 * tflite_size(network)


def test_channels_that_nobody_reads_go_first():
    network, inputs = made_denoiser(CHANNELS, blocks=2)
    unread = np.arange(0, CHANNELS, 2)
    for name in {name for group in GROUPS for name in group.consumers}:
        kernel, bias = network.get_layer(name).get_weights()
        kernel[:, :, unread] = 0
        network.get_layer(name).set_weights([kernel, bias])
    smaller = STAGE.begin(network, RECIPE, Structure(GROUPS), inputs)
    assert np.allclose(outputs(network, inputs)[0], outputs(smaller, inputs)[0], atol=1e-5)


def test_layers_that_treat_each_channel_by_itself_are_cut_with_them():
    network, inputs, groups = with_normalization()
    for name, axis in (("enlarged", 3), ("dense", 0)):
        kernel, bias = network.get_layer(name).get_weights()
        np.moveaxis(kernel, axis, 0)[::2] = 0
        network.get_layer(name).set_weights([kernel, bias])
    smaller = STAGE.begin(network, RECIPE, Structure(groups), inputs)
    assert smaller.get_layer("normalized").gamma.shape == smaller.get_layer("slope").alpha.shape[2:] == (CHANNELS // 2,)
    for was, now in zip(outputs(network, inputs), outputs(smaller, inputs)):
        assert np.allclose(was, now, atol=1e-5)


def test_the_smaller_network_trains_and_is_plain():
    network, inputs = made_denoiser(CHANNELS, blocks=2)
    begun = STAGE.begin(network, RECIPE, Structure(GROUPS), inputs)
    take = steps_of(learner(begun, STAGE, RECIPE), inputs)
    first = take(1)
    assert take(3) < first
    assert STAGE.finish(begun) is begun
    assert not STAGE.quantizes


def test_dropping_leaves_the_given_network_as_it_is():
    network, inputs = made_denoiser(CHANNELS, blocks=2)
    before = network.get_weights()
    STAGE.begin(network, RECIPE, Structure(GROUPS), inputs)
    assert all(np.array_equal(was, now) for was, now in zip(before, network.get_weights()))


@given(channels=st.integers(1, 512), sparsity=st.floats(0.01, 0.99))
def test_kept_channels_are_few_and_a_multiple_of_eight_where_possible(channels, sparsity):
    kept = channels_to_keep(channels, sparsity)
    assert 1 <= kept <= channels
    assert abs(kept - channels * (1 - sparsity)) <= 4.001
    if channels > 16 and 0.25 <= sparsity <= 0.75:
        assert kept % 8 == 0
        assert kept < channels


@pytest.mark.parametrize(
    ("group", "named"),
    [
        (ChannelGroup(("down0",), ("mean",)), r"'down1' \(Conv2D\)"),
        (ChannelGroup(("down1",), ("mean", "log_deviation")), r"'features' \(Flatten\)"),
        (ChannelGroup(("mean",), ()), r"'mean' \(Dense\): a group's channels leave the network there"),
        (ChannelGroup(("features",), ("mean",)), r"'features' \(Flatten\)"),
    ],
)
def test_a_group_whose_channels_cannot_be_followed_is_refused_by_name(group, named):
    network, _ = made_encoder()
    with pytest.raises(RecipeError, match=f"--compress channels cannot take layer {named}"):
        STAGE.require(network, Structure((group,)))


def test_a_sum_with_channels_of_no_group_is_refused_by_name():
    network, _ = made_denoiser(CHANNELS, blocks=2)
    trunk = ChannelGroup(("head", "block0_project", "finer"), ("block0_expand", "coarser", "block1_expand", "tail"))
    with pytest.raises(RecipeError, match=r"'block1_sum' \(Add\): it joins .* with 'block1_project'"):
        STAGE.require(network, Structure((trunk,)))


def test_without_groups_the_method_is_refused():
    network, _ = made_denoiser()
    with pytest.raises(RecipeError, match="'restorer' names none"):
        STAGE.require(network, Structure())
