"""``litebrush repair``."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
import numpy as np
from PIL import Image

from litebrush.commands.options import (
    QuietLoader,
    accelerator_option,
    device_name,
    noise_level_option,
    precision_option,
    threads_option,
)
from litebrush.contract import Precision
from litebrush.errors import ImageError
from litebrush.image import ImageLike, Photo, check_output, read_image, write_image
from litebrush.inpainter import Inpainter, missing_pixels
from litebrush.model import Model
from litebrush.photo_file import is_same_file, repair_file
from litebrush.photo_folder import Fate, Outcome, find_photos
from litebrush.repairing import (
    Mask,
    Repair,
    Repairer,
    Step,
    StepProgress,
    deed,
    filled_in_words,
    known_steps,
    noise_in_words,
)
from litebrush.restorer import NoiseLevel, Restorer
from litebrush.threads import Threads
from litebrush.zoo import find_shipped


class _SomeFailed(click.ClickException):
    """One line on standard error, and status 1: the others were repaired."""

    exit_code = 1


def _parse_steps(ctx: click.Context, param: click.Parameter, value: str) -> tuple[Step, ...] | str:
    if value == "auto":
        return "auto"
    return tuple(known_steps([name.strip() for name in value.split(",")]))


@contextmanager
def _progress_bar(label: str) -> Iterator[StepProgress | None]:
    """A bar for each step, on standard error while a person is watching it."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.label, bar.length = f"{label}: {what}", total
            bar.update(done - bar.pos)

        yield show


@contextmanager
def _outcomes_bar(outcomes: Iterator[Outcome], count: int, label: str) -> Iterator[Iterable[Outcome]]:
    """The outcomes, while a bar shows how many there were to a person who is watching it."""
    if not sys.stderr.isatty():
        yield outcomes
        return
    with click.progressbar(
        outcomes, count, label, file=sys.stderr, item_show_func=lambda outcome: outcome and outcome.source.name
    ) as bar:
        yield bar


@click.command(name="repair")
@click.argument("photo", metavar="PHOTO|FOLDER", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write, whose suffix decides the format; or the folder for the photos of FOLDER.",
)
@click.option(
    "--steps",
    callback=_parse_steps,
    default="auto",
    metavar="inpaint,deblock,denoise|auto",
    show_default=True,
    help="What to do, needed or not; auto does what the photo needs.",
)
@click.option(
    "--mask",
    metavar="FILE|auto",
    help="What to fill in: a picture of the photo's size that is white where the photo is damaged; or auto, to look "
    "for scratches, dust and stains. Without, nothing is filled in.",
)
@click.option("--save-mask", type=click.Path(path_type=Path), help="File for the mask of what was filled in.")
@noise_level_option
@click.option(
    "--model",
    help="Run one model instead: a shipped one's name, or a file that restores or, with --mask, fills in.",
)
@precision_option
@threads_option
@accelerator_option
def command(
    photo: Path,
    output: Path,
    steps: tuple[Step, ...] | str,
    mask: str | None,
    save_mask: Path | None,
    noise_level: NoiseLevel,
    model: str | None,
    precision: str | None,
    threads: Threads,
    accelerator: str,
) -> None:
    """Repair a photograph, or all photographs of a folder.

    What a mask marks is filled in, then JPEG blocks and noise are removed, where the photo needs it; a clean photo
    stays as it is. Transparency, EXIF and the colour profile are kept; the original is
    never written to.

    Of a folder, those below it are repaired, too. Files that are in the output folder already are skipped, so a run
    that was stopped goes on when it is started again; a file that cannot be repaired is named at the end, with
    status 1.

    \b
    Examples:
      litebrush repair old.jpg -o new.png
      litebrush repair old.jpg -o new.png --mask auto --save-mask found.png
      litebrush repair old.jpg -o new.png --mask painted.png --model my-inpaint-int8.tflite
      litebrush repair scan.tif -o clean.tif --steps denoise --noise-level 15 --precision float32
      litebrush repair album/ -o repaired/
    """
    if model is not None and (steps != "auto" or save_mask is not None):
        raise click.UsageError("--model runs one model alone; it goes with neither --steps nor --save-mask")
    if photo.is_dir() and (mask not in (None, "auto") or save_mask is not None):
        raise click.UsageError("--mask and --save-mask are for one photo; give the photos of the folder one by one")
    if save_mask is not None:
        others = {"the photo": photo, "the output": output, "the mask": Path(mask) if mask else None}
        _require_own_place(save_mask, others)
    given_mask = _mask_given(mask)
    loader = (StepLoader if model is None else QuietLoader)(precision, threads, accelerator)
    with Repairer(loader) as repairer:
        treat: Callable[..., Repair]
        if model is None:
            treat = partial(repairer.repair_photo, steps=steps, mask=given_mask, noise_level=noise_level)
        else:
            treat = _one_model(loader(model), given_mask, noise_level)
        if photo.is_dir():
            _repair_folder(photo, output, treat)
        else:
            _repair_photo(photo, output, treat, save_mask, loader)


