"""``litebrush export diagnose``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from litebrush.announcements import without_announcements
from litebrush.contract import Precision
from litebrush.extras import require_extra


@click.command(name="diagnose")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--contract", type=click.Path(path_type=Path), help="TOML file that says what the tensors mean.")
@click.option("--calibration", type=click.Path(path_type=Path), help="Folder of images, or an .npz of samples.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for diagnosis.png and error_map.png.")
def diagnose(source: Path, contract: Path | None, calibration: Path | None, out: Path | None) -> None:
    """Find the layers that int8 costs the picture most, and see where in the picture the error is.

    SOURCE is what 'litebrush export' takes. Its int8 form is made, its results are rounded one layer at a time, and the
    table says what the picture would regain if that layer were exact. Nothing is exported; --out gets two pictures:
    diagnosis.png, each layer's share, and error_map.png, where in a held-out sample the error is.

    \b
    Examples:
      litebrush export diagnose run/handover
      litebrush export diagnose run/handover --out diagnosis/
      litebrush export diagnose my_model.keras --contract contract.toml --calibration photos/ --out diagnosis/
    """
    require_extra("export", "tensorflow", "ai_edge_litert", "rich", "jinja2", "matplotlib")
    from rich.console import Console

    from litebrush_export.cli import as_handover, require_companions
    from litebrush_export.diagnosis import diagnose as find_costs
    from litebrush_export.diagnosis_picture import write_pictures
    from litebrush_export.diagnosis_table import diagnosis_table
    from litebrush_export.handover import read_handover
    from litebrush_export.judge import Judge
    from litebrush_export.picture_error import measure_error
    from litebrush_export.sources import recognize
    from litebrush_export.target import TARGETS
    from litebrush_export.variants import Order, make_variants

    kind = recognize(source)
    require_companions(kind, source, contract, calibration)
    with (
        os.fdopen(os.dup(2), "w") as terminal,
        Console(file=terminal).status("reading the hand-over") as status,
        without_announcements(),
        as_handover(source, contract, calibration) as folder,
    ):
        handover = read_handover(folder)
        variants = make_variants(folder, handover, Order((Precision.INT8,), TARGETS["cpu"]), status.update)
        judge, int8 = Judge(handover, variants.float32), variants.flatbuffers[Precision.INT8]
        diagnosis = find_costs(judge, int8, lambda done, total: status.update(f"layer {done} of {total}"))
        pictures = judge.pictures(int8)
    error = measure_error(pictures, judge.reference)
    Console().print(diagnosis_table(diagnosis, error))
    if out is not None:
        for path in write_pictures(diagnosis, judge.reference, pictures, out):
            click.echo(f"written: {path}")
