"""``litebrush train``; TensorFlow is imported only when training begins."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from litebrush.extras import require_extra


@click.group(name="train")
def command() -> None:
    """Train a model on a folder of images."""


@command.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="Folder of clean photos; give it again for more folders.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of the run: recipe, log, checkpoints, hand-over.",
)
@click.option(
    "--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Change one setting of the recipe."
)
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint of the run in --out.")
@click.option("--data-note", default="", help="What the images are and under which licence, for the model's contract.")
@click.option("--licence", default="", help="SPDX identifier of the licence of the trained weights.")
def denoise(
    data: tuple[Path, ...], out: Path, overrides: tuple[str, ...], resume: bool, data_note: str, licence: str
) -> None:
    """Train a denoiser that is told the noise level, then hand it over for export.

    The recipe's defaults take about two hours on two cores. Training can be stopped at any moment
    and resumed.

    \b
    Examples:
      litebrush train denoise --data photos/ --out run/
      litebrush train denoise --data photos/ --out quick/ --set training.steps=2000
      litebrush train denoise --data photos/ --out run/ --resume
    """
    needed = ("tensorflow", "tf_keras", "tensorflow_model_optimization", "tqdm")
    require_extra("train", *needed, *(("tomli",) if sys.version_info < (3, 11) else ()))
    from litebrush_train.config import load_recipe

    recipe = load_recipe("denoise", overrides)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's own notes on CPU features and missing GPUs
    from litebrush_train.run import RunFolder, train_denoiser

    handover = train_denoiser(data, RunFolder(out), recipe, resume, data_note, licence)
    click.echo(f"handed over: {handover}\nnext: litebrush export {handover} --out models/")
