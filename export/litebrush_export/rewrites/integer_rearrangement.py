"""Operators that only move values, on integers in a quantized network.

litert-quantizer does not quantize DEPTH_TO_SPACE and some others: it widens their input to floats and makes integers
of the result, mostly of the same scale. The same values move, whatever their type.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from litebrush_export.rewrites.graph import Graph, Network, OperatorT

_INTEGER_VERSIONS = {
    "BATCH_TO_SPACE_ND": 2,
    "DEPTH_TO_SPACE": 2,
    "EXPAND_DIMS": 1,
    "RESHAPE": 1,
    "SPACE_TO_BATCH_ND": 2,
    "SPACE_TO_DEPTH": 2,
    "SQUEEZE": 1,
    "TILE": 2,
    "TRANSPOSE": 2,
}
"""Of operators that move the values of their first input, the version that takes int8."""


def move_integers(flatbuffer: bytes) -> bytes:
    """Let chains of such operators between DEQUANTIZE and QUANTIZE work on the integers themselves.

    Left alone is a chain with a result on the way that something else reads, or whose scale or zero point changes.

    Args:
        flatbuffer: a network quantized to int8.

    Returns:
        The same object where there is no such chain; otherwise a network whose results have the same bits.

    Raises:
        ModelFileError: the bytes are not a .tflite flatbuffer.
    """
    network = Network(flatbuffer)
    if not network.can_be_changed:
        return flatbuffer
    moved = [
        _move(graph, operator)
        for graph in network.graphs
        for operator in graph.operators
        if graph.name(operator) == "QUANTIZE"
    ]
    return network.packed() if any(moved) else flatbuffer


def _move(graph: Graph, quantize: OperatorT) -> bool:
    chain: list[OperatorT] = []
    reader: OperatorT = quantize
    while True:
        tensor = graph.inputs(reader)[0]
        operator = graph.producer(tensor)
        if operator is None:
            return False
        if graph.name(operator) == "DEQUANTIZE":
            break
        if graph.name(operator) not in _INTEGER_VERSIONS or graph.only_user(tensor) is not reader:
            return False
        chain.append(operator)
        reader = operator
    (source, *_), (result, *_) = graph.inputs(operator), graph.outputs(quantize)
    before, after = graph.tensor(source), graph.tensor(result)
    if not chain or not _same_integers(before, after):
        return False
    for each in chain:
        graph.raise_version(each, _INTEGER_VERSIONS[graph.name(each)])
        for tensor in graph.outputs(each):
            graph.tensor(tensor).type = before.type
            graph.tensor(tensor).quantization = before.quantization
    chain[-1].inputs = np.array([source, *graph.inputs(chain[-1])[1:]], np.int32)
    chain[0].outputs = quantize.outputs
    graph.replace(quantize, ())
    if not graph.users(graph.outputs(operator)[0]) and not graph.is_output(graph.outputs(operator)[0]):
        graph.replace(operator, ())
    return True


def _same_integers(before: Any, after: Any) -> bool:
    """Whether an integer stands for the same value in both tensors."""
    if before.type != schema.TensorType.INT8 or after.type != schema.TensorType.INT8:
        return False
    scales, zeros = (
        [np.asarray(getattr(each.quantization, name)) for each in (before, after)] for name in ("scale", "zeroPoint")
    )
    return scales[0].size == 1 and np.array_equal(*scales) and np.array_equal(*zeros)
