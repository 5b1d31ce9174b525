from __future__ import annotations

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from made.flatbuffers import converted
from made.rewriting import FLOAT_TOLERANCE, converted_model, difference, integer_error, operators, quantized, rewritten

from litebrush_export.flatbuffer import read_graphs
from litebrush_export.operators import float_operators
from litebrush_export.rewrites.transposed_convolution import rearrange_transposed_convolution

RANDOM = np.random.default_rng(0)


def transposed(
    kernel: tuple[int, int],
    result: tuple[int, int],
    padding: str = "SAME",
    stride: int = 2,
    channels: tuple[int, int] = (4, 3),
):
    weights = RANDOM.normal(0, 0.3, (*kernel, channels[1], channels[0])).astype(np.float32)

    def layer(image):
        return tf.nn.conv2d_transpose(image, weights, (1, *result, channels[1]), stride, padding)

    return layer


def biased(layer, activation=tf.identity):
    return lambda image: activation(tf.nn.bias_add(layer(image), np.array([0.2, -0.1, 0.3], np.float32)))


def rearranged(flatbuffer: bytes) -> bytes:
    after, places = rewritten(flatbuffer, rearrange_transposed_convolution)
    assert places
    assert "TRANSPOSE_CONV" not in operators(after)
    assert "DEPTH_TO_SPACE" in operators(after)
    assert difference(flatbuffer, after) <= FLOAT_TOLERANCE
    return after


def is_left_alone(flatbuffer: bytes) -> bool:
    after, places = rewritten(flatbuffer, rearrange_transposed_convolution)
    return not places and operators(after) == operators(flatbuffer)


@pytest.mark.parametrize("side", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("odd", [0, 1])
def test_same_padding_of_every_kernel_is_kept(side, odd):
    after = rearranged(converted(transposed((side, side), (16 - odd, 12)), (1, 8, 6, 4)))
    assert ("SLICE" in operators(after)) == (side == 4 or odd == 1)


@pytest.mark.parametrize("side", [2, 3, 4, 5, 6])
def test_valid_padding_of_every_kernel_is_kept(side):
    rearranged(converted(transposed((side, side), (14 + side, 10 + side), "VALID"), (1, 8, 6, 4)))


@settings(max_examples=8)
@given(
    kernel=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    sides=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    channels=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    padding=st.sampled_from(["SAME", "VALID"]),
)
def test_any_kernel_on_any_sides_gives_the_same_picture(kernel, sides, channels, padding):
    result = tuple(2 * side if padding == "SAME" else 2 * side - 2 + tap for side, tap in zip(sides, kernel))
    layer = transposed(kernel, result, padding, channels=channels)
    rearranged(converted(layer, (1, *sides, channels[0])))


@pytest.mark.parametrize("activation", [tf.identity, tf.nn.relu, tf.nn.relu6])
def test_bias_and_fused_activation_go_into_the_convolution(activation):
    before = converted(biased(transposed((5, 5), (16, 16)), activation))
    (operator,) = read_graphs(before)[0].operators
    convolution, _ = read_graphs(rearranged(before))[0].operators
    assert convolution.activation == operator.activation
    assert convolution.activation == ("NONE" if activation is tf.identity else activation.__name__.upper())


def test_an_activation_that_follows_on_its_own_is_fused():
    before = converted(lambda image: tf.nn.relu(transposed((5, 5), (16, 16))(image)))
    assert operators(before) == ["TRANSPOSE_CONV", "RELU"]
    assert operators(rearranged(before)) == ["CONV_2D", "DEPTH_TO_SPACE"]


def test_an_activation_stays_where_its_input_is_read_elsewhere_too():
    layer = transposed((5, 5), (16, 16))

    def network(image):
        raw = layer(image)
        return raw + tf.nn.relu(raw)

    assert "RELU" in operators(rearranged(converted(network)))


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_keras_3_with_a_batch_that_is_only_known_while_running(size):
    image = keras3.Input((6, 4, 3))
    result = keras3.layers.Conv2DTranspose(4, size, 2, "same", activation="relu")(image)
    before = converted_model(keras3.Model(image, result))
    assert "SHAPE" in operators(before)
    assert "SHAPE" not in operators(rearranged(before))


def test_kernels_and_names_of_tensors_that_callers_know_survive():
    before = converted(transposed((5, 5), (16, 16)))
    (old,), (new,) = read_graphs(before), read_graphs(rearranged(before))
    assert [each.name for each in (*old.inputs, *old.outputs)] == [each.name for each in (*new.inputs, *new.outputs)]
    assert [each.shape for each in old.outputs] == [each.shape for each in new.outputs]


@pytest.mark.parametrize("stride", [1, 3])
def test_other_strides_are_left_alone(stride):
    assert is_left_alone(converted(transposed((3, 3), (8 * stride, 8 * stride), stride=stride)))


def test_strides_that_differ_are_left_alone():
    weights = RANDOM.normal(0, 0.3, (3, 3, 3, 4)).astype(np.float32)
    assert is_left_alone(converted(lambda image: tf.nn.conv2d_transpose(image, weights, (1, 16, 8, 3), (2, 1))))


def test_a_kernel_that_is_computed_is_left_alone():
    def network(image):
        return tf.nn.conv2d_transpose(image, tf.reshape(image, (4, 4, 4, 4)), (1, 16, 16, 4), 2)

    assert is_left_alone(converted(network))


def test_sides_that_are_only_known_while_running_are_left_alone():
    weights = RANDOM.normal(0, 0.3, (3, 3, 3, 4)).astype(np.float32)

    def network(image):
        sides = tf.shape(image)
        return tf.nn.conv2d_transpose(image, weights, tf.stack([1, 2 * sides[1], 2 * sides[2], 3]), 2)

    assert is_left_alone(converted(network, (1, None, None, 4)))


@pytest.mark.parametrize("side", [3, 4, 5])
def test_int8_is_all_integer_and_as_near_to_float_as_before(side):
    before = converted(biased(transposed((side, side), (16, 16)), tf.nn.relu))
    after = rearranged(before)
    assert not float_operators(quantized(after))
    assert integer_error(after) <= max(0.02, 1.2 * integer_error(before))
