"""A flatbuffer taken apart, so that operators and tensors can be changed, and packed again."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from litebrush_export.flatbuffer import OPERATOR_NAMES
from litebrush_export.packing import pack, unpack

_CODE_OF_OLD_FORMAT = 127  # higher operator codes have a field of their own
WITH_KERNELS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"})
_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.int8): schema.TensorType.INT8,
}
_DTYPES = {code: dtype for dtype, code in _TYPES.items()}


class EditableModel:
    """A network as objects that may be changed.

    Attributes:
        graphs: its subgraphs.
    """

    def __init__(self, flatbuffer: bytes) -> None:
        """Take a flatbuffer apart."""
        self._model = unpack(flatbuffer)
        self.graphs = [EditableGraph(self, subgraph) for subgraph in self._model.subgraphs]

    def packed(self) -> bytes:
        """The flatbuffer of the network as it is now."""
        return pack(self._model)

    def operator_name(self, operator: Any) -> str:
        """Such as ``CONV_2D``."""
        code = self._model.operatorCodes[operator.opcodeIndex]
        return str(OPERATOR_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)])

    def operator_code(self, name: str, version: int = 1) -> int:
        """Number of an operator code in this network, added where it is missing."""
        wanted = getattr(schema.BuiltinOperator, name)
        for number, code in enumerate(self._model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == wanted and code.version == version:
                return number
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode, code.version = wanted, min(wanted, _CODE_OF_OLD_FORMAT), version
        self._model.operatorCodes.append(code)
        return len(self._model.operatorCodes) - 1

    def constant(self, tensor: Any) -> NDArray[Any] | None:
        """The stored values of a tensor in its shape; None where it is computed, or of another type."""
        data = self._model.buffers[tensor.buffer].data
        if data is None or len(data) == 0 or tensor.type not in _DTYPES:
            return None
        shape = [] if tensor.shape is None else list(tensor.shape)
        return np.frombuffer(bytes(data), _DTYPES[tensor.type]).reshape(shape)

    def kernel_of(self, graph: EditableGraph, operator: Any) -> NDArray[np.float32] | None:
        """The real weights of an operator that has some, outputs first; None for others."""
        if self.operator_name(operator) not in WITH_KERNELS:
            return None
        tensor = graph.tensor(operator.inputs[1])
        stored = self.constant(tensor)
        if stored is None or stored.dtype == np.int32:
            return None
        return real_values_of(tensor, stored) if is_quantized(tensor) else stored

    def bias_of(self, graph: EditableGraph, operator: Any) -> Bias | None:
        """The 32-bit bias of an operator that has one."""
        for index in map(int, operator.inputs):
            tensor = graph.tensor(index) if index >= 0 else None
            if tensor is not None and tensor.type == schema.TensorType.INT32 and is_quantized(tensor):
                return Bias(self, tensor)
        return None

    def store(self, values: NDArray[Any]) -> int:
        """Number of a new buffer that holds an array."""
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return len(self._model.buffers) - 1

    def redirect_output(self, graph: EditableGraph, before: int, after: int) -> None:
        """Give callers another tensor of a subgraph in the place of an output."""
        number = self.graphs.index(graph)
        graph.subgraph.outputs = [after if int(index) == before else int(index) for index in graph.subgraph.outputs]
        for signature in self._model.signatureDefs or ():
            if signature.subgraphIndex == number:
                for output in signature.outputs:
                    if output.tensorIndex == before:
                        output.tensorIndex = after

    def signature_tensors(self, signature: str) -> tuple[EditableGraph, dict[str, int]]:
        """The subgraph of a signature, and the numbers of its inputs and outputs by name."""
        found = next(each for each in self._model.signatureDefs if each.signatureKey.decode() == signature)
        tensors = {each.name.decode(): int(each.tensorIndex) for each in (*found.inputs, *found.outputs)}
        return self.graphs[found.subgraphIndex], tensors


class EditableGraph:
    """One subgraph.

    Attributes:
        subgraph: the objects of the schema.
    """

    def __init__(self, model: EditableModel, subgraph: Any) -> None:
        """Belong to a model."""
        self._model = model
        self.subgraph = subgraph

    @property
    def operators(self) -> list[Any]:
        """In execution order."""
        return list(self.subgraph.operators)

    @operators.setter
    def operators(self, operators: Sequence[Any]) -> None:
        self.subgraph.operators = list(operators)

    def tensor(self, index: int) -> Any:
        """A tensor by its number."""
        return self.subgraph.tensors[index]

    def new_tensor(self, like: int, name: str, dtype: type[np.generic] | None = None, quantization: Any = None) -> int:
        """Number of a new computed tensor of the shape of another one, and of its type unless another is given."""
        tensor = copy.copy(self.tensor(like))
        tensor.name, tensor.buffer, tensor.quantization = name.encode(), 0, quantization
        tensor.type = tensor.type if dtype is None else _TYPES[np.dtype(dtype)]
        self.subgraph.tensors.append(tensor)
        return len(self.subgraph.tensors) - 1

    def new_constant(self, like: int, name: str, values: NDArray[Any]) -> int:
        """Number of a new constant tensor of the shape of another one, without scales."""
        index = self.new_tensor(like, name, values.dtype.type)
        self.tensor(index).buffer = self._model.store(values)
        return index

    def new_operator(self, name: str, source: int, result: int) -> Any:
        """An operator without options from one tensor to another; the caller puts it in its place."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self._model.operator_code(name)
        operator.inputs, operator.outputs = [source], [result]
        return operator


class Bias:
    """A bias in 32-bit integers, whose scale is the product of those of activations and weights."""

    def __init__(self, model: EditableModel, tensor: Any) -> None:
        """Belong to a model."""
        self._model, self._tensor = model, tensor

    def rescale(self, factor: float) -> None:
        """Keep its real values when the scale of the activations is multiplied by a factor."""
        quantization = self._tensor.quantization
        stored = self._model.constant(self._tensor)
        quantization.scale = (np.asarray(quantization.scale, np.float64) * factor).astype(np.float32)
        self._tensor.buffer = self._model.store(np.rint(stored / factor).astype(np.int32))

    def add(self, real: NDArray[np.float64]) -> None:
        """Add real values, one a channel."""
        stored = self._model.constant(self._tensor)
        scale = np.asarray(self._tensor.quantization.scale, np.float64)
        self._tensor.buffer = self._model.store(np.rint(stored + real / scale).astype(np.int32))


def is_quantized(tensor: Any) -> bool:
    """Whether a tensor's integers have a scale."""
    quantization = tensor.quantization
    return quantization is not None and quantization.scale is not None and len(quantization.scale) > 0


def real_values_of(tensor: Any, stored: NDArray[Any]) -> NDArray[np.float32]:
    """The real values that stored integers stand for; scales may be one for each channel."""
    quantization = tensor.quantization
    scale, zero_point = (np.asarray(each) for each in (quantization.scale, quantization.zeroPoint))
    shape = [1] * stored.ndim
    if len(scale) > 1:
        shape[quantization.quantizedDimension] = len(scale)
    real = (stored.astype(np.float64) - zero_point.reshape(shape)) * scale.astype(np.float64).reshape(shape)
    return real.astype(np.float32)
