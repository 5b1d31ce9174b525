from __future__ import annotations

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from hypothesis import given, settings
from hypothesis import strategies as st
from made.flatbuffers import converted
from made.rewriting import FLOAT_TOLERANCE, converted_model, difference, integer_error, operators, quantized, rewritten

from litebrush_export.flatbuffer import read_graphs
from litebrush_export.operators import float_operators
from litebrush_export.rewrites.normalization import fold_normalization

RANDOM = np.random.default_rng(0)
KERNEL = RANDOM.normal(0, 0.2, (3, 3, 4, 6)).astype(np.float32)
FLIPPED = KERNEL.transpose(0, 1, 3, 2)  # of a transposed convolution
POINT = KERNEL[:1, :1]
FOURFOLD = np.tile(KERNEL, (1, 1, 4, 1))
SCALE, SHIFT = (RANDOM.uniform(0.5, 2, 4).astype(np.float32) for _ in range(2))
SIX, MORE = (RANDOM.uniform(0.5, 2, 6).astype(np.float32) for _ in range(2))
LEFT_OVER = {"MUL", "ADD", "SUB", "DIV"}


def folded(flatbuffer: bytes) -> bytes:
    after, places = rewritten(flatbuffer, fold_normalization)
    assert places
    assert LEFT_OVER & {*operators(flatbuffer)}
    assert not LEFT_OVER & {*operators(after)}
    assert difference(flatbuffer, after) <= FLOAT_TOLERANCE
    return after


def is_left_alone(flatbuffer: bytes) -> bool:
    after, places = rewritten(flatbuffer, fold_normalization)
    return not places and bool(LEFT_OVER & {*operators(flatbuffer)}) and operators(after) == operators(flatbuffer)


def enlarged(image):
    return tf.image.resize(image, (16, 16), "nearest")


def enlarged_twice(image):
    return tf.image.resize(image, (32, 32), "nearest")


def normalization(keras):
    return keras.layers.BatchNormalization(
        beta_initializer="random_normal", gamma_initializer="random_uniform", moving_mean_initializer="random_normal"
    )


@pytest.mark.parametrize("keras", [tf_keras, keras3], ids=["tf_keras", "keras3"])
def test_the_first_layers_of_a_dcgan_lose_their_normalization(keras):
    latent = keras.Input((7,))
    x = keras.layers.Reshape((2, 2, 5))(keras.layers.Dense(20, use_bias=False)(latent))
    model = keras.Model(latent, keras.layers.ReLU()(normalization(keras)(x)))
    after = folded(converted_model(model))
    (dense,) = [each for each in read_graphs(after)[0].operators if each.name == "FULLY_CONNECTED"]
    assert dense.activation == "RELU"


@pytest.mark.parametrize("keras", [tf_keras, keras3], ids=["tf_keras", "keras3"])
def test_a_normalization_before_and_behind_layers_of_keras_is_folded(keras):
    layers = keras.layers
    image = keras.Input((8, 6, 4))
    x = layers.Conv2D(5, 3)(normalization(keras)(image))
    x = normalization(keras)(layers.Conv2D(6, 3, activation="relu")(x))
    x = layers.Dense(3)(normalization(keras)(layers.Flatten()(layers.DepthwiseConv2D(2)(x))))
    folded(converted_model(keras.Model(image, x)))


@pytest.mark.parametrize(
    "network",
    [
        lambda image: enlarged(tf.nn.conv2d(image, KERNEL, 1, "SAME")) * SIX + MORE,
        lambda image: tf.nn.relu(enlarged(tf.nn.conv2d(image, KERNEL, 1, "SAME")) * SIX + MORE),
        lambda image: 1 - enlarged(tf.nn.conv2d(image, KERNEL, 1, "SAME")) / SIX,
        lambda image: enlarged(tf.nn.depthwise_conv2d(image, KERNEL[..., :2], [1] * 4, "SAME")) * np.tile(SCALE, 2),
        lambda image: tf.nn.depth_to_space(tf.nn.conv2d(image, KERNEL[..., :4], 1, "SAME"), 2) * SCALE[:1] + SHIFT[:1],
        lambda image: tf.nn.depth_to_space(tf.nn.conv2d(image, np.tile(KERNEL, 2), 1, "SAME"), 2) * SIX[:3] + MORE[:3],
        lambda image: enlarged_twice(tf.nn.conv2d_transpose(image, FLIPPED, (1, 16, 16, 6), 2)) * SIX + MORE,
    ],
    ids=["both", "ReLU", "from one", "depthwise", "rearranged, one channel", "rearranged, three", "transposed"],
)  # fmt: skip
def test_what_comes_behind_a_convolution_and_moved_values_is_folded(network):
    folded(converted(network))


