"""``litebrush lint``: a file of anyone's against a target's operator tables."""

from __future__ import annotations

from pathlib import Path

import click

from litebrush.extras import require_extra
from litebrush_export.target import TARGETS


@click.command(name="lint")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--target", "target_name", type=click.Choice(tuple(TARGETS)), default="cpu", show_default=True)
def command(model: Path, target_name: str) -> None:
    """Say what the delegates of a target would refuse of a .tflite file, where, why, and what to change.

    The file need not be litebrush's. Nothing is run: activations that half precision cannot hold are found by
    'litebrush export', which has samples. Ends with status 1 when something falls back to the CPU.

    \b
    Examples:
      litebrush lint denoise-int8.tflite --target edgetpu
    """
    require_extra("export", "ai_edge_litert", "rich")
    from rich.console import Console

    from litebrush_export.lint import lint
    from litebrush_export.lint_table import print_lints

    target = TARGETS[target_name]
    lints = lint(model.read_bytes(), target)
    print_lints(Console(), target, {model.name: lints})
    if not all(each.clean for each in lints):
        click.get_current_context().exit(1)
