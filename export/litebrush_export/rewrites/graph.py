"""A flatbuffer that is open for changes: who makes a tensor, who uses it, and operators in the place of others.

Tensors keep their numbers while a network is changed. What nobody refers to any more is dropped when it is packed, as
tools that look at every tensor stumble over one that is never computed; signatures follow their tensors.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from litebrush.errors import ModelFileError
from litebrush_export.flatbuffer import OPERATOR_NAMES
from litebrush_export.packing import pack

OperatorT = Any
_CODES = {name: code for code, name in OPERATOR_NAMES.items()}
_LARGEST_OLD_CODE = 127
_TYPES = {
    schema.TensorType.FLOAT32: np.dtype("<f4"),
    schema.TensorType.INT32: np.dtype("<i4"),
    schema.TensorType.INT64: np.dtype("<i8"),
}
_TYPE_CODES = {dtype: code for code, dtype in _TYPES.items()}


class Network:
    """A whole file.

    Args:
        flatbuffer: a .tflite whose buffers are all inside of the flatbuffer; see :func:`can_be_changed`.

    Raises:
        ModelFileError: the bytes are not a .tflite flatbuffer.

    Attributes:
        graphs: its subgraphs, those of loops among them.
    """

    def __init__(self, flatbuffer: bytes) -> None:
        if flatbuffer[4:8] != b"TFL3":
            raise ModelFileError("this is not a .tflite file: its flatbuffer identifier 'TFL3' is missing")
        try:
            self._model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
        except (struct.error, IndexError, TypeError, ValueError, AttributeError) as problem:
            raise ModelFileError(f"this .tflite file is damaged: {type(problem).__name__}: {problem}") from None
        self.graphs = tuple(Graph(self, subgraph) for subgraph in self._model.subgraphs or ())

    @property
    def can_be_changed(self) -> bool:
        """Whether all values are inside of the flatbuffer, and not behind it at offsets that would move."""
        buffers_inside = all(buffer.offset <= 1 for buffer in self._model.buffers)
        return buffers_inside and not any(
            operator.largeCustomOptionsOffset for graph in self.graphs for operator in graph.operators
        )

    def packed(self) -> bytes:
        """The flatbuffer, with values aligned as the converter aligns them."""
        self._drop_unused()
        return pack(self._model)

    def operator_name(self, operator: OperatorT) -> str:
        """Such as ``CONV_2D``."""
        code = self._model.operatorCodes[operator.opcodeIndex]
        return OPERATOR_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]

    def operator_code(self, name: str, version: int) -> int:
        """Index of an operator's code, which is added where the file has none of this version."""
        number = _CODES[name]
        for index, code in enumerate(self._model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == number and code.version == version:
                return index
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode = number, min(number, _LARGEST_OLD_CODE)
        code.version = version
        self._model.operatorCodes.append(code)
        return len(self._model.operatorCodes) - 1

    def version_of(self, operator: OperatorT) -> int:
        """Of the operator's code."""
        return int(self._model.operatorCodes[operator.opcodeIndex].version)

    def values_of(self, buffer: int) -> NDArray[np.uint8] | None:
        """The bytes of a buffer; None for an empty one."""
        data = self._model.buffers[buffer].data
        return None if data is None or len(data) == 0 else np.asarray(data, np.uint8)

    def add_buffer(self, values: NDArray[Any]) -> int:
        """Store values and give the number of their buffer."""
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return len(self._model.buffers) - 1

    def _drop_unused(self) -> None:
        for index, graph in enumerate(self.graphs):
            numbers = graph.drop_unused_tensors()
            signatures = [each for each in self._model.signatureDefs or () if each.subgraphIndex == index]
            for tensor in (each for signature in signatures for each in (*signature.inputs, *signature.outputs)):
                tensor.tensorIndex = numbers[tensor.tensorIndex]
        read = {0, *(each.buffer for each in self._model.metadata or ()), *_listed(self._model.metadataBuffer)}
        read |= {buffer for graph in self.graphs for buffer in graph.buffers}
        for number, buffer in enumerate(self._model.buffers):
            if number not in read:
                buffer.data = None


class Graph:
    """One subgraph of a network. Tensors go by their numbers, operators by the schema's own objects."""

    def __init__(self, network: Network, subgraph: Any) -> None:
        self._network = network
        self._subgraph = subgraph

    @property
    def operators(self) -> tuple[OperatorT, ...]:
        """In execution order."""
        return tuple(self._subgraph.operators or ())

    def name(self, operator: OperatorT) -> str:
        """Such as ``CONV_2D``."""
        return self._network.operator_name(operator)

    def inputs(self, operator: OperatorT) -> tuple[int, ...]:
        """Numbers of its inputs; -1 stands for one that is absent."""
        return tuple(int(number) for number in _listed(operator.inputs))

    def outputs(self, operator: OperatorT) -> tuple[int, ...]:
        """Numbers of what it produces."""
        return tuple(int(number) for number in _listed(operator.outputs))

    def producer(self, tensor: int) -> OperatorT | None:
        """The operator that computes a tensor; None for inputs and constants."""
        return next((each for each in self.operators if tensor in self.outputs(each)), None)

    def users(self, tensor: int) -> tuple[OperatorT, ...]:
        """The operators that read a tensor, in execution order."""
        return tuple(each for each in self.operators if tensor in self.inputs(each))

    def is_output(self, tensor: int) -> bool:
        """Whether the caller reads it."""
        return tensor in _listed(self._subgraph.outputs)

    def only_user(self, tensor: int, besides_its_shape: bool = False) -> OperatorT | None:
        """The one operator that reads a tensor once; None where there are more readers, the caller among them.

        Args:
            tensor: which.
            besides_its_shape: operators that only ask for its shape are not counted.
        """
        readers = [each for each in self.operators for number in self.inputs(each) if number == tensor]
        if besides_its_shape:
            readers = [each for each in readers if self.name(each) != "SHAPE"]
        return readers[0] if len(readers) == 1 and not self.is_output(tensor) else None

    def tensor(self, number: int) -> Any:
        """The schema's own object."""
        return self._subgraph.tensors[number]

    def tensor_name(self, tensor: int) -> str:
        """As the converter called it."""
        name = self._subgraph.tensors[tensor].name
        return name.decode(errors="replace") if isinstance(name, bytes) else name or ""

    def shape(self, tensor: int) -> tuple[int, ...]:
        """With -1 for a side that is only known while running."""
        found = self._subgraph.tensors[tensor]
        sides = found.shapeSignature if found.shapeSignature is not None else found.shape
        return tuple(int(side) for side in _listed(sides))

    def is_float(self, tensor: int) -> bool:
        """Whether it holds 32-bit floating-point values."""
        return bool(self._subgraph.tensors[tensor].type == schema.TensorType.FLOAT32)

    def constant(self, tensor: int) -> NDArray[Any] | None:
        """Values of a float32, int32 or int64 constant; None for anything else."""
        if tensor < 0:
            return None
        found = self._subgraph.tensors[tensor]
        values = self._network.values_of(found.buffer)
        if values is None or found.type not in _TYPES or found.sparsity is not None:
            return None
        return values.view(_TYPES[found.type]).reshape([int(side) for side in _listed(found.shape)])

    def add_constant(self, values: NDArray[Any], name: str) -> int:
        """A new float32 or int32 constant.

        Returns:
            Its number.
        """
        tensor = schema.TensorT()
        tensor.name, tensor.shape = name, np.array(values.shape, np.int32)
        tensor.type = _TYPE_CODES[values.dtype.newbyteorder("<")]
        tensor.buffer = self._network.add_buffer(values)
        return self._add(tensor)

    def add_tensor(self, shape: tuple[int, ...], name: str) -> int:
        """A new float32 tensor to be computed; -1 for sides that are only known while running.

        Returns:
            Its number.
        """
        tensor = schema.TensorT()
        tensor.name, tensor.type = name, schema.TensorType.FLOAT32
        number = self._add(tensor)
        self.reshape(number, shape)
        return number

    def reshape(self, tensor: int, shape: tuple[int, ...]) -> None:
        """Give a computed tensor another shape."""
        found = self._subgraph.tensors[tensor]
        found.shape = np.array([max(side, 1) for side in shape], np.int32)
        found.shapeSignature = np.array(shape, np.int32) if -1 in shape else None

    def make(
        self, name: str, inputs: tuple[int, ...], outputs: tuple[int, ...], options: Any, version: int = 1
    ) -> OperatorT:
        """A new operator that is not yet in the graph.

        Args:
            name: such as ``DEPTH_TO_SPACE``.
            inputs, outputs: tensors.
            options: the schema's options object, such as ``DepthToSpaceOptionsT``.
            version: of the operator.
        """
        operator = schema.OperatorT()
        operator.opcodeIndex = self._network.operator_code(name, version)
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        operator.builtinOptions = options
        kind = type(options).__name__.removesuffix("T")
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        return operator

    def raise_version(self, operator: OperatorT, version: int) -> None:
        """Make an operator at least of this version."""
        if self._network.version_of(operator) < version:
            operator.opcodeIndex = self._network.operator_code(self.name(operator), version)

    def replace(self, old: OperatorT, new: tuple[OperatorT, ...]) -> None:
        """Put operators in the place of one; what computed its inputs goes too where nobody else needs it."""
        place = next(number for number, each in enumerate(self._subgraph.operators) if each is old)
        self._subgraph.operators[place : place + 1] = new
        for tensor in self.inputs(old):
            producer = self.producer(tensor) if tensor >= 0 else None
            if producer is not None and not any(self._is_read(each) for each in self.outputs(producer)):
                self.replace(producer, ())

    @property
    def buffers(self) -> set[int]:
        """Numbers of the buffers that its tensors refer to."""
        return {int(tensor.buffer) for tensor in self._subgraph.tensors}

    def drop_unused_tensors(self) -> dict[int, int]:
        """Close the gaps that unused tensors leave.

        Returns:
            The new number of each tensor that stays.
        """
        used = {*_listed(self._subgraph.inputs), *_listed(self._subgraph.outputs)}
        for operator in self.operators:
            used |= {*self.inputs(operator), *self.outputs(operator), *_listed(operator.intermediates)}
        numbers = {old: new for new, old in enumerate(sorted(used - {-1}))}
        self._subgraph.tensors = [self._subgraph.tensors[old] for old in numbers]
        for holder in (self._subgraph, *self.operators):
            for list_name in ("inputs", "outputs", "intermediates"):
                old = getattr(holder, list_name, None)
                if old is not None:
                    setattr(holder, list_name, np.array([numbers.get(int(each), -1) for each in old], np.int32))
        return numbers

    def _is_read(self, tensor: int) -> bool:
        return self.is_output(tensor) or bool(self.users(tensor))

    def _add(self, tensor: Any) -> int:
        self._subgraph.tensors.append(tensor)
        return len(self._subgraph.tensors) - 1


def _listed(values: Any) -> list[int]:
    return [] if values is None else [int(value) for value in values]