@pytest.mark.parametrize(
    "network",
    [
        lambda image: tf.nn.conv2d(image * SCALE + SHIFT, KERNEL, 1, "VALID"),
        lambda image: tf.nn.conv2d(image * SCALE - SHIFT, KERNEL, 2, "VALID") + MORE,
        lambda image: tf.nn.conv2d(image * SCALE + SHIFT, POINT, 2, "SAME"),
        lambda image: tf.nn.conv2d(image / SCALE, KERNEL, 1, "SAME"),
        lambda image: tf.nn.conv2d(tf.nn.space_to_depth(image * SCALE + SHIFT, 2), FOURFOLD, 1, "VALID"),
        lambda image: tf.nn.depthwise_conv2d(image * SCALE - SHIFT, KERNEL[..., :3], [1] * 4, "VALID"),
        lambda image: tf.nn.conv2d_transpose(image * SCALE, FLIPPED, (1, 16, 16, 6), 2),
        lambda image: tf.matmul(tf.reshape(image * SCALE + SHIFT, (1, 256)), np.tile(POINT[0, 0] / 64, (64, 1))),
    ],
    ids=["VALID", "strided", "1x1", "a scale and SAME", "space to depth", "depthwise", "transposed", "flattened"],
)  # fmt: skip
def test_what_comes_before_a_convolution_is_folded_where_no_zeros_are_put_around(network):
    folded(converted(network))


@pytest.mark.parametrize(
    "network",
    [
        lambda image: tf.nn.conv2d(image * SCALE + SHIFT, KERNEL, 1, "SAME"),
        lambda image: tf.nn.conv2d_transpose(image + SHIFT, FLIPPED, (1, 17, 17, 6), 2, "VALID"),
        lambda image: tf.nn.conv2d(tf.nn.relu(image * SCALE + SHIFT), KERNEL, 1, "VALID"),
        lambda image: enlarged(tf.nn.relu(tf.nn.conv2d(image, KERNEL, 1, "SAME"))) * SIX,
        lambda image: tf.image.resize(tf.nn.conv2d(image, KERNEL, 1, "SAME"), (16, 16)) * SIX,
        lambda image: tf.nn.space_to_depth(tf.nn.conv2d(image, KERNEL, 1, "SAME"), 2) * np.tile(SIX, 4),
        lambda image: enlarged(tf.nn.conv2d(image, KERNEL, 1, "SAME")) * RANDOM.random((16, 1, 1), np.float32),
        lambda image: tf.nn.conv2d(image * RANDOM.random((8, 8, 1), np.float32), KERNEL, 1, "VALID"),
        lambda image: tf.nn.conv2d(image * image, KERNEL, 1, "VALID"),
    ],
    ids=[
        "zeros around", "borders of a transposed convolution", "an activation between", "an activation before",
        "bilinear", "channels that stand for places", "rows behind", "places before", "a square",
    ],
)  # fmt: skip
def test_what_is_not_the_same_elsewhere_is_left_alone(network):
    assert is_left_alone(converted(network))


def test_a_result_that_is_read_elsewhere_too_is_left_alone():
    def behind(image):
        convolved = enlarged(tf.nn.conv2d(image, KERNEL, 1, "SAME"))
        return tf.concat([convolved, convolved * SIX], 3)

    def before(image):
        scaled = image * SCALE
        return tf.concat([tf.nn.conv2d(scaled, KERNEL, 1, "SAME"), scaled], 3)

    assert is_left_alone(converted(behind))
    assert is_left_alone(converted(before))


def test_a_kernel_that_two_convolutions_share_is_changed_for_one_of_them():
    def network(image):
        return tf.nn.conv2d(image * SCALE, KERNEL, 1, "SAME") + tf.nn.conv2d(image, KERNEL, 1, "SAME")

    before = converted(network)
    after, places = rewritten(before, fold_normalization)
    assert len(places) == 1
    assert "MUL" not in operators(after)
    assert difference(before, after) <= FLOAT_TOLERANCE


@settings(max_examples=4)
@given(st.integers(2, 5), st.integers(1, 4), st.integers(1, 6), st.booleans())
def test_any_shape_of_kernel_takes_over_several_channels(inputs, side, outputs, biased):
    kernel = RANDOM.normal(0, 0.2, (side, side, inputs, outputs)).astype(np.float32)
    scale, shift = (RANDOM.uniform(0.5, 2, inputs).astype(np.float32) for _ in range(2))

    def network(image):
        result = tf.nn.conv2d(image * scale + shift, kernel, 1, "VALID")
        return result + np.ones(outputs, np.float32) if biased else result

    folded(converted(network, (1, 8, 8, inputs)))


def test_int8_is_all_integer_and_near_float():
    before = converted(lambda image: tf.nn.relu(enlarged(tf.nn.conv2d(image * SCALE, KERNEL, 1, "SAME")) * SIX + MORE))
    after = folded(before)
    assert not float_operators(quantized(after))
    assert integer_error(after) <= 0.02
