"""Picture bytes and real values to tensor values and back.

A stored value p (0 to 255) stands for the real value ``minimum + p / 255 * (maximum - minimum)``. A quantized
tensor has one stored value for each byte, so encoding is a table of 256 entries, and no float picture is made. Decoding
is a table of all stored values, 256 or 65,536.
Where scale and zero point are those of the picture itself (scale 1/255, zero point -128), the table is the
identity shifted by 128, and encoding is ``byte XOR 0x80``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from litebrush.engine import TensorInfo
from litebrush.tensors import TensorSpec

Bytes = NDArray[np.uint8]
Array = NDArray[Any]

_SIGN_BIT = np.uint8(0x80)
_ALL_BYTES = np.arange(256, dtype=np.uint8)


class PictureEncoding:
    """Encodes pictures into one tensor, and decodes them out of it.

    Attributes:
        exact: every byte survives encoding and decoding, at the cost of one XOR a byte.
    """

    def __init__(self, spec: TensorSpec, info: TensorInfo) -> None:
        """Build the tables for one tensor.

        Args:
            spec: the range of real values.
            info: dtype, scale and zero point (8-bit or 16-bit integer, or float32).
        """
        self._minimum = np.float32(spec.minimum)
        self._step = np.float32((spec.maximum - spec.minimum) / 255)
        self._encode_table: Array | None = None
        self._decode_table: Bytes | None = None
        if info.quantized:
            self._encode_table = quantize(self._minimum + _ALL_BYTES * self._step, info)
            self._unsigned = np.dtype(f"u{info.dtype.itemsize}")
            real = dequantize(np.arange(1 << 8 * info.dtype.itemsize, dtype=self._unsigned).view(info.dtype), info)
            self._decode_table = _to_bytes((real - self._minimum) / self._step)
        self.exact = (
            self._encode_table is not None
            and self._encode_table.dtype == np.int8
            and np.array_equal(self._encode_table.view(np.uint8), _ALL_BYTES ^ _SIGN_BIT)
        )

    def encode(self, picture: Bytes, out: Array) -> None:
        """Write a picture into tensor memory of the same shape."""
        if self.exact:
            np.bitwise_xor(picture, _SIGN_BIT, out=out.view(np.uint8))
        elif self._encode_table is not None:
            np.take(self._encode_table, picture, out=out, mode="clip")
        else:
            np.multiply(picture, self._step, out=out, casting="unsafe")
            if self._minimum:
                out += self._minimum

    def encode_value(self, stored: float, out: Array) -> None:
        """Fill tensor memory with one value, rounded to a whole stored value where the tensor is quantized."""
        if self._encode_table is not None:
            out.fill(self._encode_table[round(float(stored))])
        else:
            out.fill(self._minimum + np.float32(stored) * self._step)

    def decode(self, values: Array, out: Bytes) -> None:
        """Read tensor memory as a picture, rounded and clipped to bytes."""
        if self.exact:
            np.bitwise_xor(values.view(np.uint8), _SIGN_BIT, out=out)
        elif self._decode_table is not None:
            np.take(self._decode_table, values.view(self._unsigned), out=out, mode="clip")
        else:
            out[...] = _to_bytes((values - self._minimum) / self._step)


class Requantization:
    """Writes the values of one tensor as another one, of its own scale and zero point, stores them."""

    def __init__(self, source: TensorInfo, target: TensorInfo) -> None:
        """Build the table; between equal scales values are copied."""
        self._source, self._target = source, target
        self._copies = (source.dtype, source.scale, source.zero_point) == (
            target.dtype,
            target.scale,
            target.zero_point,
        )
        self._table: Array | None = None
        if source.quantized and not self._copies:
            self._unsigned = np.dtype(f"u{source.dtype.itemsize}")
            every = np.arange(1 << 8 * source.dtype.itemsize, dtype=self._unsigned).view(source.dtype)
            self._table = quantize(dequantize(every, source), target)

    def __call__(self, values: Array, out: Array) -> None:
        """Write values into an array of the same shape."""
        if self._copies:
            out[...] = values
        elif self._table is not None:
            np.take(self._table, values.view(self._unsigned), out=out, mode="clip")
        else:
            out[...] = quantize(values, self._target)


def quantize(real: NDArray[np.float32], info: TensorInfo) -> Array:
    """Real values as a tensor stores them: rounded and clipped to its integers, or as float32."""
    if not info.quantized:
        return real.astype(info.dtype)
    limits = np.iinfo(info.dtype)
    values = np.rint(real / np.float32(info.scale)) + info.zero_point
    stored: Array = np.clip(values, limits.min, limits.max).astype(info.dtype)
    return stored


def dequantize(values: Array, info: TensorInfo) -> NDArray[np.float32]:
    """The real values that a tensor's values stand for, float32."""
    real = values.astype(np.float32)
    return (real - np.float32(info.zero_point)) * np.float32(info.scale) if info.quantized else real


def _to_bytes(stored: NDArray[np.float32]) -> Bytes:
    np.rint(stored, out=stored)
    return np.clip(stored, 0, 255, out=stored).astype(np.uint8)
