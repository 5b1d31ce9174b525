"""Clips, made and looked into; videos need PyAV."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from litebrush.clip import Clip
from litebrush.frames import open_clip
from made.pictures import photo_pixels

DURATIONS_MS = (40.0, 100.0, 250.0, 40.0)

_SAMPLES_A_SECOND = 48_000
_MILLISECOND = Fraction(1, 1000)


def pictures(count: int, width: int = 48, height: int = 32) -> list[Image.Image]:
    """Frames of a picture that moves up by a pixel a frame."""
    waves = photo_pixels(height + count, width)
    return [Image.fromarray(np.ascontiguousarray(waves[number : number + height])) for number in range(count)]


def read(path: Path) -> tuple[Clip, list[Image.Image]]:
    """A clip and all its frames."""
    with open_clip(path) as opened:
        return opened.clip, list(opened.frames)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference in grey levels."""
    return float(np.abs(np.asarray(one, np.float32) - np.asarray(other.convert(one.mode), np.float32)).mean())


def write_video_with_sound(
    path: Path, codec: str, times_ms: Sequence[int] = range(0, 320, 40), begins: int = 0
) -> Path:
    """Frames of 64x48 at times of their own, and a tone; the clock begins at so many seconds."""
    import av

    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.time_base = _MILLISECOND
        sound = container.add_stream(codec, rate=_SAMPLES_A_SECOND, layout="mono")
        for number, time in enumerate(times_ms):
            picture = av.VideoFrame.from_image(Image.fromarray(photo_pixels(48, 64, number)))
            picture.pts, picture.time_base = 1000 * begins + time, _MILLISECOND
            container.mux(video.encode(picture))
        container.mux(video.encode())
        tone = np.sin(np.arange(_SAMPLES_A_SECOND * times_ms[-1] // 1000) / 20)
        samples = av.AudioFrame.from_ndarray((9000 * tone).astype(np.int16)[None], format="s16", layout="mono")
        samples.sample_rate, samples.time_base = _SAMPLES_A_SECOND, Fraction(1, _SAMPLES_A_SECOND)
        samples.pts = begins * _SAMPLES_A_SECOND
        container.mux(sound.encode(samples))
        container.mux(sound.encode())
    return path


def frame_times(path: Path) -> list[float]:
    """Milliseconds at which the frames are shown."""
    import av

    with av.open(str(path)) as container:
        return [1000 * frame.time for frame in container.decode(video=0)]


def read_sound(path: Path) -> bytes:
    """All packets of the sound."""
    import av

    with av.open(str(path)) as container:
        return b"".join(bytes(packet) for packet in container.demux(audio=0)) if container.streams.audio else b""


def first_times(path: Path) -> tuple[float, float]:
    """Seconds at which the first picture is shown and the first sound heard."""
    import av

    with av.open(str(path)) as container:
        picture = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        return picture, next(container.decode(audio=0)).time
