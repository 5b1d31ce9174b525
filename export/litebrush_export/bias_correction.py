"""Biases that make up for what rounding the weights adds on average.

Rounded weights differ from the trained ones; times activations whose mean is not zero the difference becomes a constant
in each channel, which a person sees as a shift of brightness or colour. It is taken off the bias, as in Nagel et al.
2019, "Data-free quantization through weight equalization and bias correction", section 4.2, with means of the
activations taken from the representative dataset.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from litebrush_export.editing import EditableModel
from litebrush_export.islands import Place, eight_bit_operators, leave_in_float
from litebrush_export.observation import Sample, observe

_HALF_A_STEP = 0.5 + 1e-3
_CORRECTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def correct_biases(flatbuffer: bytes, float32: bytes, samples: Iterable[Sample]) -> bytes:
    """The 8-bit network with corrected biases.

    Args:
        flatbuffer: an 8-bit network.
        float32: the network that it was made from. Operators are matched by the order of their kernels; where a
            kernel is not the rounded one, as after further training, the network is given back as it was.
        samples: representative dataset: signature names and float32 inputs by tensor name.
    """
    errors = kernel_errors(flatbuffer, float32)
    if errors is None:
        return flatbuffer
    means = _mean_inputs(flatbuffer, samples)
    model = EditableModel(flatbuffer)
    for place, error in errors.items():
        graph = model.graphs[place.graph]
        operator = graph.operators[place.operator]
        bias = model.bias_of(graph, operator)
        if bias is not None and place in means and model.operator_name(operator) in _CORRECTED:
            bias.add(_mean_of_sum(error, means[place], model.operator_name(operator)))
    return model.packed()


def kernel_errors(flatbuffer: bytes, float32: bytes) -> dict[Place, NDArray[np.float64]] | None:
    """Trained minus rounded weights of each kernel of an 8-bit network; None if it was made from another network."""
    rounded, trained = _kernels(flatbuffer), _kernels(float32)
    if [kernel.shape for kernel in rounded.values()] != [kernel.shape for kernel in trained.values()]:
        return None
    errors = {
        place: weights.astype(np.float64) - kernel
        for (place, kernel), weights in zip(rounded.items(), trained.values())
    }
    if all(_is_rounding(kernel, errors[place]) for place, kernel in rounded.items()):
        return errors
    return None


def _kernels(flatbuffer: bytes) -> dict[Place, NDArray[np.float32]]:
    model = EditableModel(flatbuffer)
    found = {
        Place(number, index): model.kernel_of(graph, operator)
        for number, graph in enumerate(model.graphs)
        for index, operator in enumerate(graph.operators)
    }
    return {place: kernel for place, kernel in found.items() if kernel is not None}


def _is_rounding(kernel: NDArray[np.float32], error: NDArray[np.float64]) -> bool:
    """Whether an error is at most half a step of 127 steps to the largest weight, of the whole kernel at least."""
    return float(np.max(np.abs(error))) <= _HALF_A_STEP * float(np.max(np.abs(kernel))) / 127


def _mean_inputs(flatbuffer: bytes, samples: Iterable[Sample]) -> dict[Place, NDArray[np.float64]]:
    """Mean over samples and places of what goes into each operator, one value a channel."""
    widened = leave_in_float(flatbuffer, eight_bit_operators(flatbuffer))
    model = EditableModel(widened.flatbuffer)
    source = {
        (number, int(operator.outputs[0])): int(operator.inputs[0])
        for number, graph in enumerate(model.graphs)
        for operator in graph.operators
    }
    sums: dict[Place, list[NDArray[np.float64]]] = {}
    for graph, computed in observe(widened.flatbuffer, samples):
        for place, result in widened.results.items():
            index = source[place.graph, result]
            if place.graph == graph and index in computed:
                values = computed[index]
                sums.setdefault(place, []).append(values.reshape(-1, values.shape[-1]).mean(0, dtype=np.float64))
    return {place: np.mean(each, axis=0) for place, each in sums.items()}


def _mean_of_sum(error: NDArray[np.float64], mean_input: NDArray[np.float64], operator: str) -> NDArray[np.float64]:
    """What kernel errors, outputs first, add to each output on average."""
    if operator == "DEPTHWISE_CONV_2D":  # (1, height, width, outputs); the outputs of an input follow each other
        multiplier = error.shape[-1] // len(mean_input)
        return error.sum(axis=(0, 1, 2)) * np.repeat(mean_input, multiplier)
    return error.reshape(len(error), -1, error.shape[-1]).sum(axis=1) @ mean_input
