"""``litebrush generate``."""

from __future__ import annotations

import secrets
import time
from itertools import chain
from pathlib import Path

import click
from PIL import Image, PngImagePlugin

from litebrush.atomic import atomic_file
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
from litebrush.image import IMAGE_SUFFIXES, write_image
from litebrush.threads import Threads

_SEED_BITS = 32


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
    """Draw pictures with a generator: name of a shipped model or a .tflite file.

    Without --label, one picture of each label is drawn. Each picture names its model, label and seed in its own file;
    the same seed draws the same picture on every machine.

    \b
    Examples:
      litebrush generate clothing-gan --labels
      litebrush generate clothing-gan -o sheet.png
      litebrush generate clothing-gan --label dress --label hat --count 4 --seed 7 -o drawn/
    """
    loader = QuietLoader(precision, threads, accelerator)
    with loader(model) as generator:
        if not isinstance(generator, Generator):
            raise ImageError(f"'{model}' is a model of task '{generator.task.value}'; give one that generates")
        if list_labels:
            click.echo("\n".join(generator.labels) or f"'{generator.contract.name}' has no labels")
            return
        if output is None:
            raise click.UsageError("name a folder or a file with --output")
        chosen = secrets.randbits(_SEED_BITS) if seed is None else seed
        began = time.perf_counter()
        images = list(
            chain.from_iterable(generator(count or 1, label, chosen) for label in labels or generator.labels or (None,))
        )
        milliseconds = (time.perf_counter() - began) * 1000 / len(images)
    _write(images, generator.contract.name, output)
    used = f" {generator.precision.value}" if generator.precision else ""
    click.echo(
        f"{output}: {len(images)} {'picture' if len(images) == 1 else 'pictures'} of seed {chosen}, "
        f"{generator.contract.name}{used} on {device_name(generator.accelerator, loader.announced)}, "
        f"{milliseconds:.1f} ms each"
    )


def _write(images: list[Image.Image], model: str, output: Path) -> None:
    if output.suffix.lower() in IMAGE_SUFFIXES:
        one = images[0] if len(images) == 1 else contact_sheet(images, [_caption(image) for image in images])
        write_image(one, output)
        return
    output.mkdir(parents=True, exist_ok=True)
    for image in images:
        told = PngImagePlugin.PngInfo()
        for key, value in {"model": model, **image.info}.items():
            told.add_text(str(key), str(value))
        with atomic_file(output / f"{_caption(image).replace(' ', '-')}.png") as temporary:
            image.save(temporary, "PNG", pnginfo=told)


def _caption(image: Image.Image) -> str:
    label = image.info.get("label", "picture")
    return f"{label} {image.info['seed']} {image.info['index']}"
