"""A float32 flatbuffer to ONNX, in a process of its own: the converter imports TensorFlow.

It runs as ``python -m litebrush_export.onnx_conversion``; see :mod:`litebrush_export.apart`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from litebrush.errors import ConversionError
from litebrush.extras import require_extra
from litebrush_export.apart import answer, run_apart
from litebrush_export.editing import EditableModel

OPSET = 17
"""The newest that TensorRT 8.5 (JetPack 5.1) and ONNX Runtime 1.12 know."""


def to_onnx(flatbuffer: bytes, signature: str) -> bytes:
    """Convert a float32 network; inputs and outputs keep their shapes and get their names in the signature.

    Raises:
        MissingExtraError: the converter is not installed.
        ConversionError: the converter refused the network, or its process died.
    """
    require_extra("onnx", "tf2onnx", "onnx", "onnxruntime")
    with tempfile.TemporaryDirectory(prefix="litebrush-") as temporary:
        source, out = Path(temporary) / "model.tflite", Path(temporary) / "model.onnx"
        source.write_bytes(_with_names_of(signature, flatbuffer))
        run_apart("conversion to ONNX", __name__, str(source), str(out))
        return out.read_bytes()


def _with_names_of(signature: str, flatbuffer: bytes) -> bytes:
    """The network, in which the tensors of a signature are called as the signature calls them."""
    model = EditableModel(flatbuffer)
    graph, tensors = model.signature_tensors(signature)
    for index, tensor in enumerate(graph.subgraph.tensors):
        tensor.name = f"{index}_{tensor.name.decode(errors='replace')}".encode()
    for name, index in tensors.items():
        graph.tensor(index).name = name.encode()
    return model.packed()


def _convert_here(source: str, out: str) -> None:
    import onnx
    import tf2onnx

    network, _ = tf2onnx.convert.from_tflite(source, opset=OPSET)
    try:
        onnx.checker.check_model(network, full_check=True)
    except Exception as problem:  # it goes on after operators that it cannot convert; the checker raises several kinds
        first_line, _, _ = str(problem).partition("\n")
        raise ConversionError(f"tf2onnx cannot convert this network: {first_line}") from None
    Path(out).write_bytes(network.SerializeToString())


if __name__ == "__main__":
    answer(_convert_here)
