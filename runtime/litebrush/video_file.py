"""Video files as clips, through PyAV, which is FFmpeg's libraries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from litebrush.atomic import atomic_file
from litebrush.clip import Clip, OpenClip
from litebrush.errors import ImageError

WRITTEN_SUFFIXES = frozenset({".mkv", ".mov", ".mp4"})
READ_SUFFIXES = WRITTEN_SUFFIXES | {
    ".3gp",
    ".avi",
    ".flv",
    ".m4v",
    ".mpeg",
    ".mpg",
    ".mts",
    ".ogv",
    ".ts",
    ".webm",
    ".wmv",
}

_QUALITY = {"crf": "18"}  # of x264: losses that are hardly seen
_BT709, _BT601 = 1, 5  # FFmpeg's AVColorSpace
_KNOWN_MATRICES = (_BT709, _BT601)
_LIMITED_RANGE = 1
_HIGH_DEFINITION = 720


@contextmanager
def open_video(path: Path) -> Iterator[OpenClip]:
    """The first video stream of a file, its frames upright and RGB.

    Raises:
        ImageError: not a video, a damaged one, or one without frames.
    """
    import av

    with _reading(path):
        container: Any = av.open(str(path))
    with container:
        if not container.streams.video:
            raise ImageError(f"'{path}' has no video in it; give another file")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        frames = _frames(path, container, stream)
        first = next(frames, None)
        if first is None:
            raise ImageError(f"'{path}' has no frames in it; use another copy")
        clip = Clip(*first.size, stream.frames or None, stream.average_rate or stream.guessed_rate)
        yield OpenClip(clip, chain([first], frames))


def write_video(path: Path, clip: Clip, frames: Iterable[Image.Image]) -> None:
    """Write H.264 with all frames shown for the same time; the file appears whole or not at all.

    Frames of even size are 4:2:0, which everything plays; of an odd one 4:4:4. Transparent parts become black.

    Raises:
        ImageError: the disk is full, or this FFmpeg cannot encode H.264.
    """
    import av

    try:
        with atomic_file(path) as temporary, av.open(str(temporary), "w") as container:
            stream: Any = container.add_stream("libx264", rate=clip.mean_rate, options=_QUALITY)
            stream.width, stream.height = clip.width, clip.height
            stream.pix_fmt = "yuv444p" if clip.width % 2 or clip.height % 2 else "yuv420p"
            stream.codec_context.colorspace, stream.codec_context.color_range = _BT709, _LIMITED_RANGE
            for frame in frames:
                picture = av.VideoFrame.from_ndarray(np.asarray(_opaque(frame)), format="rgb24")
                container.mux(stream.encode(picture.reformat(format=stream.pix_fmt, dst_colorspace=_BT709)))
            container.mux(stream.encode())
    except (av.FFmpegError, OSError, ValueError) as problem:
        raise ImageError(f"cannot write '{path}': {getattr(problem, 'strerror', None) or problem}") from None


def _frames(path: Path, container: Any, stream: Any) -> Iterator[Image.Image]:
    frames = container.decode(stream)
    while True:
        with _reading(path):
            frame = next(frames, None)
        if frame is None:
            return
        yield _upright(frame)


def _upright(frame: Any) -> Image.Image:
    matrix = int(frame.colorspace)
    if matrix not in _KNOWN_MATRICES:  # what players assume where the file does not say
        matrix = _BT709 if frame.height >= _HIGH_DEFINITION else _BT601
    picture = frame.reformat(format="rgb24", src_colorspace=matrix).to_ndarray()
    image = Image.fromarray(picture)
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _opaque(frame: Image.Image) -> Image.Image:
    if not frame.has_transparency_data:
        return frame.convert("RGB")
    black = Image.new("RGBA", frame.size, (0, 0, 0, 255))
    return Image.alpha_composite(black, frame.convert("RGBA")).convert("RGB")


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    import av

    try:
        yield
    except av.FFmpegError as problem:
        raise ImageError(f"cannot read '{path}' as a video ({problem.strerror}); use another copy") from None
