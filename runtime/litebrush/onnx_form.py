"""Where an ONNX file carries contract and golden result: in a field of the protobuf that every reader skips.

A .tflite file has them behind its flatbuffer. A protobuf must be understood to its last byte, but unknown fields are
allowed in it (https://protobuf.dev/programming-guides/encoding/), so the archive is one, and the last: ``unzip -l`` and
:mod:`zipfile` read both kinds of file in the same way.
"""

from __future__ import annotations

_FLATBUFFER = b"TFL3"
_FIELD_NUMBER = 1000  # onnx.proto has none above 50
_LENGTH_DELIMITED = 2
_TAG_VALUE = _FIELD_NUMBER << 3 | _LENGTH_DELIMITED
_TAG = bytes([_TAG_VALUE & 0x7F | 0x80, _TAG_VALUE >> 7])
_LENGTH_BYTES = 5  # of a 32-bit varint, padded: the place of the archive is then known before its length
_FIELD_STARTS = tuple(number << 3 | kind for number, kind in ((2, 2), (3, 2), (4, 2), (5, 0), (6, 2), (7, 2), (8, 2)))

HEADER_BYTES = len(_TAG) + _LENGTH_BYTES


def is_onnx(content: bytes) -> bool:
    """Whether bytes begin as an ONNX model: its version, below 128, and another field of ``ModelProto``."""
    if content[4:8] == _FLATBUFFER:
        return False
    return len(content) > 3 and content[0] == 0x08 and 0 < content[1] < 0x80 and content[2] in _FIELD_STARTS


def header(archive_bytes: int) -> bytes:
    """What comes before an archive of this length."""
    continued = [0x80] * (_LENGTH_BYTES - 1) + [0]
    return _TAG + bytes(archive_bytes >> 7 * place & 0x7F | more for place, more in enumerate(continued))


def network_of(before_archive: bytes) -> bytes:
    """The model alone, of what comes before an archive.

    Raises:
        ValueError: the archive is not in the field.
    """
    if before_archive[-HEADER_BYTES : -HEADER_BYTES + len(_TAG)] != _TAG:
        raise ValueError("its archive is not where litebrush writes it")
    return before_archive[:-HEADER_BYTES]
