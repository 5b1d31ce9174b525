"""Files, damaged: the same seed gives the same damage."""

from __future__ import annotations

import random
import struct
import zlib

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD = 400  # headers and metadata; damage elsewhere mostly hits compressed values


def mutated(content: bytes, seed: int) -> bytes:
    """A file after one to eight of: bits flipped, bytes overwritten, inserted or lost, a number edited, the end cut."""
    source = random.Random(seed)
    damaged = bytearray(content)
    for _ in range(source.choice((1, 1, 2, 3, 8))):
        if damaged:
            _damage(damaged, source)
    return bytes(damaged)


def _damage(content: bytearray, source: random.Random) -> None:
    at = source.choice((source.randrange(len(content)), source.randrange(min(len(content), _HEAD))))
    length = source.randrange(1, 17)
    kind = source.randrange(7)
    if kind == 0:
        content[at] ^= 1 << source.randrange(8)
    elif kind == 1:
        content[at : at + length] = source.randbytes(length)
    elif kind == 2:
        content[at:at] = source.randbytes(length)
    elif kind == 3:
        del content[at : at + length]
    elif kind == 4:
        del content[at:]
    else:
        edit_number(content, at, source)


def edit_number(content: bytearray, at: int, source: random.Random) -> None:
    """Overwrite two or four bytes with a number such as lengths and sizes should not be."""
    size = source.choice((2, 4))
    end = 1 << 8 * size
    number = source.choice((0, 1, end - 1, end // 2, end // 2 - 1, source.randrange(300), source.randrange(end)))
    content[at : at + size] = number.to_bytes(size, source.choice(("big", "little")))


def with_right_checksums(png: bytes) -> bytes:
    """A damaged PNG whose checksums are right again: so the damage gets past the first door."""
    repaired, at = bytearray(png), len(_PNG_SIGNATURE)
    while at + 12 <= len(repaired):
        (length,) = struct.unpack_from(">I", repaired, at)
        if at + 12 + length > len(repaired):
            break
        struct.pack_into(">I", repaired, at + 8 + length, zlib.crc32(repaired[at + 4 : at + 8 + length]))
        at += 12 + length
    return bytes(repaired)
