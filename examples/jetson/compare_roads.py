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
    # A CPU runs small photos at their own size, all else in tiles of the file's: that shows at the border alone.
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
            halo = model.contract.tiling.halo
            height, width = picture.shape[:2]
            if min(height, width) <= 2 * halo:
                raise click.UsageError(f"'{photo}' is {width}x{height}; give one of more than {2 * halo} pixels a side")
            inside = (slice(halo, height - halo), slice(halo, width - halo))
            levels = np.abs(result[inside].astype(int) - reference[inside]).max()
            click.echo(
                f"{what}, {model.engine}: {latency.typical_ms:.0f} ms, "
                f"at most {levels} grey levels from the first, away from the border"
            )
            model.close()


if __name__ == "__main__":
    main()
