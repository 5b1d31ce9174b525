"""A flatbuffer as the schema's Python objects, and these as a flatbuffer again."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

_BUFFER_ALIGNMENT = 16
_IDENTIFIER = b"TFL3"


def unpack(flatbuffer: bytes) -> Any:
    """The ``ModelT`` of a flatbuffer, with all values inside.

    Writers put large values behind the flatbuffer, at offsets that would no longer be right once it is packed again.
    """
    model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
    for buffer in model.buffers:
        if buffer.offset > 1:  # 0 and 1 stand for none
            buffer.data = np.frombuffer(flatbuffer, np.uint8, buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    return model


def pack(model: Any) -> bytes:
    """The flatbuffer of a ``ModelT``, with values aligned as the converter aligns them."""
    builder = _AligningBuilder(1024)
    builder.Finish(model.Pack(builder), file_identifier=_IDENTIFIER)
    return bytes(builder.Output())


class _AligningBuilder(flatbuffers.Builder):
    """Aligns values as the schema demands, which its Python object interface forgets."""

    def CreateNumpyVector(self, x: NDArray[Any]) -> Any:  # noqa: N802
        if x.dtype == np.uint8:
            self.Prep(_BUFFER_ALIGNMENT, x.size)
        return super().CreateNumpyVector(x)
