"""The figures of the shipped generator for its card, from what two other scripts measured, and pictures of its classes.

litebrush export build/zoo/clothing-gan/handover --precision float32,float16,int8 --out models/
python benchmarks/generator_fidelity.py models/*.tflite ...
python benchmarks/gan_comparison.py measure ...
python benchmarks/gan_quality.py
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
from PIL import Image
from quality_table import RESULTS, QualityTable

import litebrush

MODEL = "clothing-gan"
COUNT, SEED = 12, 1
REALITY = "real pictures"
TEXTBOOK = "DCGAN"


def sheet() -> Image.Image:
    """A row of pictures of each class, of the first latents of one seed: nothing is picked."""
    with litebrush.load(MODEL) as generator:
        rows = [[np.asarray(each) for each in generator(COUNT, label, SEED)] for label in generator.labels]
    return Image.fromarray(np.vstack([np.hstack(row) for row in rows]))


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS / f"{MODEL}_quality.json")
@click.option("--picture", type=click.Path(path_type=Path), default=f"docs/images/{MODEL}.jpg")
def main(out: Path, picture: Path) -> None:
    """Bring them into one table, and draw."""
    sheet().save(picture, quality=90)
    fidelity, comparison = (
        json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("generator_fidelity", "gan_comparison")
    )
    files = {each["precision"]: each for each in fidelity["precisions"]}
    textbook = comparison["architectures"]["dcgan"]["figures"]
    figures = {
        "MobileNet-FID": {
            **{precision: each["figures"]["fid"] for precision, each in files.items()},
            TEXTBOOK: textbook["fid"],
            REALITY: fidelity["floor"]["fid"],
        },
        "asked class recognised (%)": {
            **{precision: 100 * each["figures"]["class_accuracy"] for precision, each in files.items()},
            TEXTBOOK: 100 * textbook["class_accuracy"],
            REALITY: 100 * fidelity["probe_accuracy"],
        },
        "same seed, PSNR to float32 (dB)": {
            precision: each["same_seed"]["psnr_db"]
            for precision, each in files.items()
            if each["same_seed"]["psnr_db"] is not None
        },
    }
    rounded = {row: {column: round(value, 2) for column, value in values.items()} for row, values in figures.items()}
    drawn = sum(each["figures"]["count"] * each["figures"]["seeds"] for each in fidelity["precisions"][:1])
    what = f"figures of {drawn} drawn pictures, measured"
    table = QualityTable(what, fidelity["reference"], fidelity["reference_count"], "figure", rounded)
    table.show()
    table.write(out)


if __name__ == "__main__":
    main()
