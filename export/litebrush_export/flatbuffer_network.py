"""Float .tflite files, opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from litebrush.errors import ContractError, ConversionError, EngineError
from litebrush.interpreter_engine import InterpreterEngine
from litebrush_export.flatbuffer import TYPE_NAMES
from litebrush_export.packing import pack, unpack
from litebrush_export.sources import FoundSignature, FoundTensor, Shape, Tensors

NETWORK_FILE = "model.tflite"
_IDENTIFIER = b"TFL3"
_SIGNATURE = "serving_default"
_WEIGHT_TYPES = (schema.TensorType.INT4, schema.TensorType.INT8, schema.TensorType.UINT8, schema.TensorType.FLOAT16)


class FlatbufferNetwork:
    """A network that LiteRT runs; see :class:`litebrush_export.sources.Network`.

    Attributes:
        flatbuffer: its bytes; as they were, but for a signature where it had none.
    """

    def __init__(self, flatbuffer: bytes, name: str) -> None:
        """Open a network.

        Args:
            flatbuffer: its bytes.
            name: of its file, for messages.

        Raises:
            ConversionError: no .tflite file, or not in float32.
        """
        if flatbuffer[4:8] != _IDENTIFIER:
            raise ConversionError(f"'{name}' is not a TFLite model, or it is damaged")
        try:
            model = unpack(flatbuffer)
        except Exception as problem:  # struct and flatbuffers raise many kinds on damaged bytes
            raise ConversionError(f"'{name}' is damaged: {problem}") from None
        _require_float32(model, name)
        self.flatbuffer = flatbuffer if model.signatureDefs else _with_signature(model)
        self.signatures = tuple(_found_signature(model, each) for each in model.signatureDefs)
        self.versions: Mapping[str, str] = {}
        self._name = name

    def run(self, signature: str, inputs: Tensors) -> dict[str, NDArray[Any]]:
        """See :class:`litebrush_export.sources.Network`.

        Raises:
            ConversionError: LiteRT does not run it on these shapes.
        """
        try:
            engine = InterpreterEngine(self.flatbuffer, signature, threads=1)
            for name, values in inputs.items():
                _require_shape(self._name, name, engine.inputs[name].shape, values.shape)
                engine.input(name)[...] = values
            engine.invoke()
        except EngineError as problem:
            raise ConversionError(f"'{self._name}' does not run: {problem}") from None
        return {name: engine.output(name).copy() for name in engine.outputs}

    def save(self, folder: Path, inputs: Mapping[str, Mapping[str, Shape]]) -> None:
        """See :class:`litebrush_export.sources.Network`; :meth:`run` has refused other shapes than its own."""
        (folder / NETWORK_FILE).write_bytes(self.flatbuffer)


def open_flatbuffer(path: Path) -> FlatbufferNetwork:
    """Open a .tflite file. Errors as :class:`FlatbufferNetwork`."""
    return FlatbufferNetwork(path.read_bytes(), str(path))


def _require_shape(network: str, name: str, own: Shape, asked: Shape) -> None:
    if own != asked:
        raise ContractError(
            f"input '{name}' is declared as {list(asked)}, '{network}' has {list(own)}; the shapes of a .tflite file "
            "are fixed: declare them as they are, or export what it was made from"
        )


def _require_float32(model: Any, name: str) -> None:
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            if tensor.type in _WEIGHT_TYPES:
                raise ConversionError(
                    f"'{name}' is quantized already ({_type_name(tensor)} in '{tensor.name.decode()}'); give the "
                    "float32 .tflite, or what it was made from"
                )


def _with_signature(model: Any) -> bytes:
    """A packed copy of a network of one subgraph, its tensors' names as those of a signature."""
    definition = schema.SignatureDefT()
    definition.signatureKey, definition.subgraphIndex = _SIGNATURE.encode(), 0
    graph = model.subgraphs[0]
    definition.inputs, definition.outputs = (_tensor_maps(graph, indices) for indices in (graph.inputs, graph.outputs))
    model.signatureDefs = [definition]
    return pack(model)


def _tensor_maps(graph: Any, indices: Any) -> list[Any]:
    maps = []
    for index in indices:
        entry = schema.TensorMapT()
        name = graph.tensors[index].name.decode().split(":")[0]
        entry.name, entry.tensorIndex = (re.sub(r"[^A-Za-z0-9_]", "_", name) or f"tensor_{index}").encode(), int(index)
        maps.append(entry)
    return maps


def _found_signature(model: Any, definition: Any) -> FoundSignature:
    tensors = model.subgraphs[definition.subgraphIndex].tensors
    inputs, outputs = (
        tuple(_found(_text(entry.name), tensors[entry.tensorIndex]) for entry in entries)
        for entries in (definition.inputs, definition.outputs)
    )
    return FoundSignature(_text(definition.signatureKey), inputs, outputs)


def _found(name: str, tensor: Any) -> FoundTensor:
    shape = () if tensor.shape is None else tuple(int(side) for side in np.asarray(tensor.shape))
    return FoundTensor(name, shape, _type_name(tensor))


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _type_name(tensor: Any) -> str:
    return str(TYPE_NAMES[tensor.type].lower())
