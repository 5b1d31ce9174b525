"""A transposed convolution of stride 2 as a convolution and DEPTH_TO_SPACE.

Each of the four pixels that an input pixel becomes sees its own taps of the kernel: four convolutions at the input's
size, whose results are interleaved. Shi et al. 2016, "Is the deconvolution layer the same as a convolutional layer?".

The four share one window. In a kernel of even length whose first tap is cut off, such as 4x4 with SAME padding, they
need different places of it; then what lies before the cut is computed too and sliced away, which takes fewer products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from litebrush_export.rewrites.graph import Graph, OperatorT

_STRIDE = 2
_FUSABLE = {
    "RELU": schema.ActivationFunctionType.RELU,
    "RELU6": schema.ActivationFunctionType.RELU6,
    "RELU_N1_TO_1": schema.ActivationFunctionType.RELU_N1_TO_1,
}


def rearrange_transposed_convolution(graph: Graph) -> tuple[str, ...]:
    """Rewrite every TRANSPOSE_CONV of stride 2 in both directions.

    A bias and a fused activation are kept; a RELU that follows on its own is fused into the convolution. A PAD comes
    before it where neither SAME nor VALID puts the right zeros around the input, a SLICE behind it where the result has
    odd sides. Left alone are kernels that are not constant and sides that are only known while running.

    Returns:
        Names of the tensors that are computed differently.
    """
    changed = (_rearrange(graph, each) for each in graph.operators if graph.name(each) == "TRANSPOSE_CONV")
    return tuple(name for name in changed if name is not None)


@dataclass(frozen=True)
class _Axis:
    """One axis of the convolution that computes both phases.

    Attributes:
        taps: which tap of the kernel each phase takes at each place, (2, length); -1 for none.
        before, after: zeros that the input needs in front of it and behind it.
        phase_length: how many results of each phase.
        cut: how many of the interleaved results to leave out in front.
        result: how many there are in the end.
    """

    taps: NDArray[np.int64]
    before: int
    after: int
    phase_length: int
    cut: int
    result: int

    @property
    def is_same(self) -> bool:
        """Whether SAME padding puts these zeros there."""
        length = self.taps.shape[1]
        return (self.before, self.after) == ((length - 1) // 2, length // 2)

    @property
    def is_valid(self) -> bool:
        """Whether no zeros are needed."""
        return self.before == self.after == 0

    @property
    def is_whole(self) -> bool:
        """Whether the interleaved results are those that are wanted."""
        return self.result == _STRIDE * self.phase_length


def _axis(side: int, result: int, kernel: int) -> _Axis | None:
    """The phases of one axis; None where its sides are not known.

    Result ``2 q + phase`` is the sum over ``offset`` of input ``q + offset`` times tap ``phase + cut - 2 offset``,
    where ``cut`` is what the padding takes away from the front of the full result.
    """
    if side < 1 or result < 1:
        return None
    cut = max((side - 1) * _STRIDE + kernel - result, 0) // 2
    cut_later = cut % _STRIDE if kernel % _STRIDE == 0 else 0
    cut -= cut_later
    offsets = np.arange(-((kernel - 1 - cut) // _STRIDE), (cut + 1) // _STRIDE + 1)
    taps = np.arange(_STRIDE)[:, None] + cut - _STRIDE * offsets
    length = -(-(result + cut_later) // _STRIDE)
    return _Axis(
        taps=np.where((taps >= 0) & (taps < kernel), taps, -1),
        before=-int(offsets[0]),
        after=length - side + int(offsets[-1]),
        phase_length=length,
        cut=cut_later,
        result=result,
    )


def _rearrange(graph: Graph, old: OperatorT) -> str | None:
    _, kernel, image, *_ = inputs = graph.inputs(old)
    weights = graph.constant(kernel)
    bias = graph.constant(inputs[3]) if len(inputs) > 3 and inputs[3] >= 0 else np.zeros(1, np.float32)
    options, (result,) = old.builtinOptions, graph.outputs(old)
    if weights is None or bias is None or not graph.is_float(image) or not graph.is_float(kernel):
        return None
    if (options.strideH, options.strideW) != (_STRIDE, _STRIDE):
        return None
    batch, height, width, _ = graph.shape(image)
    _, result_height, result_width, channels = graph.shape(result)
    rows = _axis(height, result_height, weights.shape[1])
    columns = _axis(width, result_width, weights.shape[2])
    if rows is None or columns is None:
        return None
    axes = (rows, columns)
    activation, result = _with_following_activation(graph, result, options.fusedActivationFunction)
    name = graph.tensor_name(result)
    padded, pad, padding = _padded(graph, image, axes, name)
    convolution = schema.Conv2DOptionsT()
    convolution.padding, convolution.fusedActivationFunction = padding, activation
    convolution.strideH = convolution.strideW = 1
    lengths = (rows.phase_length, columns.phase_length)
    phases = graph.add_tensor((batch, *lengths, _STRIDE**2 * channels), f"{name}/phases")
    inputs = (
        padded,
        graph.add_constant(_phase_kernels(weights, rows, columns), f"{name}/kernel"),
        graph.add_constant(np.resize(bias, _STRIDE**2 * channels).astype(np.float32), f"{name}/bias"),
    )
    interleaved, cut = _cut(graph, result, axes, name)
    rearrangement = schema.DepthToSpaceOptionsT()
    rearrangement.blockSize = _STRIDE
    new = (
        *pad,
        graph.make("CONV_2D", inputs, (phases,), convolution),
        graph.make("DEPTH_TO_SPACE", (phases,), (interleaved,), rearrangement),
        *cut,
    )
    graph.replace(graph.producer(result), new)
    return name


def _phase_kernels(weights: NDArray[np.float32], rows: _Axis, columns: _Axis) -> NDArray[np.float32]:
    """From (channels, height, width, inputs) to (4 channels, rows, columns, inputs), in the order of DEPTH_TO_SPACE."""
    with_none = np.pad(weights, ((0, 0), (0, 1), (0, 1), (0, 0)))  # tap -1 is the zero behind the last
    kernels = [with_none[:, rows.taps[y]][:, :, columns.taps[x]] for y in range(_STRIDE) for x in range(_STRIDE)]
    return np.ascontiguousarray(np.concatenate(kernels))


def _with_following_activation(graph: Graph, result: int, fused: int) -> tuple[int, int]:
    """The activation function to fuse, and the tensor behind it."""
    user = graph.only_user(result)
    if fused != schema.ActivationFunctionType.NONE or user is None or graph.name(user) not in _FUSABLE:
        return fused, result
    return _FUSABLE[graph.name(user)], graph.outputs(user)[0]


def _padded(graph: Graph, image: int, axes: tuple[_Axis, _Axis], name: str) -> tuple[int, tuple[OperatorT, ...], int]:
    """The convolution's input, the operator that makes it, if any, and the convolution's padding."""
    if all(axis.is_valid for axis in axes):
        return image, (), schema.Padding.VALID
    if all(axis.is_same for axis in axes):
        return image, (), schema.Padding.SAME
    zeros = np.array([(0, 0), *((axis.before, axis.after) for axis in axes), (0, 0)], np.int32)
    sides = graph.shape(image)
    shape = tuple(side if side < 0 else side + int(more) for side, more in zip(sides, zeros.sum(axis=1)))
    padded = graph.add_tensor(shape, f"{name}/padded")
    inputs = (image, graph.add_constant(zeros, f"{name}/zeros"))
    return padded, (graph.make("PAD", inputs, (padded,), schema.PadOptionsT()),), schema.Padding.VALID


def _cut(graph: Graph, result: int, axes: tuple[_Axis, _Axis], name: str) -> tuple[int, tuple[OperatorT, ...]]:
    """The tensor of interleaved results, and the operator that takes from it what is wanted, if any."""
    if all(axis.is_whole for axis in axes):
        return result, ()
    batch, *_, channels = graph.shape(result)
    interleaved = graph.add_tensor(
        (batch, *(_STRIDE * axis.phase_length for axis in axes), channels), f"{name}/interleaved"
    )
    begins = np.array([0, *(axis.cut for axis in axes), 0], np.int32)
    sizes = np.array([-1, *(axis.result for axis in axes), -1], np.int32)
    inputs = (interleaved, graph.add_constant(begins, f"{name}/begins"), graph.add_constant(sizes, f"{name}/sizes"))
    return interleaved, (graph.make("SLICE", inputs, (result,), schema.SliceOptionsT()),)
