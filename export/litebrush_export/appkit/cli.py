"""``litebrush export app``."""

from __future__ import annotations

from pathlib import Path

import click

from litebrush.announcements import without_announcements
from litebrush.extras import require_extra
from litebrush_export.appkit.platforms import PLATFORMS


@click.command(name="app")
@click.option("--platform", "platform_name", type=click.Choice(tuple(PLATFORMS)), required=True)
@click.option(
    "--model",
    "sources",
    multiple=True,
    required=True,
    metavar="FILE|NAME",
    help="A .tflite file that litebrush exported, or a shipped model. Give it again for each model.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the project.")
def app(platform_name: str, sources: tuple[str, ...], out: Path) -> None:
    """Generate a small project that runs the models on a platform.

    Ranges, tiles, halos, mask polarity, states, labels and latents come from the models' contracts: nothing is left to
    fill in. Of a shipped model the precision that suits the platform is taken. The project's README.md says how to
    build it.

    \b
    Examples:
      litebrush export app --platform web --model denoise --model clothing-gan.tflite --out page/
      litebrush export app --platform c --model models/denoise-int8.tflite --out program/
    """
    require_extra("export", "jinja2")
    from litebrush_export.appkit.embedded_model import embed
    from litebrush_export.appkit.project import write_project

    platform = PLATFORMS[platform_name]
    with without_announcements():
        models = [embed(source, platform) for source in sources]
    write_project(platform, models, out)
    for model in models:
        precision = model.contract.precision.value if model.contract.precision else "no precision"
        click.echo(f"{out / platform.models_folder / model.file_name}: {model.contract.name}, {precision}")
    click.echo(f"How to build it: {out / 'README.md'}")
