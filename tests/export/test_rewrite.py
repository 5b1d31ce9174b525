from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from made.flatbuffers import converted, plain
from made.rewriting import (
    FLOAT_TOLERANCE,
    difference,
    integer_error,
    operators,
    quantized,
    results,
    samples,
    signatures,
)

from litebrush.errors import ModelFileError
from litebrush_export.flatbuffer import read_graphs
from litebrush_export.rewrites import REWRITES, rewrite
from litebrush_export.rewrites.graph import Network
from litebrush_export.target import TARGETS

RANDOM = np.random.default_rng(0)
KERNEL = RANDOM.normal(0, 0.2, (5, 5, 4, 4)).astype(np.float32)
SCALE = RANDOM.uniform(0.5, 2, 4).astype(np.float32)


def soft(x):
    return tf.sign(x) * tf.nn.relu(tf.abs(x) - 0.1)


def all_of_them(image):
    x = tf.repeat(tf.repeat(tf.nn.conv2d(image, KERNEL, 1, "SAME"), 2, 1), 2, 2) * SCALE
    return tf.nn.conv2d_transpose(soft(x), KERNEL, (1, 32, 32, 4), 2)


class _Autoencoder(tf.Module):
    """Two signatures that share a kernel, and a name with an accent."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = tf.Variable(KERNEL)

    @tf.function(input_signature=[tf.TensorSpec((1, 8, 8, 4), tf.float32, "image")])
    def encode(self, image):
        return {"latent": soft(tf.nn.conv2d(image * SCALE, self.kernel, 2, "SAME")), "scaled": image * SCALE}

    @tf.function(input_signature=[tf.TensorSpec((1, 4, 4, 4), tf.float32, "latent")])
    def decode(self, latent):
        x = tf.nn.conv2d_transpose(latent, self.kernel, (1, 8, 8, 4), 2)
        return {"image": tf.repeat(tf.repeat(x, 2, 1), 2, 2)}


@pytest.fixture(scope="module")
def every() -> bytes:
    return converted(all_of_them)


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory) -> bytes:
    folder = str(tmp_path_factory.mktemp("autoencoder"))
    module = _Autoencoder()
    tf.saved_model.save(module, folder, signatures={"encode": module.encode, "decode": module.decode})
    converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["encode", "decode"])
    return bytes(converter.convert())


def test_all_rewrites_work_together_and_say_where(every):
    after, applied = rewrite(every, TARGETS["android-gpu"])
    assert [each.name for each in applied] == [each.name for each in REWRITES]
    names = {tensor.name for graph in read_graphs(after) for each in graph.operators for tensor in each.outputs}
    assert all({*each.places} <= names for each in applied[2:])
    assert difference(every, after) <= FLOAT_TOLERANCE
    assert integer_error(after) <= 0.05


def test_a_second_time_changes_nothing(every):
    after, _ = rewrite(every, TARGETS["android-gpu"])
    again, applied = rewrite(after, TARGETS["android-gpu"])
    assert again is after
    assert applied == ()


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_network_without_such_places_stays_the_very_same_object(target):
    before = converted(plain)
    after, applied = rewrite(before, TARGETS[target])
    assert after is before
    assert applied == ()


def test_every_signature_is_rewritten_and_keeps_names_and_metadata(autoencoder):
    after, applied = rewrite(autoencoder, TARGETS["android-gpu"])
    assert [each.name for each in applied] == ["nearest upsampling", "transposed convolution", "soft threshold"]
    assert signatures(after) == ["decode", "encode"]
    assert difference(autoencoder, after) <= FLOAT_TOLERANCE
    old, new = (schema.ModelT.InitFromPackedBuf(each, 0) for each in (autoencoder, after))
    assert [each.name for each in old.metadata] == [each.name for each in new.metadata]
    for left, right in zip(old.metadata, new.metadata, strict=True):
        assert np.array_equal(old.buffers[left.buffer].data, new.buffers[right.buffer].data)
    assert new.buffers[0].data is None
    assert old.description == new.description


def test_every_signature_runs_in_int8(autoencoder):
    after, _ = rewrite(autoencoder, TARGETS["android-gpu"])
    given = samples(after, 1)
    for left, right in zip(results(autoencoder, given), results(quantized(after), given), strict=True):
        assert np.max(np.abs(left - right)) <= 0.05 * np.ptp(left)


@pytest.mark.parametrize(
    ("target", "gone", "kept"),
    [
        ("android-gpu", {"TRANSPOSE_CONV", "TILE", "SIGN"}, set()),
        ("android-nnapi", {"TRANSPOSE_CONV", "TILE", "SIGN"}, set()),
        ("edgetpu", {"TILE", "SIGN"}, {"TRANSPOSE_CONV"}),
        ("android-npu", {"TILE", "SIGN"}, {"TRANSPOSE_CONV"}),
        ("cpu", {"TRANSPOSE_CONV", "TILE", "SIGN"}, set()),
    ],
)
def test_a_target_gets_no_operators_that_it_does_not_take(target, gone, kept, every):
    found = {*operators(rewrite(every, TARGETS[target])[0])}
    assert not gone & found
    assert kept <= found


def test_values_are_aligned_as_the_schema_demands(every):
    after, _ = rewrite(every, TARGETS["cpu"])
    model = schema.Model.GetRootAs(after, 0)
    for number in range(model.BuffersLength()):
        buffer = model.Buffers(number)
        if buffer.DataLength():
            assert (buffer._tab.Vector(buffer._tab.Offset(4)) % 16) == 0


def test_values_that_nobody_reads_any_more_are_not_written():
    before = converted(lambda image: tf.repeat(tf.nn.conv2d(image, KERNEL, 1, "SAME"), 2, 1) * SCALE)
    after, _ = rewrite(before, TARGETS["cpu"])
    assert after.count(KERNEL.tobytes()[:16]) == 0
    used = {
        tensor.index
        for graph in read_graphs(after)
        for each in graph.operators
        for tensor in (*each.given, *each.outputs)
    }
    assert used == {*range(len(schema.ModelT.InitFromPackedBuf(after, 0).subgraphs[0].tensors))}


def test_values_behind_the_flatbuffer_are_not_moved(every):
    model = schema.ModelT.InitFromPackedBuf(every, 0)
    model.buffers[1].offset = 4096
    network = Network(every)
    network._model = model
    outside = network.packed()
    assert not Network(outside).can_be_changed
    assert rewrite(outside, TARGETS["cpu"]) == (outside, ())


def test_bytes_that_are_no_flatbuffer_are_refused(every):
    with pytest.raises(ModelFileError, match=r"not a \.tflite file"):
        rewrite(b"not a flatbuffer", TARGETS["cpu"])
    with pytest.raises(ModelFileError, match="damaged"):
        rewrite(every[:200], TARGETS["cpu"])
