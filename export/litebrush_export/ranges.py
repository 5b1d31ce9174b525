"""Narrower ranges for the activations of an 8-bit network.

They clip a few values for a finer step everywhere else; of each range the part is taken that
:func:`litebrush.rounding.best_range` finds. What comes in and goes out keeps its range.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litebrush.rounding import HIGHEST, LOWEST, best_range, scale_of
from litebrush_export.editing import EditableGraph, EditableModel, is_quantized
from litebrush_export.islands import Place, eight_bit_operators, leave_in_float
from litebrush_export.observation import Sample, observe

_MOVING = frozenset(
    {
        *("AVERAGE_POOL_2D", "MAX_POOL_2D", "MAXIMUM", "MINIMUM", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"),
        *("CONCATENATION", "GATHER", "PACK", "SLICE", "SPLIT", "STRIDED_SLICE", "TILE", "UNPACK"),
        *("DEPTH_TO_SPACE", "EXPAND_DIMS", "RESHAPE", "SPACE_TO_DEPTH", "SQUEEZE", "TRANSPOSE"),
        *("MIRROR_PAD", "PAD", "PADV2"),
    }
)
_FIXED = frozenset({"TANH", "LOGISTIC", "SOFTMAX", "L2_NORMALIZATION", "LOG_SOFTMAX"})
_SAMPLES = 16
_VALUES_OF_A_SAMPLE = 20_000


def narrow_ranges(flatbuffer: bytes, samples: Iterable[Sample]) -> bytes:
    """The network with the ranges that suit its activations best.

    Args:
        flatbuffer: an 8-bit network.
        samples: representative dataset: signature names and float32 inputs by tensor name.
    """
    places = eight_bit_operators(flatbuffer)
    widened = leave_in_float(flatbuffer, places)
    place_of = {(place.graph, index): place for place, index in widened.results.items()}
    seen: dict[Place, list[NDArray[np.float32]]] = {}
    for graph, computed in observe(widened.flatbuffer, samples, _SAMPLES):
        for index, values in computed.items():
            if (graph, index) in place_of:
                seen.setdefault(place_of[graph, index], []).append(_thinned(values))
    model = EditableModel(flatbuffer)
    for number, graph in enumerate(model.graphs):
        for group in _sharing_a_range(model, graph):
            makers = [place for place in places if place.graph == number and _result(graph, place) in group]
            values = [each for place in makers for each in seen.get(place, ())]
            if values:
                whole = _range_of(graph.tensor(min(group)))
                _set_range(model, graph, group, best_range(np.concatenate(values), *whole))
    return model.packed()


def _result(graph: EditableGraph, place: Place) -> int:
    return int(graph.operators[place.operator].outputs[0])


def _thinned(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Evenly spread; a stride that shares no factor with the channels reaches all of them."""
    stride = max(1, values.size // _VALUES_OF_A_SAMPLE) | 1
    return values.ravel()[::stride].copy()


def _sharing_a_range(model: EditableModel, graph: EditableGraph) -> list[set[int]]:
    """Groups of 8-bit tensors that must keep one scale, without those whose scale is not free."""
    groups = [
        {index}
        for operator in graph.operators
        for index in map(int, operator.outputs)
        if is_quantized(graph.tensor(index))
    ]
    groups += [{int(index)} for index in graph.subgraph.inputs]
    fixed = {int(index) for index in (*graph.subgraph.inputs, *graph.subgraph.outputs)}
    for operator in graph.operators:
        name = model.operator_name(operator)
        touched = {int(index) for index in (*operator.inputs, *operator.outputs) if index >= 0}
        if name in _FIXED:
            fixed |= {int(index) for index in operator.outputs}
        if name == "QUANTIZE" and is_quantized(graph.tensor(operator.inputs[0])):
            fixed |= touched  # what comes in or goes out in another integer type
        if name in _MOVING:
            joined = [group for group in groups if group & touched]
            groups = [group for group in groups if not group & touched] + [set().union(*joined)]
    return [group for group in groups if group and not group & fixed]


def _range_of(tensor: Any) -> tuple[float, float]:
    scale, zero_point = float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])
    return (LOWEST - zero_point) * scale, (HIGHEST - zero_point) * scale


def _set_range(model: EditableModel, graph: EditableGraph, group: set[int], extent: tuple[float, float]) -> None:
    """Change the scale of tensors, and with it that of the biases that are added to products with them."""
    scale, zero_point = scale_of(*extent)
    factors = {}
    for index in group:
        quantization = graph.tensor(index).quantization
        factors[index] = scale / float(quantization.scale[0])
        quantization.scale, quantization.zeroPoint = np.array([scale], np.float32), np.array([zero_point], np.int64)
    for operator in graph.operators:
        bias = model.bias_of(graph, operator)
        changed = [factors[int(index)] for index in operator.inputs if int(index) in factors]
        if bias is not None and changed:
            bias.rescale(changed[0])
