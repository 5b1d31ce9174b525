"""A changed model of the schema's Python objects as a flatbuffer again."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

_BUFFER_ALIGNMENT = 16
_IDENTIFIER = b"TFL3"


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
