r"""What quantization does to a generator: pictures of the same seeds in each precision, and how real they are.

litebrush export gan/handover --precision float32,float16,dynamic,int8 --out models/
python benchmarks/generator_fidelity.py models/*.tflite --data clothing/train --reference clothing/val \
    --features mobilenet.tflite --out generator-fidelity/

Each file draws from the same latents, with the labels of the reference, which no training has seen. What the features
of pictures are is kept in --out. Of an autoencoder the decoder draws, without labels.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import fidelity_page
import numpy as np
from cached_features import CachedFeatures, CachedProbes
from exported_generator import ExportedGenerator, Labels
from fidelity_measurement import GeneratorFidelity, find_float32, measure_precisions
from fidelity_page import SameSeeds
from machine import processor
from real_pictures import Reality, Squares, folder_name, read_both
from seed_figures import SEEDS

from litebrush.contract import Precision
from litebrush.errors import LitebrushError
from litebrush.machine import has_int8_dot_product

_SHOWN_CLASSES, _SHOWN_OF_A_CLASS, _SHOWN_SEED = 6, 6, 0


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="What it learned from.")
@click.option("--reference", type=click.Path(path_type=Path, exists=True), required=True, help="Never trained on.")
@click.option("--features", type=click.Path(path_type=Path), required=True, help="A .tflite image classifier.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Keeps features between runs.")
@click.option("--results", type=click.Path(path_type=Path), default="benchmarks/results/generator_fidelity.json")
@click.option("--page", type=click.Path(path_type=Path), default="docs/generator_fidelity.md")
@click.option("--sheet", type=click.Path(path_type=Path), default="docs/images/generator_fidelity.jpg")
def main(
    files: tuple[Path, ...],
    data: Path,
    reference: Path,
    features: Path,
    out: Path,
    results: Path,
    page: Path,
    sheet: Path,
) -> None:
    """Measure FILES of one generator, one of them float32, and write results, page and sheet."""
    try:
        generators = _open(files)
        extractor = CachedFeatures(features, out / "features")
        learned_from, kept_apart = read_both(data, reference, generators[0].side, out)
        _require_classes(generators[0], learned_from.classes)
        real, held_out = Squares.of(learned_from), Squares.of(kept_apart)
        click.echo(f"describing {len(real.labels)} pictures and fitting the probe")
        reality = Reality.described(real, held_out, len(learned_from.classes), extractor, CachedProbes(out / "probes"))
        precisions = measure_precisions(generators, reality, SEEDS)
    except LitebrushError as problem:
        raise click.ClickException(str(problem)) from None
    provenance = generators[0].contract.provenance
    fidelity = GeneratorFidelity(
        name=generators[0].contract.name,
        training_data=provenance.training_data,
        recipe=provenance.recipe,
        data=folder_name(data),
        data_count=len(real.labels),
        reference=folder_name(reference),
        reference_count=len(held_out.labels),
        classes=len(learned_from.classes),
        asked_for_classes=generators[0].takes_labels,
        side=generators[0].side,
        features=extractor.name,
        feature_tensor=extractor.tensor,
        processor=processor(),
        int8_dot_product=has_int8_dot_product(),
        probe_accuracy=reality.probe_accuracy,
        precisions=precisions,
        floor=reality.floor(SEEDS),
    )
    fidelity_page.show(fidelity)
    for path in (results, page, sheet):
        path.parent.mkdir(parents=True, exist_ok=True)
    document = json.dumps(_without_infinities(asdict(fidelity)), indent=2, allow_nan=False)
    results.write_text(document + "\n", encoding="utf-8")
    link = Path(os.path.relpath(sheet, page.parent)).as_posix()
    page.write_text(fidelity_page.page(fidelity, link), encoding="utf-8")
    float32, coarsest = generators[0], generators[-1]
    blocks = _drawn_by_both(float32, coarsest, learned_from.classes, held_out.labels)
    fidelity_page.sheet(blocks, coarsest.precision.value).save(sheet, quality=90, subsampling=0, optimize=True)


def _open(files: tuple[Path, ...]) -> list[ExportedGenerator]:
    """The files in the order of :class:`Precision`, float32 first."""
    generators = [ExportedGenerator(file) for file in files]
    find_float32(generators)
    promises = [(each.contract.name, each.contract.signatures, each.contract.provenance) for each in generators]
    precisions = [generator.precision for generator in generators]
    if any(each != promises[0] for each in promises) or len(set(precisions)) < len(precisions):
        raise click.ClickException("the files are not those of one generator, each in a precision of its own")
    return sorted(generators, key=lambda generator: list(Precision).index(generator.precision))


def _require_classes(generator: ExportedGenerator, classes: tuple[str, ...]) -> None:
    if generator.takes_labels and generator.contract.labels != classes:
        raise click.ClickException(
            f"the generator draws {', '.join(generator.contract.labels)}; the class folders of --data are "
            f"{', '.join(classes)}"
        )


def _drawn_by_both(
    float32: ExportedGenerator, other: ExportedGenerator, classes: tuple[str, ...], labels: Labels
) -> list[SameSeeds]:
    """Pictures of the classes that ``labels`` has most of; without classes, as many of none."""
    most_first = np.argsort(-np.bincount(labels), kind="stable")[:_SHOWN_CLASSES]
    shown = np.repeat(most_first, _SHOWN_OF_A_CLASS)
    drawn = [generator.draw(shown, _SHOWN_SEED) for generator in (float32, other)]
    parts = zip(*(np.split(pictures, len(most_first)) for pictures in drawn))
    titles = [classes[label] if float32.takes_labels else "" for label in most_first]
    return [SameSeeds(title, *pair) for title, pair in zip(titles, parts)]


def _without_infinities(value: Any) -> Any:
    """What JSON can say: null for the PSNR of equal pictures."""
    if isinstance(value, dict):
        return {key: _without_infinities(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_infinities(each) for each in value]
    return None if isinstance(value, float) and math.isinf(value) else value


if __name__ == "__main__":
    main()
