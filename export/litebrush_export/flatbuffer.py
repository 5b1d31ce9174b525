"""A .tflite flatbuffer as operators and tensors that a rule can be asked about."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from litebrush.errors import ModelFileError

_LONGEST_KEPT_CONSTANT = 16


def _names(enumeration: type) -> dict[int, str]:
    return {code: name for name, code in vars(enumeration).items() if not name.startswith("_")}


OPERATOR_NAMES = _names(schema.BuiltinOperator)
TYPE_NAMES = _names(schema.TensorType)
ACTIVATION_NAMES = _names(schema.ActivationFunctionType)


@dataclass(frozen=True)
class Tensor:
    """A tensor of a graph.

    Attributes:
        index: its number in the graph.
        name: as the converter called it.
        type: such as ``FLOAT32``.
        shape: with the sides that it has before any resizing.
        dynamic: a side is only known while running.
        constant: its values are in the file, perhaps as 16-bit floats or 8-bit integers that are widened.
        per_channel: one scale for each channel.
        integers: the values of a short integer constant, such as axes; None for anything else.
    """

    index: int
    name: str
    type: str
    shape: tuple[int, ...]
    dynamic: bool
    constant: bool
    per_channel: bool
    integers: tuple[int, ...] | None


@dataclass(frozen=True)
class Operator:
    """One operator in execution order.

    Attributes:
        name: such as ``CONV_2D``.
        version: of the operator, raised by the converter where it uses a newer feature.
        inputs: None stands for an optional input that is absent.
        outputs: what it produces.
        activation: fused into it, ``NONE`` where there is none.
        options: numbers and flags by their names in the schema, such as ``halfPixelCenters``.
    """

    name: str
    version: int
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    activation: str
    options: tuple[tuple[str, float], ...]

    @property
    def given(self) -> tuple[Tensor, ...]:
        """The inputs that are present."""
        return tuple(tensor for tensor in self.inputs if tensor is not None)

    @property
    def activations(self) -> tuple[Tensor, ...]:
        """The tensors that are computed while running: neither weights nor shapes."""
        return tuple(tensor for tensor in (*self.given, *self.outputs) if not tensor.constant)

    @property
    def folded(self) -> bool:
        """Whether nothing is left of it once the weights are loaded."""
        return not self.activations

    @property
    def where(self) -> str:
        """Name of the tensor that it produces, by which a person finds the place."""
        return self.outputs[0].name if self.outputs else "(no output)"


@dataclass(frozen=True)
class Graph:
    """What a signature runs.

    Attributes:
        signature: its name; empty in a file without signatures.
        subgraph: number of the subgraph in the file.
        inputs, outputs: the tensors that the caller fills and reads.
        operators: in execution order.
    """

    signature: str
    subgraph: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    operators: tuple[Operator, ...]


def read_graphs(flatbuffer: bytes) -> tuple[Graph, ...]:
    """The graph of each signature, or the first of a file without signatures.

    The bodies of WHILE and IF are not among them.

    Raises:
        ModelFileError: the bytes are not a .tflite flatbuffer.
    """
    if flatbuffer[4:8] != b"TFL3":
        raise ModelFileError("this is not a .tflite file: its flatbuffer identifier 'TFL3' is missing")
    try:
        model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
        signatures = [(_text(each.signatureKey), each.subgraphIndex) for each in model.signatureDefs or ()]
        return tuple(_graph(model, name, index) for name, index in signatures or [("", 0)])
    except (struct.error, IndexError, KeyError, TypeError, ValueError, AttributeError) as problem:
        raise ModelFileError(f"this .tflite file is damaged: {type(problem).__name__}: {problem}") from None


def _graph(model: Any, signature: str, index: int) -> Graph:
    subgraph = model.subgraphs[index]
    widened = _widened_constants(model, subgraph)
    tensors = [_tensor(model, number, each, number in widened) for number, each in enumerate(subgraph.tensors)]
    return Graph(
        signature=signature,
        subgraph=index,
        inputs=tuple(tensors[number] for number in subgraph.inputs),
        outputs=tuple(tensors[number] for number in subgraph.outputs),
        operators=tuple(_operator(model, each, tensors.__getitem__) for each in subgraph.operators),
    )


def _widened_constants(model: Any, subgraph: Any) -> set[int]:
    """Tensors that are made from constants alone by DEQUANTIZE or DENSIFY: weights that are stored smaller."""
    found: set[int] = set()
    for operator in subgraph.operators:
        name = _operator_code(model, operator)[0]
        sources = [subgraph.tensors[number] for number in operator.inputs]
        if name in ("DEQUANTIZE", "DENSIFY") and all(
            _stored(model, tensor) or number in found for number, tensor in zip(operator.inputs, sources)
        ):
            found.update(int(number) for number in operator.outputs)
    return found


def _operator_code(model: Any, operator: Any) -> tuple[str, int]:
    code = model.operatorCodes[operator.opcodeIndex]
    return OPERATOR_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)], code.version


def _operator(model: Any, operator: Any, tensor: Callable[[int], Tensor]) -> Operator:
    name, version = _operator_code(model, operator)
    options = [vars(each) for each in (operator.builtinOptions, operator.builtinOptions2) if each is not None]
    numbers = {key: float(value) for each in options for key, value in each.items() if isinstance(value, (int, float))}
    activation = ACTIVATION_NAMES[int(numbers.pop("fusedActivationFunction", 0))]
    return Operator(
        name=name,
        version=version,
        inputs=tuple(tensor(int(number)) if number >= 0 else None for number in _listed(operator.inputs)),
        outputs=tuple(tensor(int(number)) for number in _listed(operator.outputs)),
        activation=activation,
        options=tuple(sorted(numbers.items())),
    )


def _tensor(model: Any, index: int, tensor: Any, widened: bool) -> Tensor:
    stored = _stored(model, tensor)
    scales = tensor.quantization.scale if tensor.quantization is not None else None
    return Tensor(
        index=index,
        name=_text(tensor.name),
        type=TYPE_NAMES[tensor.type],
        shape=tuple(int(side) for side in _listed(tensor.shape)),
        dynamic=any(side < 0 for side in _listed(tensor.shapeSignature)),
        constant=stored or widened,
        per_channel=scales is not None and len(scales) > 1,
        integers=_integers(model, tensor) if stored else None,
    )


def _stored(model: Any, tensor: Any) -> bool:
    buffer = model.buffers[tensor.buffer]
    return (buffer.data is not None and len(buffer.data) > 0) or buffer.offset > 1


def _integers(model: Any, tensor: Any) -> tuple[int, ...] | None:
    data = model.buffers[tensor.buffer].data
    if tensor.type != schema.TensorType.INT32 or data is None or len(data) > 4 * _LONGEST_KEPT_CONSTANT:
        return None
    return tuple(int(value) for value in np.frombuffer(bytes(data), np.int32))


def _listed(values: Any) -> list[Any]:
    return [] if values is None else list(values)


def _text(name: bytes | str | None) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else name or ""
