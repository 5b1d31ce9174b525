"""Frames of a camera, repaired, into a folder: the newest each time, so that a slow model falls behind by one frame.

    python camera.py --out /srv/litebrush/frames

The camera is any program that writes JPEG after JPEG to its standard output: by default rpicam-vid of Raspberry Pi OS;
for a USB camera,

    python camera.py --out frames --camera 'ffmpeg -loglevel error -i /dev/video0 -c:v mjpeg -f image2pipe -'
"""

from __future__ import annotations

import io
import shlex
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click
from PIL import Image

import litebrush
from litebrush.atomic import atomic_file

RPICAM = "rpicam-vid --nopreview --timeout 0 --codec mjpeg --width 640 --height 480 --framerate 5 --output -"
JPEG_BEGINS, JPEG_ENDS = b"\xff\xd8\xff", b"\xff\xd9"
TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")  # thousandths of a degree Celsius
COOLING_PAUSE_S = 2.0
READ_AT_ONCE = 1 << 16


def jpegs(stream: IO[bytes]) -> Iterator[bytes]:
    """The JPEG files of a stream that holds nothing else."""
    pending = b""
    while piece := stream.read1(READ_AT_ONCE):  # type: ignore[attr-defined]  # of a pipe
        pending += piece
        while (next_begins := pending.find(JPEG_ENDS + JPEG_BEGINS)) >= 0:
            end = next_begins + len(JPEG_ENDS)
            yield pending[:end]
            pending = pending[end:]
        if pending.endswith(JPEG_ENDS):  # a camera waits between frames: do not wait with it
            yield pending
            pending = b""


class Newest:
    """The newest frame of a stream; those that nobody took in time are dropped."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.dropped = 0
        self._frame: bytes | None = None
        self._ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def take(self) -> bytes | None:
        """Wait for a frame that was not taken yet; None when the stream has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._ended)
            frame, self._frame = self._frame, None
            return frame

    def _read(self, stream: IO[bytes]) -> None:
        for frame in jpegs(stream):
            with self._changed:
                self.dropped += self._frame is not None
                self._frame = frame
                self._changed.notify()
        with self._changed:
            self._ended = True
            self._changed.notify()


def degrees() -> float | None:
    """Temperature of the processor in degrees Celsius, where the system tells it."""
    try:
        return int(TEMPERATURE.read_text()) / 1000
    except (OSError, ValueError):
        return None


def keep_newest(out: Path, count: int) -> None:
    """Delete all frames but so many."""
    for old in sorted(out.glob("frame-*.jpg"))[:-count]:
        old.unlink()


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--camera", default=RPICAM, help="Command that writes JPEG after JPEG to its standard output.")
@click.option("--model", default="denoise", show_default=True, help="A shipped model's name, or a .tflite file.")
@click.option("--threads", default="auto", show_default=True)
@click.option(
    "--keep", type=click.IntRange(min=1), default=100, show_default=True, help="Frames that stay in the folder."
)
@click.option("--hottest", default=80.0, show_default=True, help="Pause above so many degrees Celsius.")
def main(out: Path, camera: str, model: str, threads: str, keep: int, hottest: float) -> None:  # noqa: D103
    out.mkdir(parents=True, exist_ok=True)
    try:
        restorer = litebrush.load(model, threads=threads if threads == "auto" else int(threads))
        process = subprocess.Popen(shlex.split(camera), stdout=subprocess.PIPE)
    except (litebrush.LitebrushError, OSError, ValueError) as problem:
        raise click.UsageError(str(problem)) from None
    assert process.stdout is not None
    frames = Newest(process.stdout)
    written = 0
    try:
        while (jpeg := frames.take()) is not None:
            began = time.perf_counter()
            try:
                restored = restorer(Image.open(io.BytesIO(jpeg)))
            except (OSError, litebrush.LitebrushError) as problem:
                click.echo(f"a frame is left out: {problem}", err=True)
                continue
            path = out / f"frame-{time.time_ns() // 1_000_000}.jpg"
            with atomic_file(path) as temporary:
                restored.save(temporary, quality=90)
            written += 1
            keep_newest(out, keep)
            heat = degrees()
            warm = "" if heat is None else f", {heat:.0f} degrees"
            click.echo(f"{path.name}: {time.perf_counter() - began:.2f} s, {frames.dropped} dropped{warm}")
            while (heat := degrees()) is not None and heat > hottest:
                click.echo(f"pausing at {heat:.0f} degrees")
                time.sleep(COOLING_PAUSE_S)
    finally:
        process.terminate()
        status = process.wait()
    if not written:
        raise click.ClickException(f"the camera gave no frame and ended with status {status}: {camera}")


if __name__ == "__main__":
    main()
