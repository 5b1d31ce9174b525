"""Latency, fidelity, peers, scaling and the limit of all shipped models, in one run, as one page.

make bench                                     # on the photographs that scikit-image ships
python benchmarks/bench.py --photos CBSD68/    # on your own
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import cv2
from studies.fidelity import RealPictures, study_fidelity
from studies.limit import study_limit
from studies.peers import Kept, study_peers
from studies.photos import read_photos
from studies.report import Report
from studies.scaling import study_scaling
from threadpoolctl import threadpool_limits

from litebrush.atomic import atomic_file
from litebrush.bench.order import Order
from litebrush.errors import LitebrushError
from litebrush.zoo import MODELS, ZooModel

_LARGEST_MEGAPIXELS = {True: 100.0, False: 12.0}
"""How far the sizes of pictures go: for a model's preferred precision, and for float32."""


@click.command()
@click.option("--photos", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), default="bench-output", show_default=True)
@click.option("--learned-from", type=click.Path(path_type=Path, exists=True), help="Generators: pictures of training.")
@click.option("--kept-apart", type=click.Path(path_type=Path, exists=True), help="Generators: pictures that are new.")
@click.option("--features", type=click.Path(path_type=Path, exists=True), help="Generators: a .tflite classifier.")
def main(
    folder: Path | None, out: Path, learned_from: Path | None, kept_apart: Path | None, features: Path | None
) -> None:
    """Run all studies; write OUT/index.html and OUT/bench.json.

    With --learned-from, --kept-apart and --features, generators are held against real pictures, too.
    """
    cv2.setNumThreads(1)
    out.mkdir(parents=True, exist_ok=True)
    named = [each for each in (learned_from, kept_apart, features) if each is not None]
    if named and len(named) < 3:
        raise click.UsageError("--learned-from, --kept-apart and --features go together")
    real = RealPictures(*named, out / "real") if named else None
    try:
        with threadpool_limits(1):
            report = _run(folder, real)
    except LitebrushError as problem:
        raise click.ClickException(str(problem)) from None
    for name, text in (("bench.json", report.to_json()), ("index.html", report.to_html())):
        with atomic_file(out / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    click.echo(f"page: {out / 'index.html'}")


def _run(folder: Path | None, real: RealPictures | None) -> Report:
    began = time.perf_counter()
    photos = read_photos(folder)
    click.echo("1/5  the limit of this CPU")
    limit = study_limit(MODELS)
    click.echo("2/5  what each precision costs the picture")
    fidelity = [study_fidelity(model, photos, real) for model in _told(MODELS)]
    click.echo("3/5  peers")
    kept: Kept = {}
    peers = [study_peers(model, photos, kept) for model in _told(MODELS)]
    click.echo("4/5  scaling")
    scaling = [
        study_scaling(model, precision, photos, _LARGEST_MEGAPIXELS[precision is model.preferred])
        for model in _told(MODELS)
        for precision in dict.fromkeys((model.preferred, model.precisions[0]))
    ]
    click.echo("5/5  latency")
    latency = Order(tuple(model.name for model in MODELS), (), (1,), ("cpu",)).measure()
    return Report(
        photos=photos.name,
        latency=latency,
        fidelity=tuple(fidelity),
        peers=tuple(each for each in peers if each is not None),
        scaling=tuple(each for each in scaling if each is not None),
        limit=limit,
        minutes=(time.perf_counter() - began) / 60,
    )


def _told(models: Iterable[ZooModel]) -> Iterator[ZooModel]:
    for model in models:
        click.echo(f"  {model.name}")
        yield model


if __name__ == "__main__":
    main()