class StepLoader(QuietLoader):
    """Loads the models of several steps, of which not every one is shipped in each precision."""

    def precision_of(self, source: str) -> str | None:  # noqa: D102
        asked = super().precision_of(source)
        return asked and find_shipped(source).closest(Precision(asked)).value


def _require_own_place(save_mask: Path, others: Mapping[str, Path | None]) -> None:
    check_output(save_mask)
    for what, path in others.items():
        if path is not None and is_same_file(save_mask, path):
            raise ImageError(f"'{save_mask}' is {what}; choose another place with --save-mask")


def _mask_given(mask: str | None) -> Mask:
    if mask is None or mask == "auto":
        return "auto" if mask else None
    if not Path(mask).exists():
        raise ImageError(f"there is no file '{mask}'; --mask takes a picture, or 'auto' to have damage looked for")
    return read_image(Path(mask))


def _one_model(model: Model, mask: Mask, noise_level: NoiseLevel) -> Callable[..., Repair]:
    name = model.contract.name
    if isinstance(model, Restorer):
        if mask is not None:
            raise ImageError(f"'{name}' restores and takes no mask; leave out --mask, or give a model that fills in")
        return partial(_restored, model, noise_level)
    if isinstance(model, Inpainter):
        if mask is None or isinstance(mask, str):
            raise ImageError(f"'{name}' fills in what a mask says is missing; give a picture with --mask")
        return partial(_filled, model, mask)
    raise ImageError(
        f"'{name}' is a model of task '{model.task.value}'; give one that restores or fills in with --model"
    )


def _restored(
    restorer: Restorer,
    noise_level: NoiseLevel,
    photo: Photo,
    quality: float | None,
    progress: StepProgress | None = None,
) -> Repair:
    level = restorer.noise_level_for(photo.pixels, noise_level)
    shown = None if progress is None else partial(progress, "restoring")
    pixels = restorer.restore_pixels(photo.pixels, level, shown)
    words = "restored" if level is None else noise_in_words(level, noise_level)
    return Repair(photo.with_pixels(pixels), None, (deed(words, restorer),))


def _filled(
    inpainter: Inpainter,
    mask: ImageLike,
    photo: Photo,
    quality: float | None,
    progress: StepProgress | None = None,
) -> Repair:
    missing = missing_pixels(mask, photo.pixels.shape[:2])
    shown = None if progress is None else partial(progress, "filling in")
    pixels = inpainter.fill(photo.pixels, missing, shown)
    filled = np.where(missing, np.uint8(255), np.uint8(0))
    return Repair(photo.with_pixels(pixels), filled, (deed(filled_in_words(missing), inpainter),))


def _repair_photo(
    photo: Path, output: Path, treat: Callable[..., Repair], save_mask: Path | None, loader: QuietLoader
) -> None:
    began = time.perf_counter()
    with _progress_bar(f"repairing {photo.name}") as progress:
        repair = repair_file(photo, output, partial(treat, progress=progress))
    seconds = time.perf_counter() - began
    assert isinstance(repair.picture, Image.Image)  # as all that comes from a file
    width, height = repair.picture.size
    deeds = [
        f"{each.words} by {each.model} on {device_name(each.accelerator, loader.announced)}" for each in repair.done
    ]
    done = ", ".join(deeds) or "nothing to repair was found"
    click.echo(f"{output}: {width}x{height}, {done}, {seconds:.2f} s")
    if save_mask is not None:
        mask = np.zeros((height, width), np.uint8) if repair.mask is None else repair.mask
        write_image(Image.fromarray(mask), save_mask)


def _repair_folder(source: Path, target: Path, treat: Callable[..., Repair]) -> None:
    folder = find_photos(source, target)
    fates: Counter[Fate] = Counter()
    failures: list[str] = []
    began = time.perf_counter()
    outcomes = folder.repair(partial(repair_file, treat=treat))
    try:
        with _outcomes_bar(outcomes, len(folder.photos), f"repairing {source}") as shown:
            for outcome in shown:
                fates[outcome.fate] += 1
                if outcome.fate is Fate.FAILED:
                    failures.append(outcome.words)
    finally:
        seconds = time.perf_counter() - began
        counted = ", ".join(f"{fates[fate]} {fate.value}" for fate in Fate if fates[fate]) or "none begun"
        left = len(folder.photos) - fates.total()
        click.echo(f"{target}: {counted}{f', {left} left' if left else ''}, {seconds:.1f} s")
        for failure in failures:
            click.echo(f"failed: {failure}", err=True)
    if failures:
        raise _SomeFailed(f"{len(failures)} of {len(folder.photos)} photos could not be repaired")
