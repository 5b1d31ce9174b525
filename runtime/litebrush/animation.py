"""Animated GIF, WebP and PNG files as clips."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from litebrush.clip import Clip, OpenClip
from litebrush.errors import ImageError
from litebrush.silence import without_warnings

ANIMATION_SUFFIXES = frozenset({".apng", ".gif", ".png", ".webp"})
_FORMATS = ("GIF", "PNG", "WEBP")
_DECODING_ERRORS = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, struct.error)

_GIF_END = b"\0;"  # of the last block, and of the file
_GIF_TAIL_BYTES = 1000  # some writers put bytes of their own behind the end


@contextmanager
def open_animation(path: Path) -> Iterator[OpenClip]:
    """An animated file, its frames composed as a viewer shows them, RGB, or RGBA where a pixel of any is transparent.

    It is gone through once before, for durations and damage: no model begins with what cannot be read to its end.

    Raises:
        ImageError: not an animation, one frame only, damaged, or larger than Pillow's safety limit.
    """
    with _decoding(path), without_warnings():  # Pillow warns of large pictures and odd metadata
        image: Any = Image.open(path, formats=_FORMATS)
    with image:
        with _decoding(path):
            first = int(getattr(image, "default_image", False))  # for viewers that do not know animations
            numbers = range(first, getattr(image, "n_frames", 1))
            looked_at = [_look(image, number) for number in numbers]
        if image.format == "GIF":
            _require_gif_end(path)
        if len(looked_at) < 2:
            raise ImageError(f"'{path}' holds one frame; give it to 'litebrush repair', or give a clip")
        durations, transparent = zip(*looked_at)
        mode = "RGBA" if any(transparent) else "RGB"
        width, height = image.size
        clip = Clip(width, height, len(numbers), durations_ms=durations, plays=_plays(image))
        yield OpenClip(clip, _frames(path, image, numbers, mode))


def _frames(path: Path, image: Any, numbers: range, mode: str) -> Iterator[Image.Image]:
    for number in numbers:
        with _decoding(path):
            image.seek(number)
            frame = image.convert(mode)
        frame.info.clear()  # of timing and palette; they are not this frame's any more
        yield frame


def _look(image: Any, number: int) -> tuple[float, bool]:
    """How long a frame is shown, in milliseconds, and whether a pixel of it is transparent."""
    image.seek(number)
    image.load()
    transparent = image.has_transparency_data and image.convert("RGBA").getchannel("A").getextrema()[0] < 255
    return float(image.info.get("duration", 0)), transparent


def _require_gif_end(path: Path) -> None:
    """Refuse a GIF that was cut off between two frames, which Pillow takes for one of fewer frames."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _GIF_TAIL_BYTES))
        if _GIF_END not in file.read():
            raise ImageError(f"'{path}' is damaged: it ends before its last frame; use another copy")


def _plays(image: Any) -> int:
    loop = image.info.get("loop")
    if image.format != "GIF":
        return int(loop or 0)
    return 1 if loop is None else loop and loop + 1  # the Netscape extension counts repetitions


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    try:
        yield
    except UnidentifiedImageError:
        raise ImageError(f"'{path}' is not a GIF, WebP or PNG that Pillow can read; use another copy") from None
    except Image.DecompressionBombError as problem:
        raise ImageError(f"'{path}' is refused as too large: {problem}") from None
    except _DECODING_ERRORS as problem:
        reason = getattr(problem, "strerror", None)
        if reason:
            raise ImageError(f"cannot read '{path}': {reason}") from None
        raise ImageError(f"'{path}' is damaged and cannot be read to its end ({problem}); use another copy") from None
