from __future__ import annotations

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf
from made.flatbuffers import SHAPE, converted
from made.rewriting import FLOAT_TOLERANCE, difference, integer_error, operators, quantized, results, rewritten, samples

from litebrush_export.operators import float_operators
from litebrush_export.rewrites.soft_threshold import split_soft_threshold

KERNEL = np.random.default_rng(0).normal(0, 0.2, (3, 3, 4, 4)).astype(np.float32)
ONE = np.float32(0.1)
EACH = np.array([0.05, 0.1, 0.2, 0.4], np.float32)  # of a channel
SPLIT = ["SUB", "MUL", "SUB", "SUB"]


def codes(image):
    return tf.nn.conv2d(image, KERNEL, 1, "SAME")


def clipped(x, by):
    return x - tf.minimum(tf.maximum(x, -by), by)


def clipped_from_above(x, by):
    return x - tf.maximum(tf.minimum(x, by), -by)


def clipped_in_units(x, by):
    return x - by * tf.clip_by_value(x / by, -1, 1)


def by_sign(x, by):
    return tf.sign(x) * tf.nn.relu(tf.abs(x) - by)


def by_sign_and_maximum(x, by):
    return tf.maximum(tf.abs(x) - by, 0) * tf.sign(x)


def by_share(x, by):
    return x * tf.nn.relu(1 - by / tf.maximum(tf.abs(x), 1e-6))


def by_choice(x, by):
    return tf.where(tf.abs(x) > by, x - by * tf.sign(x), tf.zeros_like(x))


def negated(x, by):
    return tf.nn.relu(x - by) - tf.nn.relu(-x - by)


def negated_sum(x, by):
    return tf.nn.relu(x - by) - tf.nn.relu(-(x + by))


FORMS = (
    clipped, clipped_from_above, clipped_in_units, by_sign, by_sign_and_maximum, by_share, by_choice, negated,
    negated_sum,
)  # fmt: skip


def split(flatbuffer: bytes) -> bytes:
    after, places = rewritten(flatbuffer, split_soft_threshold)
    assert places
    assert difference(flatbuffer, after) <= FLOAT_TOLERANCE
    return after


def is_left_alone(flatbuffer: bytes) -> bool:
    after, places = rewritten(flatbuffer, split_soft_threshold)
    return not places and operators(after) == operators(flatbuffer)


@pytest.mark.parametrize("by", [ONE, EACH], ids=["one threshold", "one a channel"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_way_to_write_it_becomes_two_halves(form, by):
    assert operators(split(converted(lambda image: form(codes(image), by)))) == ["CONV_2D", *SPLIT]


def test_a_clip_at_one_becomes_two_halves():
    before = converted(lambda image: (lambda x: x - tf.clip_by_value(x, -1, 1))(codes(3 * image)))
    assert "RELU_N1_TO_1" in operators(before)
    assert operators(split(before)) == ["CONV_2D", *SPLIT]


def test_the_activation_of_keras_3_becomes_two_halves():
    before = converted(lambda image: keras3.ops.soft_shrink(codes(image), 0.1))
    assert operators(split(before)) == ["CONV_2D", *SPLIT]


def test_each_step_of_an_unrolled_iteration_is_rewritten():
    def network(image):
        x = codes(image)
        for _ in range(2):
            x = by_sign(x + codes(image - x), EACH)
        return x

    after, places = rewritten(converted(network), split_soft_threshold)
    assert len(places) == 2
    assert not {"ABS", "SIGN"} & {*operators(after)}


def test_an_activation_that_is_fused_into_the_last_operator_stays():
    before = converted(lambda image: tf.nn.relu(clipped(codes(image), ONE)))
    assert operators(split(before)) == ["CONV_2D", *SPLIT]


@pytest.mark.parametrize(
    "network",
    [
        lambda x: x - tf.minimum(tf.maximum(x, -ONE), 2 * ONE),
        lambda x: x - tf.nn.relu6(x),
        lambda x: tf.where(tf.abs(x) > ONE, x, tf.zeros_like(x)),
        lambda x: tf.sign(x) * tf.nn.relu(tf.abs(x) + ONE),
        lambda x: tf.clip_by_value(x, -ONE, ONE),
        lambda x: tf.sign(x) * tf.abs(x),
        lambda x: tf.nn.relu(x - ONE) - tf.nn.relu(np.float32(-1) * x - ONE),
        lambda x: tf.sign(x) * tf.nn.relu(tf.abs(x) - tf.reduce_mean(x)),
    ],
    ids=[
        "not symmetric", "six", "a hard threshold", "a negative threshold", "a clip", "no threshold",
        "halves", "a threshold that is computed",
    ],
)  # fmt: skip
def test_what_is_no_soft_threshold_or_right_already_is_left_alone(network):
    assert is_left_alone(converted(lambda image: network(codes(image))))


def test_a_result_on_the_way_that_is_read_elsewhere_is_left_alone():
    def network(image):
        x = codes(image)
        inner = tf.minimum(tf.maximum(x, -ONE), ONE)
        return tf.concat([x - inner, inner], 3)

    assert is_left_alone(converted(network))


def test_the_converter_of_tensorflow_leaves_nothing_of_a_clip_in_int8_and_the_halves_are_right():
    def network(image):
        return clipped(codes(image), ONE)

    before, wrong = converted(network), converted(network, integer="int8")
    given = samples(before)
    (signature, inputs), *_ = given
    expected = np.concatenate([each.ravel() for each in results(before, given)])
    assert np.count_nonzero(expected) > len(expected) / 3
    assert not np.any(results(wrong, [(signature, {"image": np.abs(inputs["image"])})]))
    after = split(before)
    assert not float_operators(quantized(after))
    assert integer_error(after) <= 0.01


def test_thresholds_by_channel_cannot_be_quantized_as_a_clip_and_can_as_halves():
    before = converted(lambda image: clipped(codes(image), EACH))
    with pytest.raises(ValueError, match="Ranks of scales"):
        quantized(before)
    assert integer_error(split(before)) <= 0.01


def test_signs_stay_in_float_and_the_halves_are_integers():
    before = converted(lambda image: by_sign(codes(image), EACH), SHAPE)
    assert {"ABS", "SIGN"} <= {*float_operators(quantized(before))}
    assert not float_operators(quantized(split(before)))
