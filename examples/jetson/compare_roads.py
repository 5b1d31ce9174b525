"""One model by LiteRT and by ONNX Runtime: the same picture, and which is faster on this machine.

litebrush export denoise --format onnx --out models/
python compare_roads.py denoise models/denoise.onnx --photo photo.jpg
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from PIL import Image

import litebrush
from litebrush.latency import measure_latency

ROADS = ("cpu", "gpu")


@click.command(help=__doc__)
@click.argument("name")
@click.argument("onnx", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--photo", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True)
@click.option("--threads", default="auto", show_default=True)
def main(name: str, onnx: Path, photo: Path, threads: str) -> None:  # noqa: D103
    picture = np.asarray(Image.open(photo).convert("RGB"))
    several = threads if threads == "auto" else int(threads)
    reference = None
    for source, precision in ((name, "float32"), (name, "int8"), (onnx, "float32")):
        for accelerator in ROADS:
            what = f"{Path(source).name} {precision} on {accelerator}"
            try:
                model = litebrush.load(source, precision, several, accelerator)
            except litebrush.LitebrushError as problem:
                click.echo(f"{what}: not here: {problem}")
                continue
            result = model(picture)
            latency = measure_latency(lambda model=model: model(picture), least_runs=3, least_seconds=1)
            if reference is None:
                reference = result
            levels = np.abs(result.astype(int) - reference).max()
            click.echo(
                f"{what}, {model.engine}: {latency.typical_ms:.0f} ms, at most {levels} grey levels from the first"
            )
            model.close()


if __name__ == "__main__":
    main()
