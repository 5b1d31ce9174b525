"""``litebrush repair``."""

from __future__ import annotations

import time
from pathlib import Path

import click

from litebrush.announcements import without_announcements
from litebrush.commands.options import accelerator_option, device_name, precision_option, progress_bar, threads_option
from litebrush.errors import ImageError
from litebrush.image import check_output, read_image, to_photo, write_image
from litebrush.loading import load
from litebrush.restorer import NoiseLevel, require_size


def _parse_noise_level(ctx: click.Context, param: click.Parameter, value: str) -> NoiseLevel:
    if value == "auto":
        return "auto"
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"'{value}' is neither a number of grey levels nor 'auto'", ctx, param) from None


@click.command(name="repair")
@click.argument("photo", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write; its suffix decides the format.",
)
@click.option(
    "--noise-level",
    callback=_parse_noise_level,
    default="auto",
    metavar="0-50|auto",
    show_default=True,
    help="Standard deviation of the noise in grey levels.",
)
@click.option("--model", default="denoise", show_default=True, help="Name of a shipped model, or a .tflite file.")
@precision_option
@threads_option
@accelerator_option
def command(
    photo: Path,
    output: Path,
    noise_level: NoiseLevel,
    model: str,
    precision: str | None,
    threads: int,
    accelerator: str,
) -> None:
    """Remove the noise of a photograph.

    Transparency, EXIF and the colour profile are kept; the original is never written to.

    \b
    Examples:
      litebrush repair old.jpg -o new.png
      litebrush repair scan.tif -o clean.tif --noise-level 15 --precision float32
      litebrush repair old.jpg -o new.png --precision float16 --accelerator gpu
    """
    taken_apart = to_photo(read_image(photo))
    require_size(taken_apart)
    check_output(output, taken_apart)
    if output.exists() and output.samefile(photo):
        raise ImageError(f"'{output}' is the original; choose another file with --output")
    with without_announcements() as announced:
        restorer = load(model, precision, threads, accelerator)
    level = restorer.noise_level_for(taken_apart.pixels, noise_level)
    began = time.perf_counter()
    with progress_bar(f"repairing {photo.name}") as show:
        restored = taken_apart.to_image(restorer.restore_pixels(taken_apart.pixels, level, show))
    seconds = time.perf_counter() - began
    write_image(restored, output)
    used = restorer.precision.value if restorer.precision else "?"
    estimated = " (estimated)" if noise_level == "auto" else ""
    told = "" if level is None else f"noise level {level:.1f}{estimated}, "
    click.echo(
        f"{output}: {restored.width}x{restored.height}, {restorer.contract.name} {used} on "
        f"{device_name(restorer.accelerator, announced)}, "
        f"{told}{seconds:.2f} s"
    )
