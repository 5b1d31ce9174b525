"""``litebrush video``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from PIL import Image

from litebrush.commands.options import (
    QuietLoader,
    accelerator_option,
    device_name,
    noise_level_option,
    precision_option,
    threads_option,
)
from litebrush.errors import ImageError
from litebrush.frames import check_clip_output, open_clip, write_clip
from litebrush.repairing import deed
from litebrush.restorer import NoiseLevel, Restorer
from litebrush.sequence import FrameByFrame, SequenceRestorer, Stream
from litebrush.threads import Threads

_DEFAULT_MODEL = "denoise-video"

FrameShown = Callable[[], None]


@contextmanager
def _progress_bar(label: str, count: int | None) -> Iterator[FrameShown]:
    """Frames a second and the time that remains, on standard error while a person is watching it."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    began = time.perf_counter()
    done = 0
    with click.progressbar(length=count or 0, label=label, file=sys.stderr, show_pos=True) as bar:

        def show() -> None:
            nonlocal done
            done += 1
            bar.label = f"{label}: {done / (time.perf_counter() - began):.1f} frames a second"
            bar.length = max(bar.length or 0, done)
            bar.update(1)

        yield show


@click.command(name="video")
@click.argument("clip", metavar="CLIP", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="A .gif, .webp or .png animation, a .mp4, .mkv or .mov video, or a folder of PNGs to write.",
)
@click.option("--model", help="Name of a shipped model, or a .tflite file that restores.  [default: denoise-video]")
@noise_level_option
@precision_option
@threads_option
@accelerator_option
def command(
    clip: Path,
    output: Path,
    model: str | None,
    noise_level: NoiseLevel,
    precision: str | None,
    threads: Threads,
    accelerator: str,
) -> None:
    """Restore a video: a folder of frames, an animated GIF, WebP or PNG, or a video file.

    A model for videos remembers the frames before, and begins anew at each scene cut; a model for photographs restores
    frame by frame. Durations and repetitions of an animation are kept, and so is the sound of a video. Video files need
    PyAV: pip install 'litebrush[video]'.

    \b
    Examples:
      litebrush video old.gif -o clean.gif
      litebrush video race.mp4 -o clean.mp4 --model denoise      # a model for photographs, frame by frame
      litebrush video frames/ -o clean.webp --noise-level 20
      litebrush video film.mp4 -o clean.mp4 --model film-int8.tflite --threads 4
    """
    check_clip_output(clip, output)
    with open_clip(clip) as opened:
        loader = QuietLoader(precision, threads, accelerator)
        with loader(model or _DEFAULT_MODEL) as loaded:
            stream = _stream(loaded, model, noise_level)
            seconds: list[float] = []
            with _progress_bar(f"restoring {clip.name}", opened.clip.count) as show:
                sounds = write_clip(output, opened.clip, _restored(stream, opened.frames, seconds, show))
            summary = _summary(stream, loaded, opened.clip.width, opened.clip.height, seconds, loader)
            silent = ", without its sound, which the output cannot hold" if opened.clip.sound and not sounds else ""
            click.echo(f"{output}: {summary}{silent}")


def _stream(loaded: Any, model: str | None, noise_level: NoiseLevel) -> Stream | FrameByFrame:
    if isinstance(loaded, SequenceRestorer):
        return loaded.stream(noise_level)
    if isinstance(loaded, Restorer):
        return FrameByFrame(loaded, noise_level)
    raise ImageError(f"'{model}' is a model of task '{loaded.task.value}'; give one that restores with --model")


def _restored(
    stream: Stream | FrameByFrame, frames: Iterator[Image.Image], seconds: list[float], show: FrameShown
) -> Iterator[Image.Image]:
    """Restored frames, while it is noted how long each took."""
    for frame in frames:
        began = time.perf_counter()
        restored = stream(frame)
        seconds.append(time.perf_counter() - began)
        yield restored
        show()


def _summary(
    stream: Stream | FrameByFrame, loaded: Any, width: int, height: int, seconds: list[float], loader: QuietLoader
) -> str:
    """The last line; for example ``24 frames of 320x240, 12.3 ms a frame, 1 scene cut, restored by ... on cpu``."""
    cuts = stream.scenes - 1
    done = deed("restored frame by frame" if isinstance(stream, FrameByFrame) else "restored", loaded)
    return (
        f"{len(seconds)} frames of {width}x{height}, {1000 * sum(seconds) / len(seconds):.1f} ms a frame, "
        f"{cuts or 'no'} scene cut{'' if cuts == 1 else 's'}, {done.words} by {done.model} on "
        f"{device_name(done.accelerator, loader.announced)}"
    )
