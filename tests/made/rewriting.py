"""Networks before and after a rewrite, side by side."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tf_keras
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from litebrush.contract import Precision
from litebrush_export.flatbuffer import read_graphs
from litebrush_export.quantization import quantize
from litebrush_export.rewrites.graph import Graph, Network

FLOAT_TOLERANCE = 1e-5


def rewritten(flatbuffer: bytes, function: Callable[[Graph], tuple[str, ...]]) -> tuple[bytes, tuple[str, ...]]:
    """What one rewrite makes of a network, and where."""
    network = Network(flatbuffer)
    places = tuple(place for graph in network.graphs for place in function(graph))
    return network.packed(), places


def operators(flatbuffer: bytes) -> list[str]:
    """Names in execution order, of all signatures."""
    return [operator.name for graph in read_graphs(flatbuffer) for operator in graph.operators]


def samples(flatbuffer: bytes, count: int = 6, seed: int = 0) -> list[tuple[str, dict[str, NDArray[np.float32]]]]:
    """Values between -1 and 1 for each signature, by the names of its inputs."""
    random = np.random.default_rng(seed)
    interpreter = Interpreter(model_content=flatbuffer)
    details = {name: interpreter.get_signature_runner(name).get_input_details() for name in signatures(flatbuffer)}
    return [
        (name, {each: random.uniform(-1, 1, spec["shape"]).astype(np.float32) for each, spec in inputs.items()})
        for name, inputs in details.items()
        for _ in range(count)
    ]


def signatures(flatbuffer: bytes) -> list[str]:
    return sorted(Interpreter(model_content=flatbuffer).get_signature_list())


def results(flatbuffer: bytes, given: list[tuple[str, dict[str, NDArray[np.float32]]]]) -> list[NDArray[np.float32]]:
    """Real values that come out, whatever the types of inputs and outputs."""
    interpreter = Interpreter(model_content=flatbuffer, num_threads=1)
    runners = {name: interpreter.get_signature_runner(name) for name in signatures(flatbuffer)}
    found = []
    for name, inputs in given:
        runner = runners[name]
        specs = runner.get_input_details()
        stored = {each: _stored(values, specs[each]) for each, values in inputs.items()}
        outputs = runner.get_output_details()
        found += [_real(values, outputs[each]) for each, values in sorted(runner(**stored).items())]
    return found


def difference(one: bytes, other: bytes) -> float:
    """The largest of all results' differences on the same inputs."""
    given = samples(one, count=2, seed=1)
    pairs = zip(results(one, given), results(other, given), strict=True)
    return max(float(np.max(np.abs(left - right))) for left, right in pairs)


def quantized(flatbuffer: bytes) -> bytes:
    with warnings.catch_warnings():  # in exports a process of its own hears that calibration takes memory
        warnings.simplefilter("ignore", UserWarning)
        return quantize(flatbuffer, Precision.INT8, samples(flatbuffer))


def integer_error(flatbuffer: bytes) -> float:
    """The largest difference that int8 makes, as a share of the range of the results."""
    given = samples(flatbuffer)
    expected = np.concatenate([each.ravel() for each in results(flatbuffer, given)])
    found = np.concatenate([each.ravel() for each in results(quantized(flatbuffer), given)])
    return float(np.max(np.abs(found - expected)) / np.ptp(expected))


def converted_model(model) -> bytes:
    """A Keras model as the converter leaves it; of Keras 3's signature the batch is only known while running."""
    with tempfile.TemporaryDirectory() as folder:
        if isinstance(model, tf_keras.Model):
            spec = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, "image")
            function = tf.function(lambda image: {"result": model(image)}).get_concrete_function(spec)
            module = tf.Module()
            module.read = model.variables  # the model itself would be traced layer by layer
            tf.saved_model.save(module, folder, signatures={"serving_default": function})
        else:
            model.export(folder, verbose=False)
        return bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())


def _stored(values: NDArray[np.float32], spec: dict) -> NDArray:
    if spec["dtype"] == np.float32:
        return values
    scale, zero = spec["quantization"]
    return np.clip(np.round(values / scale) + zero, -128, 127).astype(spec["dtype"])


def _real(values: NDArray, spec: dict) -> NDArray[np.float32]:
    if spec["dtype"] == np.float32:
        return values
    scale, zero = spec["quantization"]
    return ((values.astype(np.float32) - zero) * scale).astype(np.float32)
