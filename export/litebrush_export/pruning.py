"""Zeros in the kernels of a flatbuffer: making them without training, and counting them.

Pruned is the float32 flatbuffer, in place, before it is quantized: what any source becomes on its way to any precision.
The smallest weights go, as in Han et al. 2015, "Learning both weights and connections"; nothing is trained afterwards,
so the picture pays for it. Biases are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from litebrush.errors import ConversionError

_KERNEL_INPUT = 1
_OPERATORS = schema.BuiltinOperator
_WITH_KERNELS = {
    _OPERATORS.CONV_2D: "CONV_2D",
    _OPERATORS.DEPTHWISE_CONV_2D: "DEPTHWISE_CONV_2D",
    _OPERATORS.FULLY_CONNECTED: "FULLY_CONNECTED",
    _OPERATORS.TRANSPOSE_CONV: "TRANSPOSE_CONV",
}
_TYPES = {
    schema.TensorType.FLOAT32: np.dtype("<f4"),
    schema.TensorType.FLOAT16: np.dtype("<f2"),
    schema.TensorType.INT8: np.dtype("i1"),
}
_GROUP, _ZEROS_OF_GROUP = 4, 2


@dataclass(frozen=True)
class Pruning:
    """What is to become zero.

    Attributes:
        sparsity: share of all kernel weights, the smallest wherever they are; None: two of every four.
    """

    sparsity: float | None

    def __post_init__(self) -> None:
        if self.sparsity is not None and not 0 < self.sparsity < 1:
            raise ConversionError(f"a sparsity of {self.sparsity:g} is not possible; give a share such as 0.6, or 2:4")

    @classmethod
    def parse(cls, text: str) -> Pruning:
        """From ``0.6`` or ``2:4``.

        Raises:
            ConversionError: neither a share nor 2:4.
        """
        if text == "2:4":
            return cls(None)
        try:
            return cls(float(text))
        except ValueError:
            raise ConversionError(f"'{text}' is no way to prune; give a share such as 0.6, or 2:4") from None


@dataclass(frozen=True)
class LayerZeros:
    """Weights of one kernel.

    Attributes:
        operator: such as ``CONV_2D``.
        shape: as the flatbuffer has it; outputs first.
        zeros: how many are zero.
    """

    operator: str
    shape: tuple[int, ...]
    zeros: int

    @property
    def weights(self) -> int:
        """How many there are."""
        return int(np.prod(self.shape))


def prune(flatbuffer: bytes, pruning: Pruning) -> bytes:
    """A float32 network with zeros among its kernels; layout and everything else stay as they were.

    2:4 takes the two smallest of every four weights that follow each other along the inputs of one output, in every
    kernel whose inputs come in fours; not in depthwise kernels, which have one input.

    Raises:
        ConversionError: there is no kernel that can be pruned.
    """
    pruned = bytearray(flatbuffer)
    kernels = [kernel for kernel in _kernels(pruned) if kernel.values.dtype == np.dtype("<f4")]
    if pruning.sparsity is None:
        kernels = [kernel for kernel in kernels if kernel.fits_groups]
    if not kernels:
        raise ConversionError("the network has no kernels in float32 that can be pruned this way; export it unpruned")
    if pruning.sparsity is None:
        for kernel in kernels:
            groups = kernel.values.reshape(-1, _GROUP)
            smallest = np.argsort(np.abs(groups), axis=1, kind="stable")[:, :_ZEROS_OF_GROUP]
            np.put_along_axis(groups, smallest, 0, axis=1)
    else:
        _prune_globally([kernel.values for kernel in kernels], pruning.sparsity)
    return bytes(pruned)


def zeros_by_layer(flatbuffer: bytes) -> tuple[LayerZeros, ...]:
    """The zeros of each kernel, in the order of the operators, in any precision.

    A quantized kernel is symmetric in TFLite: a stored 0 stands for 0.
    """
    return tuple(
        LayerZeros(kernel.operator, kernel.shape, int(np.count_nonzero(kernel.values == 0)))
        for kernel in _kernels(bytearray(flatbuffer))
    )


def _prune_globally(kernels: list[NDArray[Any]], sparsity: float) -> None:
    magnitudes = np.concatenate([np.abs(values) for values in kernels])
    smallest = np.argsort(magnitudes, kind="stable")[: round(sparsity * len(magnitudes))]
    keep = np.ones(len(magnitudes), bool)
    keep[smallest] = False
    for values, kept in zip(kernels, np.split(keep, np.cumsum([len(each) for each in kernels])[:-1])):
        values[~kept] = 0


@dataclass(frozen=True)
class _Kernel:
    """A constant kernel; ``values`` is a flat view of the flatbuffer's own bytes."""

    operator: str
    shape: tuple[int, ...]
    values: NDArray[Any]

    @property
    def fits_groups(self) -> bool:
        return self.operator != "DEPTHWISE_CONV_2D" and self.shape[-1] % _GROUP == 0


def _kernels(flatbuffer: bytearray) -> Iterator[_Kernel]:
    """Each kernel once, though several operators may share it."""
    model = schema.Model.GetRootAs(flatbuffer, 0)
    seen: set[int] = set()
    for graph in (model.Subgraphs(index) for index in range(model.SubgraphsLength())):
        operators = [graph.Operators(index) for index in range(graph.OperatorsLength())]
        widened = {each.Outputs(0): each.Inputs(0) for each in operators if _code(model, each) == _OPERATORS.DEQUANTIZE}
        for operator in operators:
            name = _WITH_KERNELS.get(_code(model, operator))
            if name is None:
                continue
            index = operator.Inputs(_KERNEL_INPUT)
            tensor = graph.Tensors(widened.get(index, index))
            values = model.Buffers(tensor.Buffer()).DataAsNumpy()
            if tensor.Buffer() in seen or tensor.Type() not in _TYPES or isinstance(values, int):
                continue
            seen.add(tensor.Buffer())
            yield _Kernel(name, tuple(map(int, tensor.ShapeAsNumpy())), values.view(_TYPES[tensor.Type()]))


def _code(model: Any, operator: Any) -> int:
    code = model.OperatorCodes(operator.OpcodeIndex())
    return int(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
