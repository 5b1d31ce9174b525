"""The figures of the shipped generator for its card, from what two other scripts measured.

python benchmarks/generator_fidelity.py runtime/litebrush/zoo/clothing-gan-*.tflite ...
python benchmarks/gan_comparison.py measure ...
python benchmarks/gan_quality.py
"""

from __future__ import annotations

import json
from pathlib import Path

import click
from quality_table import RESULTS, QualityTable

REALITY = "real pictures"
TEXTBOOK = "DCGAN"


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS / "clothing-gan_quality.json")
def main(out: Path) -> None:
    """Bring them into one table."""
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
    what = f"figures over {drawn} drawn pictures against"
    table = QualityTable(what, fidelity["reference"], fidelity["reference_count"], "figure", rounded)
    table.show()
    table.write(out)


if __name__ == "__main__":
    main()
