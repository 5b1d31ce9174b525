"""``litebrush export``; the converter is imported only when conversion begins."""

from __future__ import annotations

import os
from pathlib import Path

import click

from litebrush.announcements import without_announcements
from litebrush.contract import Precision
from litebrush.extras import require_extra


def _parse_precisions(ctx: click.Context, param: click.Parameter, value: str) -> tuple[Precision, ...]:
    names = [name.strip() for name in value.split(",")]
    known = [precision.value for precision in Precision]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.BadParameter(
            f"no precision is called '{', '.join(unknown)}'; there is {', '.join(known)}", ctx, param
        )
    return tuple(dict.fromkeys(Precision(name) for name in names))


@click.command(name="export")
@click.argument("handover", type=click.Path(path_type=Path))
@click.option(
    "--precision",
    "precisions",
    callback=_parse_precisions,
    default="float32,float16,dynamic,int8",
    show_default=True,
    help="Comma-separated.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for the .tflite files and MODEL_CARD.md."
)
def command(handover: Path, precisions: tuple[Precision, ...], out: Path) -> None:
    """Convert a HANDOVER folder to .tflite files that prove themselves.

    Each file carries its contract and a golden result that 'litebrush verify' replays. The table says what
    each precision cost, on pictures that training never saw.

    \b
    Examples:
      litebrush export run/handover --out models/
      litebrush export run/handover --precision int8 --out models/
    """
    require_extra("export", "tensorflow", "rich", "jinja2")
    from rich.console import Console

    from litebrush_export.pipeline import export
    from litebrush_export.table import parity_table

    with (
        os.fdopen(os.dup(2), "w") as terminal,
        Console(file=terminal).status("reading the hand-over") as status,
        without_announcements(),
    ):
        exported = export(handover, precisions, out, on_step=status.update)
    Console().print(parity_table(exported))
