"""Animated GIF, WebP and PNG files, written frame by frame.

Pillow holds all frames of an animation before it writes the first. Here each frame is encoded as a still picture by
Pillow, and its data goes into the container of an animation at once.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from PIL import GifImagePlugin, Image

from litebrush.atomic import atomic_file
from litebrush.clip import Clip
from litebrush.errors import ImageError

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_WEBP_QUALITY = 90
_WEBP_ANIMATED, _WEBP_ALPHA, _WEBP_REPLACES = 0x02, 0x10, 0x02
_TRANSPARENT_INDEX = 255
_OPAQUE_FROM = 128


class _Format(Protocol):
    def __init__(self, file: BinaryIO, clip: Clip) -> None: ...

    def add(self, frame: Image.Image, duration_ms: float) -> None:
        """Write one frame."""

    def end(self) -> None:
        """Write what only the last frame decides."""


def write_animation(path: Path, clip: Clip, frames: Iterable[Image.Image]) -> None:
    """Write an animated file of the format that its suffix names; it appears whole or not at all.

    GIF has 256 colours a frame and hundredths of a second; WebP is compressed with loss, at quality 90; PNG without.

    Raises:
        ImageError: the disk is full, or the format cannot hold such large frames.
    """
    formats: dict[str, type[_Format]] = {".gif": _Gif, ".webp": _WebP}
    try:
        with atomic_file(path) as temporary, temporary.open("wb") as file:
            animation = formats.get(path.suffix.lower(), _Png)(file, clip)
            for number, frame in enumerate(frames):
                animation.add(frame, clip.duration_ms(number))
            animation.end()
    except (OSError, ValueError, struct.error) as problem:
        raise ImageError(f"cannot write '{path}': {getattr(problem, 'strerror', None) or problem}") from None


class _Ticks:
    """Durations in whole ticks; what rounding takes from one frame it gives to another, so errors do not add up."""

    def __init__(self, tick_ms: int) -> None:
        self._tick_ms = tick_ms
        self._exact_ms, self._counted = 0.0, 0

    def next(self, duration_ms: float) -> int:
        """How many ticks the next frame is shown."""
        self._exact_ms += duration_ms
        before, self._counted = self._counted, round(self._exact_ms / self._tick_ms)
        return self._counted - before


class _Gif:
    """GIF89a (CompuServe 1990), with the Netscape extension for repetitions; each frame has a palette of its own."""

    def __init__(self, file: BinaryIO, clip: Clip) -> None:
        self._file, self._hundredths = file, _Ticks(10)
        file.write(b"GIF89a" + struct.pack("<HHBBB", clip.width, clip.height, 0x70, 0, 0))
        if clip.plays != 1:
            repetitions = max(0, clip.plays - 1)
            file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", repetitions) + b"\0")

    def add(self, frame: Image.Image, duration_ms: float) -> None:
        shown_ms = 10 * self._hundredths.next(duration_ms)
        settings: dict[str, Any] = {"duration": shown_ms, "include_color_table": True}
        if not frame.has_transparency_data:
            indexed = frame.convert("RGB").quantize(256)
        else:
            alpha = frame.convert("RGBA").getchannel("A")
            indexed = frame.convert("RGB").quantize(_TRANSPARENT_INDEX)
            palette = indexed.getpalette() or []
            indexed.putpalette(palette + [0] * (768 - len(palette)))
            indexed.paste(_TRANSPARENT_INDEX, mask=alpha.point([255] * _OPAQUE_FROM + [0] * (256 - _OPAQUE_FROM)))
            settings |= {"transparency": _TRANSPARENT_INDEX, "disposal": 2}
        for block in GifImagePlugin.getdata(indexed, **settings):
            self._file.write(block)

    def end(self) -> None:
        self._file.write(b";")


class _WebP:
    """The WebP container (developers.google.com/speed/webp/docs/riff_container)."""

    def __init__(self, file: BinaryIO, clip: Clip) -> None:
        self._file, self._milliseconds = file, _Ticks(1)
        self._size = _uint24(clip.width - 1) + _uint24(clip.height - 1)
        self._alpha = 0
        file.write(b"RIFF\0\0\0\0WEBP")
        file.write(_riff_chunk(b"VP8X", bytes([_WEBP_ANIMATED, 0, 0, 0]) + self._size))
        file.write(_riff_chunk(b"ANIM", bytes(4) + struct.pack("<H", clip.plays)))

    def add(self, frame: Image.Image, duration_ms: float) -> None:
        still = io.BytesIO()
        frame.save(still, "WEBP", quality=_WEBP_QUALITY)
        data = b"".join(
            _riff_chunk(name, payload)
            for name, payload in _riff_chunks(still.getvalue())
            if name in (b"ALPH", b"VP8 ", b"VP8L")
        )
        head = bytes(6) + self._size + _uint24(self._milliseconds.next(duration_ms)) + bytes([_WEBP_REPLACES])
        self._file.write(_riff_chunk(b"ANMF", head + data))
        self._alpha |= _WEBP_ALPHA if frame.has_transparency_data else 0

    def end(self) -> None:
        size = self._file.tell()
        self._file.seek(4)
        self._file.write(struct.pack("<I", size - 8))
        self._file.seek(20)
        self._file.write(bytes([_WEBP_ANIMATED | self._alpha]))


class _Png:
    """Animated PNG (PNG Specification, third edition, 11.3.6); all frames are of the first one's mode."""

    def __init__(self, file: BinaryIO, clip: Clip) -> None:
        self._file, self._clip = file, clip
        self._mode: str | None = None
        self._frames = self._numbered = 0

    def add(self, frame: Image.Image, duration_ms: float) -> None:
        still = io.BytesIO()
        first = self._mode is None
        self._mode = self._mode or frame.mode
        frame.convert(self._mode).save(still, "PNG")
        chunks = list(_png_chunks(still.getvalue()))
        if first:
            self._file.write(_PNG_SIGNATURE)
            self._write(*chunks[0])
            self._counted_at = self._file.tell()
            self._write_count()
            for name, payload in chunks[1:]:
                if name not in (b"IDAT", b"IEND"):
                    self._write(name, payload)
        seconds = Fraction(duration_ms / 1000).limit_denominator(1000)
        timing = struct.pack(">HHBB", seconds.numerator, seconds.denominator, 0, 0)
        self._write(b"fcTL", self._next_number() + struct.pack(">IIII", *frame.size, 0, 0) + timing)
        for name, payload in chunks:
            if name == b"IDAT":
                self._write(*((name, payload) if first else (b"fdAT", self._next_number() + payload)))
        self._frames += 1

    def end(self) -> None:
        self._write(b"IEND", b"")
        self._file.seek(self._counted_at)
        self._write_count()

    def _write_count(self) -> None:
        self._write(b"acTL", struct.pack(">II", self._frames, self._clip.plays))

    def _next_number(self) -> bytes:
        self._numbered += 1
        return struct.pack(">I", self._numbered - 1)

    def _write(self, name: bytes, payload: bytes) -> None:
        checksum = zlib.crc32(name + payload)
        self._file.write(struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", checksum))


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_PNG_SIGNATURE)
    while place < len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        yield name, content[place + 8 : place + 8 + length]
        place += 12 + length


def _riff_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place < len(content):
        name, length = struct.unpack_from("<4sI", content, place)
        yield name, content[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _riff_chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + bytes(len(payload) % 2)


def _uint24(value: int) -> bytes:
    return value.to_bytes(3, "little")
