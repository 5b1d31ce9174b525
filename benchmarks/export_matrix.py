"""Every family in every precision: what converts, what it costs, and what is refused and why.

    python benchmarks/export_matrix.py

Each family trains for a few steps on photographs that scikit-image ships, with small networks: what is tried is
conversion, not quality. Every file is exported, loaded, run and verified. Writes benchmarks/results/export_matrix.json
and docs/export_matrix.md. Ends with status 1 if anything crashed where it should have been refused in words.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import skimage
from jinja2 import Environment, FileSystemLoader
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from machine import processor

import litebrush
from litebrush.announcements import without_announcements
from litebrush.contract import Precision
from litebrush.errors import LitebrushError
from litebrush.image import read_rgb
from litebrush.loading import TASK_CLASSES, open_engines, open_model
from litebrush_export.exported import Exported
from litebrush_export.pipeline import export
from litebrush_export.variants import Order
from litebrush_train.cli import FAMILIES

_HERE = Path(__file__).parent
_PHOTOS = Path(skimage.__file__).parent / "data"
_CLASSES = {"people": ("astronaut.png", 3), "things": ("coffee.png", 5)}  # a file, and how many crops a side
_CROP = 96
_TEST_SIZE = (150, 110)  # of no network's size, and no multiple of anything
_DIED = "its last words"  # of a process of its own, see litebrush_export.apart

_SHORT = (
    "training.steps=12",
    "training.batch_size=2",
    "compression.method=none",
    "run.checkpoint_every=12",
    "run.calibration_images=4",
)
_TINY_RESIDUAL = (
    *("model.channels=16", "model.inner_channels=16", "model.blocks=1"),
    *("model.coarse_channels=16", "model.coarse_blocks=1"),
    *("patches.patch_size=16", "patches.tile_size=64"),
)
_TINY = {
    **dict.fromkeys(("denoise", "deblock", "inpaint"), _TINY_RESIDUAL),
    "damage": ("model.channels=8", "model.levels=1", "patches.patch_size=16", "patches.tile_size=64"),
    "sparse": ("model.atoms=8", "model.iterations=1", "patches.patch_size=16", "patches.tile_size=64"),
    "rnn": (*_TINY_RESIDUAL, "patches.tile_size=80", "model.state_channels=16", "clips.frames=2"),
    "gan": ("model.latent=8", "model.channels=2", "model.discriminator_channels=2"),
    "vae": ("model.latent=8", "model.channels=4"),
}


@dataclass(frozen=True)
class Cell:
    """One family in one precision.

    Attributes:
        precision: its name.
        size_bytes: of the file, contract and golden result included; None where there is none.
        psnr_to_float32_db: of the held-out samples; None where nothing changed, and where there is no file.
        left_in_float: operators that compute in float though whole numbers were asked for, by name.
        means: what was done beyond plain conversion, in words.
        ran_as: what loaded it and ran.
        identical: the golden result was reproduced bit by bit.
        refusal: why there is no file, in the product's words.
        crash: what went wrong that should not.
    """

    precision: str
    size_bytes: int | None = None
    psnr_to_float32_db: float | None = None
    left_in_float: dict[str, int] | None = None
    means: tuple[str, ...] = ()
    ran_as: str = ""
    identical: bool = False
    refusal: str = ""
    crash: str = ""


@dataclass(frozen=True)
class Row:
    """One family.

    Attributes:
        family, task: their names.
        cells: one a precision, in the order of :class:`litebrush.contract.Precision`.
        training_s, export_s: how long it took.
    """

    family: str
    task: str
    cells: tuple[Cell, ...]
    training_s: float
    export_s: float


@click.command()
@click.option(
    "--family", "families", multiple=True, type=click.Choice([each.name for each in FAMILIES]), help="Only it."
)
def main(families: tuple[str, ...]) -> None:
    """Try all families, one after the other; write the table if it was all of them."""
    began = time.monotonic()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        photos = _write_photos(Path(folder) / "photos")
        for family in FAMILIES:
            if not families or family.name in families:
                rows.append(_try_family(family.name, photos, Path(folder) / family.name))
                _print(rows[-1])
    if not families:
        _write(rows, time.monotonic() - began)
    crashed = [f"{row.family} {cell.precision}" for row in rows for cell in row.cells if cell.crash]
    if crashed:
        raise click.ClickException(f"crashed: {', '.join(crashed)}")


def _write_photos(folder: Path) -> Path:
    """Squares of two photographs, in a folder a class."""
    for name, (photo, crops) in _CLASSES.items():
        (folder / name).mkdir(parents=True)
        pixels = read_rgb(_PHOTOS / photo)
        for index in range(crops):
            top, left = 40 + 50 * index, 60 + 70 * index
            crop = pixels[top : top + _CROP, left : left + _CROP]
            Image.fromarray(crop).save(folder / name / f"{index}.png")
    return folder


def _try_family(family: str, photos: Path, folder: Path) -> Row:
    began = time.monotonic()
    _train(family, photos, folder / "run")
    trained = time.monotonic()
    with without_announcements():
        cells = tuple(_cells(folder / "run" / "handover", folder / "models"))
    contract = json.loads((folder / "run" / "handover" / "contract.json").read_text(encoding="utf-8"))
    return Row(family, contract["task"], cells, trained - began, time.monotonic() - trained)


def _train(family: str, photos: Path, run: Path) -> None:
    command = [sys.executable, "-m", "litebrush", "train", family, "--data", str(photos), "--out", str(run)]
    command += [part for setting in (*_SHORT, *_TINY[family]) for part in ("--set", setting)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise click.ClickException(f"training {family} ended with status {done.returncode}: {done.stderr[-2000:]}")


def _cells(handover: Path, out: Path, precisions: tuple[Precision, ...] = tuple(Precision)) -> Iterator[Cell]:
    """All precisions at once; where that is refused, without the last one, and the last one on its own."""
    try:
        exported = export(handover, Order(precisions), out)
    except Exception as problem:
        *others, last = precisions
        if not others:
            yield _failed(last, problem)
            return
        yield from _cells(handover, out, tuple(others))
        yield from _cells(handover, out, (last,))
    else:
        for file in exported:
            yield _tried(file)


def _failed(precision: Precision, problem: Exception) -> Cell:
    """Refused in words; whatever else happened should have been."""
    if isinstance(problem, LitebrushError) and _DIED not in str(problem):
        return Cell(precision.value, refusal=str(problem))
    return Cell(precision.value, crash="".join(traceback.format_exception(problem)))


def _tried(file: Exported) -> Cell:
    """A file that was written, loaded, run and verified."""
    parity = file.parity
    verification = litebrush.verify(file.path)
    changed = parity.psnr_to_float32_db != float("inf")
    return Cell(
        precision=parity.precision.value,
        size_bytes=parity.size_bytes,
        psnr_to_float32_db=round(parity.psnr_to_float32_db, 2) if changed else None,
        left_in_float=dict(parity.float_operators) if parity.is_integer else None,
        means=parity.means,
        ran_as=_run(file.path),
        identical=verification.identical,
    )


def _run(path: Path) -> str:
    """Load a file and run it once: as what its task has, on a photograph, or every signature by an engine."""
    model = open_model(path)
    contract = model.contract
    if contract.task in TASK_CLASSES:
        width, height = _TEST_SIZE
        photo = read_rgb(_PHOTOS / "chelsea.png")[:height, :width]
        restored = litebrush.load(path)(photo)
        if restored.shape != photo.shape:
            raise click.ClickException(f"'{path.name}' made {restored.shape} of {photo.shape}")
        return TASK_CLASSES[contract.task].__name__
    engines = open_engines(model.flatbuffer, contract, threads=1)
    for engine in engines.values():
        engine.invoke()
    return f"signature{'s' if len(engines) > 1 else ''} {', '.join(engines)}"


def _print(row: Row) -> None:
    for cell in row.cells:
        click.echo(f"{row.family} {cell.precision}: {cell.crash or cell.refusal or asdict(cell)}")
    click.echo(f"{row.family}: trained {row.training_s:.0f} s, exported {row.export_s:.0f} s")


def _write(rows: list[Row], seconds: float) -> None:
    document = {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "minutes": round(seconds / 60, 1),
        "processor_minutes": round(_processor_seconds() / 60, 1),
        "precisions": [precision.value for precision in Precision],
        "rows": [asdict(row) for row in rows],
    }
    (_HERE / "results" / "export_matrix.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    notes = list(dict.fromkeys(note for row in rows for cell in row.cells if (note := _note(cell))))
    table = [(row.family, [_written(cell, notes) for cell in row.cells]) for row in rows]
    templates = Environment(loader=FileSystemLoader(_HERE / "templates"), trim_blocks=True, keep_trailing_newline=True)
    text = templates.get_template("export_matrix.md.jinja").render(document, table=table, notes=notes)
    (_HERE.parent / "docs" / "export_matrix.md").write_text(text, encoding="utf-8")


def _processor_seconds() -> float:
    """Of this process and of those that it has waited for."""
    usages = [resource.getrusage(which) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _written(cell: Cell, notes: list[str]) -> str:
    mark = f" [{notes.index(_note(cell)) + 1}]" if _note(cell) else ""
    if cell.crash:
        return f"**crashed**{mark}"
    if cell.refusal or cell.size_bytes is None:
        return f"refused{mark}"
    changed = () if cell.psnr_to_float32_db is None else (f"{cell.psnr_to_float32_db:.1f} dB",)
    in_float = sum((cell.left_in_float or {}).values())
    left = (f"{in_float} in float{mark}",) if in_float else ()
    proof = "verified, equal bits" if cell.identical else "verified"
    return "<br>".join((f"{cell.size_bytes / 1000:.0f} KB", *changed, *left, proof))


def _note(cell: Cell) -> str:
    """What stands beneath the table; empty where the cell says all."""
    if cell.crash:
        return f"CRASHED: {cell.crash.strip().splitlines()[-1]}"
    if cell.refusal:
        return f"{cell.refusal}."
    left = ", ".join(f"{count} {name}" for name, count in sorted((cell.left_in_float or {}).items()))
    return f"In float: {left}." if left else ""


if __name__ == "__main__":
    main()
