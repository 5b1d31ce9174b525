"""How much there is to compute in a network: the multiplications and additions (MACs) of its flatbuffer's operators.

A flatbuffer is read here with :mod:`struct`, as far as operators and shapes go; field numbers are those of TensorFlow's
``schema.fbs``. Convolutions, depthwise and transposed ones, and fully connected layers are counted. What else there is
(sums, activations, rearrangements) takes no multiplications worth counting, but it takes time.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from litebrush.errors import ModelFileError
from litebrush.onnx_form import is_onnx

_MODEL_CODES, _MODEL_SUBGRAPHS, _MODEL_SIGNATURES = 1, 2, 7
_SUBGRAPH_TENSORS, _SUBGRAPH_OPERATORS = 0, 3
_TENSOR_SHAPE = 0
_OPERATOR_CODE, _OPERATOR_INPUTS, _OPERATOR_OUTPUTS = 0, 1, 2
_CODE_OLD, _CODE_NEW = 0, 3
_SIGNATURE_NAME, _SIGNATURE_SUBGRAPH = 2, 4
_CONV_2D, _DEPTHWISE_CONV_2D, _FULLY_CONNECTED, _TRANSPOSE_CONV, _CONV_3D = 3, 4, 9, 67, 132

_Shape = tuple[int, ...]


def count_macs(flatbuffer: bytes, signature: str) -> int:
    """MACs of one run of a signature at the shapes of the file.

    Raises:
        ModelFileError: no flatbuffer, a damaged one, or without such a signature.
    """
    if is_onnx(flatbuffer):
        raise ModelFileError(
            "the operators of an ONNX file are not counted; measure the .tflite file of the same model, and compare "
            "the two by examples/jetson/compare_roads.py"
        )
    try:
        model = _Table.root(flatbuffer)
        codes = [max(code.byte(_CODE_OLD), code.int32(_CODE_NEW)) for code in model.tables(_MODEL_CODES)]
        graph = list(model.tables(_MODEL_SUBGRAPHS))[_subgraph(model, signature)]
        shapes = [tensor.int32s(_TENSOR_SHAPE) for tensor in graph.tables(_SUBGRAPH_TENSORS)]
        total = 0
        for operator in graph.tables(_SUBGRAPH_OPERATORS):
            inputs = [shapes[index] for index in operator.int32s(_OPERATOR_INPUTS) if index >= 0]
            outputs = [shapes[index] for index in operator.int32s(_OPERATOR_OUTPUTS)]
            total += _macs(codes[operator.int32(_OPERATOR_CODE)], inputs, outputs)
    except (struct.error, IndexError, UnicodeDecodeError, MemoryError) as problem:
        raise ModelFileError(f"the operators of this network cannot be counted: {problem}") from None
    return total


def _macs(code: int, inputs: list[_Shape], outputs: list[_Shape]) -> int:
    if code in (_CONV_2D, _FULLY_CONNECTED):  # weights: (out, height, width, in), (out, in)
        return math.prod(outputs[0]) * math.prod(inputs[1][1:])
    if code == _DEPTHWISE_CONV_2D:  # weights: (1, height, width, channels)
        return math.prod(outputs[0]) * math.prod(inputs[1][1:3])
    if code == _TRANSPOSE_CONV:  # shape of the output; weights: (out, height, width, in); input
        return math.prod(inputs[2]) * math.prod(inputs[1][:3])
    if code == _CONV_3D:  # weights: (depth, height, width, in, out)
        return math.prod(outputs[0]) * math.prod(inputs[1][:4])
    return 0


def _subgraph(model: _Table, signature: str) -> int:
    signatures = list(model.tables(_MODEL_SIGNATURES))
    for each in signatures:
        if each.text(_SIGNATURE_NAME) == signature:
            return each.int32(_SIGNATURE_SUBGRAPH)
    names = ", ".join(each.text(_SIGNATURE_NAME) for each in signatures) or "none"
    raise ModelFileError(f"this network has no signature '{signature}'; there is {names}")


@dataclass(frozen=True)
class _Table:
    """A table of a flatbuffer: its fields by number."""

    buffer: bytes
    position: int

    @classmethod
    def root(cls, buffer: bytes) -> _Table:
        return cls(buffer, _uint32(buffer, 0))

    def byte(self, field: int) -> int:
        at = self._field(field)
        return 0 if at is None else int(struct.unpack_from("<b", self.buffer, at)[0])

    def int32(self, field: int) -> int:
        at = self._field(field)
        return 0 if at is None else _int32(self.buffer, at)

    def int32s(self, field: int) -> _Shape:
        at = self._field(field)
        if at is None:
            return ()
        start, count = self._vector(at)
        return struct.unpack_from(f"<{count}i", self.buffer, start)

    def text(self, field: int) -> str:
        at = self._field(field)
        if at is None:
            return ""
        start, count = self._vector(at)
        return self.buffer[start : start + count].decode()

    def tables(self, field: int) -> Iterator[_Table]:
        at = self._field(field)
        if at is None:
            return
        start, count = self._vector(at)
        for element in range(start, start + 4 * count, 4):
            yield _Table(self.buffer, element + _uint32(self.buffer, element))

    def _field(self, number: int) -> int | None:
        virtual = self.position - _int32(self.buffer, self.position)
        entry = 4 + 2 * number
        if entry >= _uint16(self.buffer, virtual):
            return None
        offset = _uint16(self.buffer, virtual + entry)
        return self.position + offset if offset else None

    def _vector(self, at: int) -> tuple[int, int]:
        start = at + _uint32(self.buffer, at)
        return start + 4, _uint32(self.buffer, start)


def _uint16(buffer: bytes, at: int) -> int:
    return int(struct.unpack_from("<H", buffer, at)[0])


def _uint32(buffer: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", buffer, at)[0])


def _int32(buffer: bytes, at: int) -> int:
    return int(struct.unpack_from("<i", buffer, at)[0])
