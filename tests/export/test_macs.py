from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from made.flatbuffers import SHAPE, converted

from litebrush.bench.macs import count_macs
from litebrush.errors import ModelFileError
from litebrush.loading import open_model
from litebrush.zoo import MODELS
from litebrush_export.flatbuffer import read_graphs

_, HEIGHT, WIDTH, CHANNELS = SHAPE


def weights(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(
    ("network", "macs"),
    [
        (lambda x: tf.nn.conv2d(x, weights(3, 5, CHANNELS, 6), 2, "SAME"), 4 * 4 * 6 * 3 * 5 * CHANNELS),
        (lambda x: tf.nn.depthwise_conv2d(x, weights(3, 3, CHANNELS, 1), [1, 1, 1, 1], "SAME"), 8 * 8 * CHANNELS * 9),
        (
            lambda x: tf.nn.conv2d_transpose(x, weights(4, 4, 2, CHANNELS), [1, 16, 16, 2], 2, "SAME"),
            8 * 8 * CHANNELS * 4 * 4 * 2,
        ),
        (lambda x: tf.reshape(x, [1, 256]) @ weights(256, 10), 256 * 10),
        (lambda x: tf.nn.relu(x) + 1, 0),
    ],
    ids=["convolution", "depthwise", "transposed", "fully connected", "no multiplication"],
)
def test_each_kind_of_layer_is_counted(network, macs):
    assert count_macs(converted(network), "serving_default") == macs


def test_integers_and_floats_compute_as_much():
    def network(x):
        return tf.nn.relu(tf.nn.conv2d(x, weights(3, 3, CHANNELS, 5), 1, "VALID"))

    assert count_macs(converted(network, integer="int8"), "serving_default") == 6 * 6 * 5 * 9 * CHANNELS


def test_shapes_are_read_as_the_generated_reader_reads_them():
    for model in MODELS:
        file = open_model(model.name)
        for graph in read_graphs(file.flatbuffer):
            multiplying = [each for each in graph.operators if each.name in ("CONV_2D", "FULLY_CONNECTED")]
            expected = sum(
                int(np.prod(each.outputs[0].shape)) * int(np.prod(each.inputs[1].shape[1:])) for each in multiplying
            )
            assert count_macs(file.flatbuffer, graph.signature) == expected > 0


def test_an_unknown_signature_and_a_damaged_file_are_refused():
    flatbuffer = open_model("denoise").flatbuffer
    with pytest.raises(ModelFileError, match="no signature 'draw'; there is restore"):
        count_macs(flatbuffer, "draw")
    with pytest.raises(ModelFileError, match="cannot be counted"):
        count_macs(flatbuffer[:64] + b"\xff" * 2000, "restore")
