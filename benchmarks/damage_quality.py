"""How well the shipped detector finds film damage, and what it takes for damage on clean photographs.

Masks of a folder are laid over the photographs as light or as dark damage. F1 counts the pixels of all photographs
together, with a tolerance of 2 pixels: opaque damage (above 127) shall be found. Marks on fainter damage, and on opaque
damage that changes the picture by less than 8 grey levels (white dust on snow), are counted neither for nor against.
A false alarm is a marked pixel of a clean photo.

    python benchmarks/damage_quality.py --photos CBSD68/ --name CBSD68 --masks masks/val
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from inpaint_quality import OPAQUE, damage_masks, laid_over
from numpy.typing import NDArray
from quality_table import QualityTable, read_photos
from rich.progress import track

import litebrush
from litebrush.image import Pixels
from litebrush.metrics import f1_score
from litebrush.zoo import find_shipped

TOLERANCE_PX = 2
LEAST_CHANGE = 8  # grey levels
LIGHT, DARK = (235, 255), (0, 20)  # grey levels


def damaged(photo: Pixels, mask: Pixels, light: bool, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """A photo under film damage of one grey level, and the opacity of the damage at each pixel."""
    opacity = laid_over(photo.shape[:2], mask, random)
    grey = random.integers(*(LIGHT if light else DARK))
    share = opacity[..., None].astype(np.float32) / 255
    return np.rint(photo + share * (np.float32(grey) - photo)).astype(np.uint8), opacity


def left_out(photo: Pixels, spoilt: Pixels, opacity: Pixels) -> NDArray[np.bool_]:
    """Where a detector may say what it likes."""
    change = np.abs(spoilt.astype(np.int16) - photo).max(axis=2)
    return (opacity > 0) & ((opacity <= OPAQUE) | (change < LEAST_CHANGE))


def one_below_the_other(masks: list[Pixels]) -> Pixels:
    """Masks as one, too far from each other for the tolerance to matter."""
    width = max(mask.shape[1] for mask in masks)
    return np.vstack([np.pad(mask, ((0, TOLERANCE_PX + 1), (0, width - mask.shape[1]))) for mask in masks])


@click.command()
@click.option("--photos", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--name", required=True, help="What the photos are called in tables.")
@click.option("--masks", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--out", type=click.Path(path_type=Path), default="benchmarks/results/damage_quality.json")
def main(photos: Path, name: str, masks: Path, out: Path) -> None:
    """Measure the shipped detector on a folder of clean photos."""
    clean, damage = read_photos(photos), damage_masks(masks)
    models = {each.value: litebrush.load("damage", each) for each in find_shipped("damage").precisions}
    figures: dict[str, dict[str, float]] = {}
    for kind, light in (("light damage, F1", True), ("dark damage, F1", False)):
        truths: list[Pixels] = []
        masks_found: dict[str, list[Pixels]] = {precision: [] for precision in models}
        for index, photo in enumerate(track(clean, kind)):
            random = np.random.Generator(np.random.Philox(key=[light, index]))
            spoilt, opacity = damaged(photo, damage[random.integers(len(damage))], light, random)
            neither = left_out(photo, spoilt, opacity)
            truths.append(np.where((opacity > OPAQUE) & ~neither, np.uint8(255), np.uint8(0)))
            for precision, model in models.items():
                masks_found[precision].append(np.where(neither, np.uint8(0), model(spoilt)))
        truth = one_below_the_other(truths)
        figures[kind] = {
            precision: round(f1_score(one_below_the_other(found), truth, TOLERANCE_PX), 3)
            for precision, found in masks_found.items()
        }
    alarms = {
        precision: round(float(np.mean([(model(photo) > 0).mean() for photo in clean])) * 100, 3)
        for precision, model in models.items()
    }
    table = QualityTable("figures", name, len(clean), "condition", {**figures, "clean photo, false alarms (%)": alarms})
    table.show()
    table.write(out)


if __name__ == "__main__":
    main()
