from __future__ import annotations

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from made.flatbuffers import converted, convolution
from made.rewriting import converted_model, difference, integer_error, operators, quantized, rewritten

from litebrush_export.flatbuffer import read_graphs
from litebrush_export.operators import float_operators
from litebrush_export.rewrites.movement import nearest_places
from litebrush_export.rewrites.nearest_upsampling import resize_nearest


def with_factors(image, rows, columns):
    """The picture with an axis behind rows and one behind columns; the shape that it becomes."""
    batch, height, width, channels = image.shape
    return tf.reshape(image, (batch, height, 1, width, 1, channels)), (batch, rows * height, columns * width, channels)


def broadcast(image):
    split, shape = with_factors(image, 2, 2)
    return tf.reshape(tf.broadcast_to(split, (1, 8, 2, 8, 2, 4)), shape)


def tiled(image):
    split, shape = with_factors(image, 2, 3)
    return tf.reshape(tf.tile(split, (1, 1, 2, 1, 3, 1)), shape)


def multiplied_by_ones(image):
    split, shape = with_factors(image, 2, 2)
    return tf.reshape(split * tf.ones((1, 1, 2, 1, 2, 1)), shape)


def gathered(image):
    return tf.gather(tf.gather(image, np.arange(16) // 2, axis=1), np.arange(16) // 2, axis=2)


def stacked(image):
    rows = tf.reshape(tf.stack([image, image], 2), (1, 16, 8, 4))
    return tf.reshape(tf.stack([rows, rows], 3), (1, 16, 16, 4))


def concatenated(image):
    rows = tf.reshape(tf.concat([image, image], 2), (1, 16, 8, 4))
    return tf.reshape(tf.concat([rows, rows], 3), (1, 16, 16, 4))


def repeated(image):
    return tf.repeat(tf.repeat(image, 2, 1), 2, 2)


def rows_only(image):
    return tf.repeat(image, 3, 1)


def twice(image):
    return repeated(repeated(image))


def half_pixel_centres(image):
    return tf.image.resize(image, (24, 16), "nearest")


WAYS = (
    broadcast, tiled, multiplied_by_ones, gathered, stacked, concatenated, repeated, rows_only, twice,
    half_pixel_centres,
)  # fmt: skip


def resized(flatbuffer: bytes) -> bytes:
    """The rewritten network, which must give the same bits."""
    after, places = rewritten(flatbuffer, resize_nearest)
    assert len(places) == 1
    assert difference(flatbuffer, after) == 0
    return after


def is_left_alone(flatbuffer: bytes) -> bool:
    after, places = rewritten(flatbuffer, resize_nearest)
    return not places and operators(after) == operators(flatbuffer)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_becomes_one_resize_without_half_pixel_centres(way):
    (resize,) = read_graphs(resized(converted(way)))[0].operators
    assert (resize.name, resize.version) == ("RESIZE_NEAREST_NEIGHBOR", 1)
    assert dict(resize.options) == {"alignCorners": 0, "halfPixelCenters": 0}


@pytest.mark.parametrize("keras", [tf_keras, keras3], ids=["tf_keras", "keras3"])
@pytest.mark.parametrize("size", [2, (3, 2)])
def test_the_layer_of_both_keras_versions_becomes_one_resize(keras, size):
    image = keras.Input((6, 4, 3))
    layers = keras.layers
    result = layers.Conv2D(2, 3)(layers.UpSampling2D(size)(layers.Conv2D(4, 3, padding="same")(image)))
    after = resized(converted_model(keras.Model(image, result)))
    assert operators(after) == ["CONV_2D", "RESIZE_NEAREST_NEIGHBOR", "CONV_2D"]


def test_what_the_converter_of_keras_3_leaves_is_more_than_one_operator():
    image = keras3.Input((6, 4, 3))
    before = converted_model(keras3.Model(image, keras3.layers.UpSampling2D(2)(image)))
    assert {"EXPAND_DIMS", "TILE", "SHAPE", "RESHAPE"} <= {*operators(before)}


def test_a_resize_in_the_old_form_is_left_alone():
    assert is_left_alone(converted(lambda image: tf.compat.v1.image.resize_nearest_neighbor(image, (16, 16))))


@pytest.mark.parametrize(
    "network",
    [
        lambda image: tf.tile(image, (1, 2, 2, 1)),
        lambda image: tf.reshape(tf.tile(image, (1, 1, 1, 4)), (1, 16, 16, 4)),
        lambda image: tf.gather(image, np.array([0, 0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 7]), axis=1),
        lambda image: tf.repeat(image, 2, 3),
        lambda image: tf.image.resize(image, (12, 12), "nearest"),
        lambda image: tf.image.resize(image, (4, 4), "nearest"),
        lambda image: tf.image.resize(image, (16, 16), "bilinear"),
        lambda image: tf.nn.depth_to_space(tf.concat([image] * 4, 3), 2),
    ],
    ids=[
        "whole copies", "mixed channels", "other rows", "channels", "one and a half", "smaller", "bilinear",
        "a form that a CPU can resize",
    ],
)  # fmt: skip
def test_what_is_no_enlargement_by_whole_factors_is_left_alone(network):
    assert is_left_alone(converted(network))


def test_a_result_on_the_way_that_is_read_elsewhere_is_left_alone():
    def network(image):
        rows = tf.repeat(image, 2, 1)
        return tf.repeat(rows, 2, 2) + tf.reduce_sum(rows)

    assert is_left_alone(converted(network))


def test_sides_that_are_only_known_while_running_are_left_alone():
    def network(image):
        return tf.image.resize(image, 2 * tf.shape(image)[1:3], "nearest")

    assert is_left_alone(converted(network, (1, None, None, 4)))


def test_a_factor_at_which_single_precision_picks_another_row_is_left_alone():
    assert not np.array_equal(nearest_places(3, 3 * 41, half_pixel_centers=False), np.arange(3 * 41) // 41)
    assert is_left_alone(converted(lambda image: tf.repeat(image, 41, 1), (1, 3, 2, 4)))


def test_int8_is_all_integer_and_near_float():
    before = converted(lambda image: convolution(repeated(convolution(image))))
    after = resized(before)
    assert not float_operators(quantized(after))
    assert integer_error(after) <= 0.03
