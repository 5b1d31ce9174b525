from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from made import flatbuffers

from litebrush.contract import Precision
from litebrush.metrics import psnr_db
from litebrush_export.bias_correction import correct_biases, kernel_errors
from litebrush_export.conversion import convert
from litebrush_export.editing import EditableModel, is_quantized
from litebrush_export.handover import read_handover, with_network
from litebrush_export.judge import Judge
from litebrush_export.ranges import narrow_ranges
from litebrush_export.refinement import refine

SHAPE = (1, 16, 16, 4)
KERNEL = np.random.default_rng(5).normal(0.02, 0.2, (3, 3, 4, 8)).astype(np.float32)
LAST = np.random.default_rng(6).normal(0, 0.2, (3, 3, 8, 4)).astype(np.float32)


def with_outliers(image: tf.Tensor) -> tf.Tensor:
    """Two convolutions; what the first writes is small, but for few places."""
    hidden = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(image, KERNEL, 1, "SAME"), np.full(8, 0.05, np.float32)))
    peaked = hidden + 3 * hidden * hidden * hidden
    return tf.nn.bias_add(tf.nn.conv2d(peaked, LAST, 1, "SAME"), np.zeros(4, np.float32))


def samples(count: int = 6):
    random = np.random.default_rng(7)
    for _ in range(count):
        image = random.random(SHAPE).astype(np.float32)
        image[0, 0, 0] = 8 * image[0, 0, 0]
        yield "serving_default", {"image": image}


def converted(network: flatbuffers.Layer, integer: bool) -> bytes:
    function = tf.function(
        lambda image: {"result": network(image)}, input_signature=[tf.TensorSpec(SHAPE, tf.float32, "image")]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], tf.Module())
    if integer:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([inputs["image"]] for _, inputs in samples())
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    return bytes(converter.convert())


@pytest.fixture(scope="module")
def networks() -> tuple[bytes, bytes]:
    return converted(with_outliers, integer=False), converted(with_outliers, integer=True)


def results(flatbuffer: bytes) -> np.ndarray:
    runner = Interpreter(model_content=flatbuffer).get_signature_runner("serving_default")
    random = np.random.default_rng(8)
    return np.stack([runner(image=random.random(SHAPE).astype(np.float32))["result"] for _ in range(4)])


def scales(flatbuffer: bytes) -> list[float]:
    """Of the activations."""
    graph = EditableModel(flatbuffer).graphs[0]
    written = [graph.tensor(operator.outputs[0]) for operator in graph.operators]
    return [float(tensor.quantization.scale[0]) for tensor in written if is_quantized(tensor)]


def test_a_range_with_a_few_outliers_becomes_narrower_and_none_becomes_wider(networks):
    _, int8 = networks
    factors = [after / before for before, after in zip(scales(int8), scales(narrow_ranges(int8, samples())))]
    assert min(factors) < 0.7
    assert max(factors) <= 1 + 1e-6


def test_biases_follow_the_scale_of_what_they_are_added_to(networks):
    _, int8 = networks
    changed = EditableModel(narrow_ranges(int8, samples())).graphs[0]
    products = 0
    for operator in changed.operators:
        if len(operator.inputs) == 3 and is_quantized(changed.tensor(operator.inputs[2])):
            activation, kernel, bias = (changed.tensor(index).quantization.scale for index in operator.inputs)
            assert np.allclose(bias, activation * kernel, rtol=1e-5)
            products += 1
    assert products == 2


def test_refining_never_takes_a_network_farther_away(handover):
    read, float32 = read_handover(handover), convert(handover, Precision.FLOAT32)
    with with_network(handover, float32) as without_learned_ranges:
        calibrated = convert(without_learned_ranges, Precision.INT8)
    refined = refine(calibrated, float32, read.contract, read.representative_dataset())
    judge = Judge(read, float32)
    nearness = [psnr_db(judge.pictures(each), judge.reference) for each in (refined.flatbuffer, calibrated)]
    assert nearness[0] >= nearness[1] - 0.1  # it was chosen on other samples


def test_what_goes_in_and_comes_out_keeps_its_range(networks):
    _, int8 = networks
    (before,), (after,) = EditableModel(int8).graphs, EditableModel(narrow_ranges(int8, samples())).graphs
    ends = {*map(int, before.subgraph.inputs), *map(int, before.subgraph.outputs)}
    changed = 0
    for index, tensor in enumerate(before.subgraph.tensors):
        if is_quantized(tensor):
            same = np.array_equal(tensor.quantization.scale, after.tensor(index).quantization.scale)
            assert same or index not in ends
            changed += not same
    assert changed


def test_what_rounded_weights_shift_is_made_up_for_by_the_bias():
    float32, int8 = (converted(lambda image: tf.nn.conv2d(image, KERNEL, 1, "VALID") + 0.05, each) for each in (0, 1))
    assert kernel_errors(int8, float32) is not None
    corrected = correct_biases(int8, float32, samples())

    def shift(flatbuffer: bytes) -> float:
        """Of the channels, mean of the absolute values."""
        return float(np.mean(np.abs(np.mean(results(flatbuffer) - results(float32), axis=(0, 1, 2, 3)))))

    assert shift(corrected) < 0.8 * shift(int8)


def test_a_network_of_other_weights_is_left_as_it_is(networks):
    float32, _ = networks
    other = flatbuffers.converted(flatbuffers.plain, integer="int8")
    assert kernel_errors(other, float32) is None
    assert correct_biases(other, float32, samples()) is other
