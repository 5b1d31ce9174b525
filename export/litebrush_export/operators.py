"""What a flatbuffer is made of."""

from __future__ import annotations

from collections import Counter

from ai_edge_litert import schema_py_generated as schema

from litebrush_export.flatbuffer import OPERATOR_NAMES

_FLOAT_TYPES = (schema.TensorType.FLOAT32, schema.TensorType.FLOAT16)


def float_operators(flatbuffer: bytes) -> Counter[str]:
    """Operators that produce floating-point values, counted by name.

    In a fully quantized network there are none.
    """
    model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
    found: Counter[str] = Counter()
    for subgraph in model.subgraphs:
        for operator in subgraph.operators:
            if any(subgraph.tensors[index].type in _FLOAT_TYPES for index in operator.outputs):
                code = model.operatorCodes[operator.opcodeIndex]
                found[OPERATOR_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]] += 1
    return found
