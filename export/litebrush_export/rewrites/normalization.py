"""Scales and shifts of channels, as batch normalization leaves them, in the kernel and bias of a convolution nearby.

TensorFlow's converter folds a normalization right behind a convolution. What it leaves: one behind a RESHAPE (the first
layers of a DCGAN, Radford et al. 2016), one behind an enlargement, and one before a convolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from litebrush_export.rewrites.graph import Graph, OperatorT

Channels = NDArray[np.float64]

_NO_ACTIVATION = schema.ActivationFunctionType.NONE
_BIASED, _ACTIVATED = 3, 4  # versions of TRANSPOSE_CONV


def fold_normalization(graph: Graph) -> tuple[str, ...]:
    """Fold every MUL, DIV, ADD and SUB with one constant a channel that a convolution can take over.

    Behind a CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV or FULLY_CONNECTED all of them, with the activation function
    that is fused into them; RESHAPE, RESIZE_NEAREST_NEIGHBOR and DEPTH_TO_SPACE may come between. Before a convolution
    a scale, and a shift where no zeros are put around the input. Left alone is what has an activation function or
    another reader between.

    Returns:
        Names of the tensors that are computed differently.
    """
    places = []
    while (place := _fold_first(graph)) is not None:
        places.append(place)
    return tuple(dict.fromkeys(places))


@dataclass(frozen=True)
class _Affine:
    """``scale * value + shift``, one of each a channel or one for all.

    Attributes:
        operator: that does it.
        value: the tensor that it changes.
        scale, shift: (channels,) or (1,).
    """

    operator: OperatorT
    value: int
    scale: Channels
    shift: Channels

    def over(self, channels: int) -> _Affine | None:
        """For a multiple of the channels, in which they come again and again; None where they do not."""
        if channels < 1 or channels % len(self.scale):
            return None
        return _Affine(self.operator, self.value, np.resize(self.scale, channels), np.resize(self.shift, channels))


@dataclass(frozen=True)
class _Kernel:
    """Where a convolution's kernel has its channels, and the number of each input.

    Attributes:
        output_axis, input_axis: of the kernel; input -1: the outputs are multiples of the inputs.
        image, bias: numbers of the operator's inputs; the kernel is 1 always.
    """

    output_axis: int
    input_axis: int
    image: int = 0
    bias: int = 2


_KERNELS = {
    "CONV_2D": _Kernel(0, 3),
    "DEPTHWISE_CONV_2D": _Kernel(3, -1),
    "FULLY_CONNECTED": _Kernel(0, 1),
    "TRANSPOSE_CONV": _Kernel(0, 3, image=2, bias=3),
}
_MOVERS_BEHIND = ("RESHAPE", "RESIZE_NEAREST_NEIGHBOR", "DEPTH_TO_SPACE")
_MOVERS_BEFORE = ("RESHAPE", "RESIZE_NEAREST_NEIGHBOR", "SPACE_TO_DEPTH")


def _fold_first(graph: Graph) -> str | None:
    for operator in graph.operators:
        affine = _affine(graph, operator)
        if affine is None:
            continue
        place = _fold_backward(graph, affine) or _fold_forward(graph, affine)
        if place is not None:
            return place
    return None


def _affine(graph: Graph, operator: OperatorT) -> _Affine | None:
    name = graph.name(operator)
    if name not in ("MUL", "DIV", "ADD", "SUB"):
        return None
    left, right = graph.inputs(operator)
    flipped = graph.constant(left) is not None
    value, constant = (right, graph.constant(left)) if flipped else (left, graph.constant(right))
    (result,) = graph.outputs(operator)
    if constant is None or not graph.is_float(value) or (flipped and name == "DIV"):
        return None
    shape = graph.shape(value)
    if not shape:
        return None
    by_channel = constant.ndim > 0 and constant.shape[-1] == constant.size == shape[-1]
    if constant.ndim > len(shape) or graph.shape(result)[-1] != shape[-1] or not (by_channel or constant.size == 1):
        return None
    number = constant.reshape(-1).astype(np.float64)
    one, zero = np.ones_like(number), np.zeros_like(number)
    if name == "DIV" and not number.all():
        return None
    scale, shift = {
        "MUL": (number, zero),
        "DIV": (1 / number if name == "DIV" else one, zero),
        "ADD": (one, number),
        "SUB": (-one, number) if flipped else (one, -number),
    }[name]
    return _Affine(operator, value, scale, shift)


def _fold_backward(graph: Graph, affine: _Affine) -> str | None:
    """Into the convolution that the value comes from."""
    operator, folded = _convolution_behind(graph, affine)
    if operator is None or folded is None or operator.builtinOptions.fusedActivationFunction != _NO_ACTIVATION:
        return None
    kernel = _KERNELS[graph.name(operator)]
    weights, bias = _constants(graph, operator, kernel)
    folded = folded.over(0 if weights is None else weights.shape[kernel.output_axis])
    if weights is None or bias is None or folded is None:
        return None
    (result,) = graph.outputs(affine.operator)
    name = graph.tensor_name(result)
    others = [axis for axis in range(weights.ndim) if axis != kernel.output_axis]
    scaled = weights * np.expand_dims(folded.scale, others)
    _put(graph, operator, kernel, scaled, bias * folded.scale + folded.shift, name)
    operator.builtinOptions.fusedActivationFunction = affine.operator.builtinOptions.fusedActivationFunction
    if operator.builtinOptions.fusedActivationFunction != _NO_ACTIVATION and graph.name(operator) == "TRANSPOSE_CONV":
        graph.raise_version(operator, _ACTIVATED)
    graph.producer(affine.value).outputs = affine.operator.outputs
    graph.replace(affine.operator, ())
    return name


def _convolution_behind(graph: Graph, affine: _Affine) -> tuple[OperatorT | None, _Affine | None]:
    """The convolution that a value comes from, and the affine for its channels; None where there is none."""
    reader, tensor, folded = affine.operator, affine.value, affine
    if graph.only_user(tensor) is not reader:
        return None, None
    while graph.only_user(tensor, besides_its_shape=True) is reader:
        producer = graph.producer(tensor)
        if producer is None:
            break
        if graph.name(producer) in _KERNELS:
            return producer, folded
        if graph.name(producer) not in _MOVERS_BEHIND:
            break
        reader, tensor = producer, graph.inputs(producer)[0]
        wider = folded.over(graph.shape(tensor)[-1])
        if wider is None:
            break
        folded = wider
    return None, None


def _fold_forward(graph: Graph, affine: _Affine) -> str | None:
    """Into the convolution that reads the result."""
    operator, folded = _convolution_before(graph, affine)
    if operator is None or folded is None:
        return None
    kernel = _KERNELS[graph.name(operator)]
    weights, bias = _constants(graph, operator, kernel)
    if weights is None or bias is None or (folded.shift.any() and not _without_zeros(graph, operator, weights)):
        return None
    multiplier = operator.builtinOptions.depthMultiplier if kernel.input_axis < 0 else 1
    folded = folded.over(weights.shape[kernel.input_axis] // multiplier)
    if folded is None:
        return None
    axis = kernel.input_axis % weights.ndim
    others = [each for each in range(weights.ndim) if each != axis]
    scale, shift = (np.expand_dims(np.repeat(each, multiplier), others) for each in (folded.scale, folded.shift))
    summed = tuple(each for each in range(weights.ndim) if each != kernel.output_axis)
    name = graph.tensor_name(graph.outputs(operator)[0])
    _put(graph, operator, kernel, weights * scale, bias + (weights * shift).sum(axis=summed), name)
    (result,) = graph.outputs(affine.operator)
    reader = graph.only_user(result)
    reader.inputs = np.array([affine.value if each == result else each for each in graph.inputs(reader)], np.int32)
    graph.replace(affine.operator, ())
    return name


def _convolution_before(graph: Graph, affine: _Affine) -> tuple[OperatorT | None, _Affine | None]:
    """The convolution that a result goes to, and the affine for its channels; None where there is none."""
    if affine.operator.builtinOptions.fusedActivationFunction != _NO_ACTIVATION:
        return None, None
    (tensor,), folded = graph.outputs(affine.operator), affine
    while (reader := graph.only_user(tensor)) is not None:
        kernel = _KERNELS.get(graph.name(reader))
        if kernel is not None:
            return (reader, folded) if graph.inputs(reader)[kernel.image] == tensor else (None, None)
        if graph.name(reader) not in _MOVERS_BEFORE:
            break
        (tensor,) = graph.outputs(reader)
        wider = folded.over(graph.shape(tensor)[-1])
        if wider is None:
            break
        folded = wider
    return None, None


def _without_zeros(graph: Graph, operator: OperatorT, weights: Channels) -> bool:
    """Whether every result sees the input only: a shift would not reach zeros that are put around it."""
    name = graph.name(operator)
    if name == "FULLY_CONNECTED":
        return True
    if name == "TRANSPOSE_CONV":
        return False  # its borders see fewer inputs
    return operator.builtinOptions.padding == schema.Padding.VALID or weights.shape[1:3] == (1, 1)


def _constants(graph: Graph, operator: OperatorT, kernel: _Kernel) -> tuple[Channels | None, Channels | None]:
    """Kernel and bias, zero where there is none; None where one of them is computed or not in float32."""
    inputs = graph.inputs(operator)
    weights = graph.constant(inputs[1])
    if weights is None or not graph.is_float(inputs[1]):
        return None, None
    if kernel.bias >= len(inputs) or inputs[kernel.bias] < 0:
        return weights.astype(np.float64), np.zeros(weights.shape[kernel.output_axis])
    bias = graph.constant(inputs[kernel.bias])
    return weights.astype(np.float64), None if bias is None else bias.astype(np.float64)


def _put(graph: Graph, operator: OperatorT, kernel: _Kernel, weights: Channels, bias: Channels, name: str) -> None:
    """Give a convolution constants of its own: the old ones may belong to others too."""
    inputs = [*graph.inputs(operator), -1][: max(kernel.bias + 1, len(graph.inputs(operator)))]
    inputs[1] = graph.add_constant(weights.astype(np.float32), f"{name}/kernel")
    inputs[kernel.bias] = graph.add_constant(bias.astype(np.float32), f"{name}/bias")
    operator.inputs = np.array(inputs, np.int32)
    if graph.name(operator) == "TRANSPOSE_CONV":
        graph.raise_version(operator, _BIASED)
