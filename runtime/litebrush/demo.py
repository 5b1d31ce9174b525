"""``litebrush demo``: the whole way once, on the photographs that scikit-image ships.

Training and export run as the commands that a user would type, in processes of their own: the runtime
never imports them.
"""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import click
import numpy as np
from PIL import Image

from litebrush.announcements import without_announcements
from litebrush.atomic import atomic_file
from litebrush.contract import Precision
from litebrush.errors import LitebrushError
from litebrush.extras import require_extra
from litebrush.image import Pixels, read_rgb, write_image
from litebrush.latency import Latency, measure_latency
from litebrush.loading import load, open_model
from litebrush.machine import has_int8_dot_product
from litebrush.metrics import psnr_db
from litebrush.noise import add_gaussian_noise
from litebrush.zoo import find_model

NOISE_LEVEL = 25
_PHOTOS = ("astronaut.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
_TEST_PHOTO = "chelsea.png"
_RECIPE = (
    "training.steps=1000",
    "training.batch_size=8",
    "training.learning_rate=1.5e-3",
    "compression.method=none",
    "run.validation_share=0.25",
    "run.checkpoint_every=250",
    "run.calibration_images=12",
)
_PRECISIONS = (Precision.FLOAT32, Precision.FLOAT16, Precision.DYNAMIC, Precision.INT8)
NO_DOT_PRODUCT = (
    "This CPU has no 8-bit dot-product instruction (AVX-VNNI, AVX512-VNNI, Arm dotprod): int8 saves size and memory "
    "here, not time. Most phones of recent years, the Raspberry Pi 5 and recent x86 CPUs have one."
)


@dataclass(frozen=True)
class DemoResult:
    """One model file on the test photo."""

    model: str
    precision: Precision
    size_bytes: int
    psnr_db: float
    latency: Latency
    restored: Pixels


@click.command(name="demo")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="demo-output",
    show_default=True,
    help="Folder for the run, the models and the report.",
)
def command(out: Path) -> None:
    """Train for a minute, export four precisions, repair a noisy photo, and show what it cost.

    Needs no data: it trains on photographs that scikit-image ships and repairs one that training never saw.
    """
    require_extra("demo", "tensorflow", "tf_keras", "tensorflow_model_optimization", "rich", "jinja2", "skimage")

    photos = _photos_folder()
    run, models = out / "run", out / "models"
    training = out / "photos"
    training.mkdir(parents=True, exist_ok=True)
    for name in _PHOTOS:
        write_image(Image.fromarray(read_rgb(photos / name)), training / f"{Path(name).stem}.png")

    resume = ("--resume",) if (run / "run.json").exists() else ()
    settings = [part for setting in _RECIPE for part in ("--set", setting)]
    click.echo("1/3  training for about a minute")
    _litebrush("train", "denoise", "--data", str(training), "--out", str(run), *settings, *resume)
    click.echo("2/3  exporting float32, float16, dynamic and int8")
    _litebrush("export", str(run / "handover"), "--out", str(models))
    click.echo("3/3  repairing a noisy photo")
    truth = read_rgb(photos / _TEST_PHOTO)
    noisy = add_gaussian_noise(truth, NOISE_LEVEL, np.random.Generator(np.random.Philox(key=NOISE_LEVEL)))
    files = [("fresh", precision, models / f"denoise-{precision.value}.tflite") for precision in _PRECISIONS]
    files += [("shipped", precision, find_model("denoise", precision)) for precision in _PRECISIONS]
    results = [_try(label, precision, path, noisy, truth) for label, precision, path in files]
    _print_table(results, psnr_db(noisy, truth))
    write_image(Image.fromarray(noisy), out / "noisy.png")
    write_image(Image.fromarray(results[-1].restored), out / "repaired.png")
    _write_report(out / "report.html", results, noisy, truth)
    click.echo(f"report: {out / 'report.html'}")


def _photos_folder() -> Path:
    import skimage

    return Path(skimage.__file__).parent / "data"


def _litebrush(*arguments: str) -> None:
    finished = subprocess.run([sys.executable, "-m", "litebrush", *arguments], check=False)
    if finished.returncode != 0:
        raise LitebrushError(
            f"'litebrush {arguments[0]}' ended with status {finished.returncode}; see its message above"
        )


def _try(label: str, precision: Precision, path: Path, noisy: Pixels, truth: Pixels) -> DemoResult:
    with without_announcements():
        restorer = load(path)
    restored = restorer(noisy, NOISE_LEVEL)
    return DemoResult(
        model=label,
        precision=precision,
        size_bytes=path.stat().st_size,
        psnr_db=psnr_db(restored, truth),
        latency=measure_latency(lambda: restorer(noisy, NOISE_LEVEL)),
        restored=restored,
    )


def _print_table(results: list[DemoResult], noisy_psnr_db: float) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"One noisy photo (noise level {NOISE_LEVEL}, {noisy_psnr_db:.2f} dB), repaired on one thread")
    table.add_column("model")
    table.add_column("precision")
    for heading in ("size (KB)", "PSNR (dB)", "p50 (ms)", "p90 (ms)"):
        table.add_column(heading, justify="right")
    for result in results:
        table.add_row(
            result.model,
            result.precision.value,
            f"{result.size_bytes / 1000:.0f}",
            f"{result.psnr_db:.2f}",
            f"{result.latency.p50_ms:.1f}",
            f"{result.latency.p90_ms:.1f}",
            end_section=result.precision is _PRECISIONS[-1],
        )
    console = Console()
    console.print(table)
    if has_int8_dot_product() is False:
        console.print(NO_DOT_PRODUCT)


def _write_report(path: Path, results: list[DemoResult], noisy: Pixels, truth: Pixels) -> None:
    import jinja2

    fresh, shipped = (
        next(result for result in results if result.model == label and result.precision is Precision.INT8)
        for label in ("fresh", "shipped")
    )
    pictures = [
        ("noisy", psnr_db(noisy, truth), _data_url(noisy)),
        ("repaired by the shipped int8 model", shipped.psnr_db, _data_url(shipped.restored)),
        ("repaired by the model trained a minute ago, int8", fresh.psnr_db, _data_url(fresh.restored)),
        ("the truth", None, _data_url(truth)),
    ]
    template = resources.files("litebrush").joinpath("templates/demo.html.jinja").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    page = environment.from_string(template).render(
        pictures=pictures,
        results=results,
        noise_level=NOISE_LEVEL,
        width=truth.shape[1],
        height=truth.shape[0],
        shipped_data=open_model(find_model("denoise", Precision.INT8)).contract.provenance.training_data,
        note=NO_DOT_PRODUCT if has_int8_dot_product() is False else "",
    )
    with atomic_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _data_url(pixels: Pixels) -> str:
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(encoded.getvalue()).decode("ascii")
