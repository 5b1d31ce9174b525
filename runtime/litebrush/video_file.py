"""Video files as clips, through PyAV, which is FFmpeg's libraries."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from litebrush.atomic import atomic_file
from litebrush.clip import ASSUMED_FRAME_RATE, Clip, OpenClip
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
_AS_SHOWN = {"bf": "0"}  # frames are stored as shown, in larger files: MP4 keeps for how long the last stored one is
_MPEG_CLOCK = 90_000  # ticks a second
_BT709, _BT601 = 1, 5  # FFmpeg's AVColorSpace
_KNOWN_MATRICES = (_BT709, _BT601)
_FILES_ONLY = {"protocol_whitelist": "file"}  # or a playlist would have FFmpeg use the network
_LIMITED_RANGE = 1
_HIGH_DEFINITION = 720


@contextmanager
def open_video(path: Path) -> Iterator[OpenClip]:
    """The first video stream of a file, its frames upright and RGB.

    Raises:
        ImageError: not a video, a damaged one, or one without frames.
    """
    with _opened(path) as container:
        if not container.streams.video:
            raise ImageError(f"'{path}' has no video in it; give another file")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        decoded = _decoded(path, container, stream)
        first = next(decoded, None)
        if first is None:
            raise ImageError(f"'{path}' has no frames in it; use another copy")
        rate = stream.average_rate or stream.guessed_rate or ASSUMED_FRAME_RATE
        durations_ms: list[float] = []
        clip = Clip(
            *_upright(first).size,
            stream.frames or None,
            rate,
            durations_ms,
            max(0.0, float(1000 * ((_shown_at(first) or Fraction(0)) - _start(container)))),
            sound=path if container.streams.audio else None,
        )
        yield OpenClip(clip, _frames(chain([first], decoded), 1 / rate, durations_ms))


def write_video(path: Path, clip: Clip, frames: Iterable[Image.Image]) -> bool:
    """Write H.264, each frame shown for as long as the clip says; the file appears whole or not at all.

    In MP4 and MOV the last frame is, if the clip is an animation; that of a video may stay longer or shorter.
    Frames of even size are 4:2:0, which everything plays; of an odd one 4:4:4. Transparent parts become black.
    The clip's first stream of sound is copied as it is.

    Returns:
        Whether there is sound: False, too, where this kind of file cannot hold it.

    Raises:
        ImageError: the disk is full, this FFmpeg cannot encode H.264, or the sound cannot be read.
    """
    import av

    try:
        with atomic_file(path) as temporary, av.open(str(temporary), "w") as container:
            rate = clip.mean_rate
            is_animation = clip.frame_rate is None and len(clip.durations_ms) > 0
            options = _QUALITY | _AS_SHOWN if is_animation else _QUALITY
            stream: Any = container.add_stream("libx264", rate=rate, options=options)
            stream.width, stream.height = clip.width, clip.height
            stream.pix_fmt = "yuv444p" if clip.width % 2 or clip.height % 2 else "yuv420p"
            stream.codec_context.colorspace, stream.codec_context.color_range = _BT709, _LIMITED_RANGE
            stream.codec_context.time_base = tick = Fraction(1, _ticks_a_second(rate))
            with _sound(container, clip) as sound:
                begins_ms, last, ticks = clip.begins_ms, -1, dict[int, int]()
                for number, frame in enumerate(frames):
                    picture = av.VideoFrame.from_ndarray(np.asarray(_opaque(frame)), format="rgb24")
                    picture = picture.reformat(format=stream.pix_fmt, dst_colorspace=_BT709)
                    last = max(round(begins_ms / float(1000 * tick)), last + 1)
                    picture.pts, picture.time_base = last, tick
                    shown_ms = clip.duration_ms(number) or float(1000 / rate)  # an animation may say 0
                    ticks[last] = round(shown_ms / float(1000 * tick))
                    begins_ms += shown_ms
                    container.mux(_timed(stream.encode(picture), ticks))
                    if sound is not None:
                        sound.copy_until(begins_ms / 1000)
                container.mux(_timed(stream.encode(), ticks))
                if sound is not None:
                    sound.copy_until(None)
                return sound is not None
    except (av.FFmpegError, OSError, ValueError) as problem:
        raise ImageError(f"cannot write '{path}': {getattr(problem, 'strerror', None) or problem}") from None


def _timed(packets: list[Any], ticks: dict[int, int]) -> list[Any]:
    """Packets that say for how many ticks they are shown; the number is found by the tick at which a frame begins."""
    for packet in packets:
        packet.duration = ticks.pop(packet.pts, packet.duration)
    return packets


class _Sound:
    """The first stream of sound of a video, copied packet by packet into one that is being written."""

    def __init__(self, path: Path, source: Any, target: Any) -> None:
        self._path, self._source, self._target = path, source, target
        self._stream = target.add_stream_from_template(source.streams.audio[0])
        self._packets = self._read()
        self._waiting = next(self._packets, None)

    def copy_until(self, seconds: float | None) -> None:
        """Copy what sounds before a time, or all."""
        while self._waiting is not None:
            packet = self._waiting
            if seconds is not None and packet.dts * packet.time_base >= seconds:
                return
            packet.stream = self._stream
            self._target.mux(packet)
            self._waiting = next(self._packets, None)

    def _read(self) -> Iterator[Any]:
        packets = self._source.demux(self._source.streams.audio[0])
        start = _start(self._source)
        while True:
            with _reading(self._path):
                packet = next(packets, None)
            if packet is None:
                return
            if packet.dts is None:  # the last one is empty, and says that no more come
                continue
            late = round(start / packet.time_base)
            packet.dts -= late
            packet.pts = packet.dts if packet.pts is None else packet.pts - late
            yield packet


@contextmanager
def _sound(target: Any, clip: Clip) -> Iterator[_Sound | None]:
    """What copies a clip's sound; None where there is none, or the target cannot hold it."""
    if clip.sound is None:
        yield None
        return
    with _opened(clip.sound) as source:
        holds = _can_hold(target.format.name, source.streams.audio[0])
        yield _Sound(clip.sound, source, target) if holds else None


