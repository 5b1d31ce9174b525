"""``litebrush models``."""

from __future__ import annotations

import click

from litebrush.loading import models, open_model


@click.command(name="models")
def command() -> None:
    """List the models that come with litebrush."""
    for model in models():
        click.echo(f"{model.name}: {model.summary}")
        for precision in model.precisions:
            file = open_model(model.name, precision)
            kilobytes = model.path(precision).stat().st_size / 1000
            quality = "; ".join(
                f"{measured.what}: {measured.value:g} {measured.unit}" for measured in file.contract.quality
            )
            preferred = " (preferred)" if precision is model.preferred else ""
            click.echo(f"  {precision.value + preferred:<18}{kilobytes:5.0f} KB   {quality}")
