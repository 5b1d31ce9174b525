from __future__ import annotations

import warnings

import numpy as np
import pytest
import tensorflow as tf
from made.flatbuffers import converted, convolution
from made.rewriting import operators, quantized, results, samples

from litebrush_export.operators import float_operators
from litebrush_export.quantization import _widest_ranges
from litebrush_export.rewrites.integer_rearrangement import move_integers

NONE = [[0, 0], [0, 0]]  # before and behind each axis


def quantized_only(flatbuffer: bytes) -> bytes:
    """As litert-quantizer leaves it."""
    from litert_quantizer import quantizer, recipe

    work = quantizer.Quantizer(flatbuffer, recipe.static_wi8_ai8())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return bytes(work.quantize(_widest_ranges(work, samples(flatbuffer))).quantized_model)


@pytest.mark.parametrize(
    ("mover", "name"),
    [
        (lambda x: tf.nn.depth_to_space(x, 2), "DEPTH_TO_SPACE"),
        (lambda x: tf.nn.depth_to_space(tf.tile(x, (1, 2, 1, 1)), 2), "TILE"),
        (lambda x: tf.batch_to_space(tf.space_to_batch(x, [2, 2], NONE), [2, 2], NONE), "BATCH_TO_SPACE_ND"),
    ],
    ids=["one", "two", "batches"],
)  # fmt: skip
def test_what_only_moves_values_moves_integers_and_gives_the_same_bits(mover, name):
    before = quantized_only(converted(lambda image: mover(convolution(image))))
    assert float_operators(before)[name] == 1
    after = move_integers(before)
    assert not float_operators(after)
    assert not {"DEQUANTIZE", "QUANTIZE"} & {*operators(after)}
    given = samples(before, 2)
    for left, right in zip(results(before, given), results(after, given), strict=True):
        assert np.array_equal(left, right)
    assert move_integers(after) is after


def test_other_readers_keep_their_floats():
    def network(image):
        x = tf.nn.depth_to_space(convolution(image), 2)
        return convolution(tf.concat([x, tf.abs(x), x, x], 3))

    before = quantized_only(converted(network))
    assert {"DEPTH_TO_SPACE", "ABS"} <= {*float_operators(move_integers(before))}


def test_int8_exports_have_it():
    assert not float_operators(quantized(converted(lambda image: tf.nn.depth_to_space(convolution(image), 2))))


def test_a_float_network_is_left_alone():
    before = converted(lambda image: tf.nn.depth_to_space(convolution(image), 2))
    assert move_integers(before) is before
