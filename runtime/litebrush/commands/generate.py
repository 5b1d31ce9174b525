"""``litebrush generate``."""

from __future__ import annotations

import re
import time
from itertools import chain
from pathlib import Path

import click
from PIL import Image

from litebrush.autoencoder import Autoencoder
from litebrush.commands.options import (
    QuietLoader,
    accelerator_option,
    device_name,
    precision_option,
    threads_option,
)
from litebrush.contact_sheet import contact_sheet
from litebrush.errors import ImageError
from litebrush.generator import Generator
from litebrush.image import check_output, to_photo, write_image
from litebrush.latents import fresh_seed
from litebrush.threads import Threads


@click.command(name="generate")
@click.argument("model", metavar="MODEL")
@click.option("--label", "labels", multiple=True, metavar="NAME", help="What to draw; give it again for more.")
@click.option("--count", type=click.IntRange(1), help="Pictures of each label.  [default: 1]")
@click.option("--seed", type=click.IntRange(0), help="The same seed draws the same pictures.  [default: a fresh one]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder for the pictures; or one file for all of them on a sheet.",
)
@click.option("--labels", "list_labels", is_flag=True, help="List what the model can draw, and end.")
@precision_option
@threads_option
@accelerator_option
def command(
    model: str,
    labels: tuple[str, ...],
    count: int | None,
    seed: int | None,
    output: Path | None,
    list_labels: bool,
    precision: str | None,
    threads: Threads,
    accelerator: str,
) -> None:
    """Draw pictures with a generator, or an autoencoder's prior: name of a shipped model or a .tflite file.

    Without --label, pictures of each label are drawn. Each picture names its model, label and seed in its own file;
    the same seed draws the same picture on every machine.

    \b
    Examples:
      litebrush generate clothing-gan --labels
      litebrush generate clothing-gan -o sheet.png
      litebrush generate clothing-gan --label dress --label hat --count 4 --seed 7 -o drawn/
    """
    if output is None and not list_labels:
        raise click.UsageError("name a folder or a file with --output")
    if output is not None and _is_file(output):
        check_output(output, to_photo(Image.new("RGB", (1, 1))))
    loader = QuietLoader(precision, threads, accelerator)
    with loader(model) as artist:
        if not isinstance(artist, (Generator, Autoencoder)):
            raise ImageError(
                f"'{model}' is a model of task '{artist.task.value}'; give one that generates or autoencodes"
            )
        if output is None:
            click.echo("\n".join(artist.contract.labels) or f"'{artist.contract.name}' has no labels")
            return
        chosen = fresh_seed() if seed is None else seed
        began = time.perf_counter()
        images = _drawn(artist, count or 1, tuple(dict.fromkeys(labels)), chosen)
        milliseconds = (time.perf_counter() - began) * 1000 / len(images)
    _write(images, artist.contract.name, output)
    used = f" {artist.precision.value}" if artist.precision else ""
    click.echo(
        f"{output}: {len(images)} {'picture' if len(images) == 1 else 'pictures'} of seed {chosen}, "
        f"{artist.contract.name}{used} on {device_name(artist.accelerator, loader.announced)}, "
        f"{milliseconds:.1f} ms each"
    )


def _is_file(output: Path) -> bool:
    """Whether a name is that of a picture, of a format that litebrush writes or another."""
    return not output.is_dir() and output.suffix.lower() in Image.registered_extensions()


def _drawn(artist: Generator | Autoencoder, count: int, labels: tuple[str, ...], seed: int) -> list[Image.Image]:
    if isinstance(artist, Generator):
        wanted = labels or artist.labels or (None,)
        return list(chain.from_iterable(artist(count, label, seed) for label in wanted))
    if labels:
        raise ImageError(f"'{artist.contract.name}' is an autoencoder and has no classes; leave --label out")
    return artist.sample(count, seed)


def _write(images: list[Image.Image], model: str, output: Path) -> None:
    if not _is_file(output):
        output.mkdir(parents=True, exist_ok=True)
        for image in images:
            write_image(image, output / f"{_file_name(image)}.png", _told(image, model))
    elif len(images) == 1:
        write_image(images[0], output, _told(images[0], model))
    else:
        sheet = contact_sheet(images, [_caption(image) for image in images], _columns(images))
        write_image(sheet, output, {"model": model, "seed": str(images[0].info["seed"])})


def _columns(images: list[Image.Image]) -> int | None:
    """So many that each label has a row of its own, where there are several pictures of several."""
    labels = {_parts(image)[0] for image in images}
    of_each = len(images) // len(labels)
    return of_each if len(labels) > 1 and of_each > 1 else None


def _told(image: Image.Image, model: str) -> dict[str, str]:
    return {"model": model, **{str(key): str(value) for key, value in image.info.items()}}


def _file_name(image: Image.Image) -> str:
    """The caption, with those characters escaped that separate a path or that some file systems refuse."""
    label, seed, index = _parts(image)
    escaped = re.sub(r'[%/\\:*?"<>|\x00-\x1f]', lambda found: f"%{ord(found[0]):02X}", label)
    return f"{escaped}-{seed}-{index}"


def _caption(image: Image.Image) -> str:
    return " ".join(map(str, _parts(image)))


def _parts(image: Image.Image) -> tuple[str, int, int]:
    return image.info.get("label", "picture"), image.info["seed"], image.info["index"]
