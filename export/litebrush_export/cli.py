"""``litebrush export``; the converter is imported only when conversion begins."""

from __future__ import annotations

import os
from pathlib import Path

import click

from litebrush.announcements import without_announcements
from litebrush.contract import Precision
from litebrush.extras import require_extra
from litebrush_export.target import TARGETS


def _parse_precisions(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[Precision, ...]:
    if value is None:
        return ()
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
    help="Comma-separated.  [default: what suits the target; for a CPU float32,float16,dynamic,int8]",
)
@click.option(
    "--target",
    "target_name",
    type=click.Choice(tuple(TARGETS)),
    default="cpu",
    show_default=True,
    help="Device that each file is made for and checked against.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for the .tflite files and MODEL_CARD.md."
)
def command(handover: Path, precisions: tuple[Precision, ...], target_name: str, out: Path) -> None:
    """Convert a HANDOVER folder to .tflite files that prove themselves.

    Each file carries its contract and a golden result that 'litebrush verify' replays. The table says what
    each precision cost, on pictures that training never saw; a second one, what the target would not take.

    \b
    Examples:
      litebrush export run/handover --out models/
      litebrush export run/handover --precision int8 --out models/
      litebrush export run/handover --target android-gpu --out models/
    """
    require_extra("export", "tensorflow", "rich", "jinja2")
    from rich.console import Console

    from litebrush_export.lint_table import print_lints
    from litebrush_export.pipeline import export
    from litebrush_export.table import parity_table

    target = TARGETS[target_name]
    with (
        os.fdopen(os.dup(2), "w") as terminal,
        Console(file=terminal).status("reading the hand-over") as status,
        without_announcements(),
    ):
        exported = export(handover, precisions or target.precisions, out, status.update, target)
    console = Console()
    console.print(parity_table(exported))
    print_lints(console, target, {file.path.name: file.lints for file in exported})