def _can_hold(format: str, sound: Any) -> bool:
    """Whether a kind of file takes a stream of sound; found by beginning one in memory.

    Plain samples in MP4 begin well, but few players know them, and FFmpeg fails at the end if their packets are long.
    """
    import av

    if format == "mp4" and sound.codec_context.name.startswith("pcm_"):
        return False
    try:
        with av.open(io.BytesIO(), "w", format) as trial:
            trial.add_stream_from_template(sound)
            trial.start_encoding()
    except (av.FFmpegError, ValueError):
        return False
    return True


def _start(container: Any) -> Fraction:
    """Seconds at which a file's clock begins; that of a recorded broadcast may say hours."""
    return Fraction(max(0, container.start_time or 0), 1_000_000)


def _opened(path: Path) -> Any:
    import av

    with _reading(path):
        return av.open(str(path.resolve()), options=_FILES_ONLY)


def _ticks_a_second(rate: Fraction) -> int:
    """At least those of MPEG's clock, and so many that each frame of an even rate begins on a tick."""
    frames = max(1, rate.limit_denominator(1001).numerator)  # in so many seconds as the denominator says
    return frames * -(-_MPEG_CLOCK // frames)


def _decoded(path: Path, container: Any, stream: Any) -> Iterator[Any]:
    frames = container.decode(stream)
    while True:
        with _reading(path):
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


def _frames(decoded: Iterator[Any], usual: Fraction, durations_ms: list[float]) -> Iterator[Image.Image]:
    """Frames as pictures; each is shown until the next one is, and how long that is comes to the durations.

    Args:
        decoded: one frame at least.
        usual: seconds a frame is shown where the file does not say, or its clock runs backwards.
    """
    frame = next(decoded)
    begins = _shown_at(frame) or Fraction(0)
    while frame is not None:
        following = next(decoded, None)
        ends = _shown_at(following) if following is not None else begins + _duration(frame)
        if ends is None or ends <= begins:
            ends = begins + usual
        durations_ms.append(float(1000 * (ends - begins)))
        yield _upright(frame)
        frame, begins = following, ends


def _shown_at(frame: Any) -> Fraction | None:
    return None if frame.pts is None else Fraction(frame.pts * frame.time_base)


def _duration(frame: Any) -> Fraction:
    return Fraction((frame.duration or 0) * (frame.time_base or 0))


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
