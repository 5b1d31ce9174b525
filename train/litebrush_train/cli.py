"""``litebrush train``; TensorFlow is imported only when training begins."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from litebrush.errors import TrainingError
from litebrush.extras import require_extra
from litebrush_train.preview import command as preview

if TYPE_CHECKING:
    from litebrush_train.start import Start


@dataclass(frozen=True)
class FamilyCommand:
    """One family on the command line.

    Attributes:
        name: of the command and of its recipe.
        home: module and class.
        recipes: module of its recipe's class.
        help: first line of the help text.
        data: what --data is, in words.
        takes_masks: there is a folder of damage masks to learn from.
        draws: its networks draw pictures, which can be measured.
    """

    name: str
    home: tuple[str, str]
    help: str
    data: str = "Folder of clean photos; give it again for more folders."
    recipes: str = "restoration_recipes"
    takes_masks: bool = False
    draws: bool = False


FAMILIES = (
    FamilyCommand("denoise", ("denoise", "Denoise"), "Train a denoiser that is told the noise level."),
    FamilyCommand("deblock", ("deblock", "Deblock"), "Train a network that removes the blocks and rings of JPEG."),
    FamilyCommand("inpaint", ("inpaint", "Inpaint"), "Train a network that fills in holes.", takes_masks=True),
    FamilyCommand("damage", ("damage", "Damage"), "Train a network that finds scratches and stains.", takes_masks=True),
    FamilyCommand("sparse", ("sparse", "Sparse"), "Train a denoiser that sums few atoms of a learned dictionary."),
    FamilyCommand(
        "rnn",
        ("rnn", "Rnn"),
        "Train a recurrent network that restores image sequences.",
        "Folder of photos, of folders of numbered frames, or of both; give it again for more folders.",
        "sequence_recipes",
    ),
    FamilyCommand(
        "gan",
        ("gan", "Gan"),
        "Train a generator of pictures, by class where the folder has class folders.",
        "Folder of class folders, or of images without classes; give it again for more folders.",
        "generative_recipes",
        draws=True,
    ),
    FamilyCommand(
        "vae",
        ("vae", "Vae"),
        "Train a variational autoencoder: pictures as short vectors and back.",
        "Folder of images, with or without class folders; give it again for more folders.",
        "generative_recipes",
        draws=True,
    ),
)
_COMPRESSIONS = ("none", "qat", "prune", "prune-2:4", "cluster", "prune-qat", "channels")


@click.group(name="train")
def command() -> None:
    """Train a model on a folder of images, and hand it over for export.

    \b
    Examples:
      litebrush train preview --data photos/ --out sheet.png
      litebrush train denoise --data photos/ --out run/
      litebrush train gan --data clothing/ --out run/ --set model.side=128
    """


def _options(family: FamilyCommand) -> list[click.Parameter]:
    masks = click.Option(
        ["--masks"], type=click.Path(path_type=Path), help="Folder of masks of film damage, white on black."
    )
    features = click.Option(
        ["--features"],
        metavar="FILE",
        help="A .tflite image classifier: every fourth checkpoint, drawn pictures are measured against the held-out "
        "ones in its features (FID, KID, diversity; class accuracy, if asked for by class). 'inception' takes Keras's "
        "InceptionV3, which needs a download. Without this option drawn pictures are not measured.",
    )
    return [
        click.Option(["--data"], type=click.Path(path_type=Path), multiple=True, required=True, help=family.data),
        click.Option(
            ["--out"],
            type=click.Path(path_type=Path),
            required=True,
            help="Folder of the run: recipe, logs, previews, checkpoints, hand-over. Several machines share it.",
        ),
        *([masks] if family.takes_masks else []),
        *([features] if family.draws else []),
        click.Option(
            ["--set", "overrides"], multiple=True, metavar="SECTION.KEY=VALUE", help="Change one setting of the recipe."
        ),
        click.Option(
            ["--compress"],
            type=click.Choice(_COMPRESSIONS),
            help="Train on with a compressed network; as --set compression.method=...",
        ),
        click.Option(
            ["--start-from"],
            type=click.Path(path_type=Path),
            metavar="RUN",
            help="Folder of a finished run: layers of the same names begin with its weights.",
        ),
        click.Option(["--resume"], is_flag=True, help="Go on from the last checkpoint of the run in --out."),
        click.Option(
            ["--strategy"],
            type=click.Choice(["mirrored", "multiworker"]),
            help="Share each batch among this machine's GPUs, or among the machines that TF_CONFIG names.",
        ),
        click.Option(
            ["--data-note"], default="", help="What the images are and under which licence, for the model's contract."
        ),
        click.Option(["--licence"], default="", help="SPDX identifier of the licence of the trained weights."),
    ]


def recipe_class(family: FamilyCommand) -> Any:
    """The class of a family's recipe."""
    return getattr(importlib.import_module(f"litebrush_train.{family.recipes}"), f"{family.home[1]}Recipe")


def family_class(family: FamilyCommand) -> Any:
    """The class of a family, imported at last: TensorFlow comes with it."""
    module, name = family.home
    return getattr(importlib.import_module(f"litebrush_train.families.{module}"), name)


def _train(family: FamilyCommand, **given: Any) -> None:
    needed = ("tensorflow", "tf_keras", "tensorflow_model_optimization", "tensorboard", "flatbuffers", "tqdm")
    require_extra("train", *needed, *(("tomli",) if sys.version_info < (3, 11) else ()))
    from litebrush_train.config import build, override, shipped_sections

    overrides: tuple[str, ...] = given["overrides"]
    sections = override(shipped_sections(family.name), overrides)
    if given["compress"]:
        sections.setdefault("compression", {})["method"] = given["compress"]
    if given.get("masks"):
        sections.setdefault("masks", {})["folder"] = str(given["masks"])
    recipe = build(recipe_class(family), sections)
    from litebrush_train.quiet_import import start_tensorflow

    start_tensorflow()
    from litebrush_train.distribution import Cluster
    from litebrush_train.features import feature_extractor
    from litebrush_train.run import TrainingOrder, train
    from litebrush_train.run_folder import RunFolder

    start = read_start(given["start_from"]) if given["start_from"] else None
    cluster = Cluster.of(given["strategy"])
    run = RunFolder(given["out"])
    kind = family_class(family)
    extractors = (feature_extractor(given["features"]),) if given.get("features") else ()
    trained = kind(recipe, *extractors)
    order = TrainingOrder(family.name, trained, given["data"], given["data_note"], given["licence"], start)
    train(order, run, cluster, given["resume"])
    if cluster.is_chief:
        click.echo(f"handed over: {run.handover}\nnext: litebrush export {run.handover} --out models/")


def read_start(path: Path) -> Start:
    """A finished run with its family, as it was trained."""
    from litebrush_train.config import build
    from litebrush_train.run_folder import RunFolder
    from litebrush_train.start import Start

    folder = RunFolder(path)
    record = folder.begun_with()
    family = next((each for each in FAMILIES if each.name == record.family), None)
    if family is None:
        raise TrainingError(f"'{path}' is a run of '{record.family}', a family that this version does not train")
    recipe = build(recipe_class(family), record.recipe)
    return Start(folder, record, family_class(family)(recipe))


def _command(family: FamilyCommand) -> click.Command:
    masks = " --masks masks/" if family.takes_masks else ""
    return click.Command(
        family.name,
        params=_options(family),
        callback=lambda **given: _train(family, **given),
        short_help=family.help,
        help=f"""{family.help}

        Training can be stopped at any moment and resumed. RUN/previews shows how far it is, RUN/logs and
        TensorBoard (tensorboard --logdir RUN/tensorboard) say it in figures.

        \b
        Examples:
          litebrush train {family.name} --data images/{masks} --out run/
          litebrush train {family.name} --data images/{masks} --out quick/ --set training.steps=2000
          litebrush train {family.name} --data images/{masks} --out run/ --resume
          litebrush train {family.name} --data more/{masks} --out tuned/ --start-from run/

        Several machines, each with its own index in TF_CONFIG, run the same command with --strategy multiworker.
        They need the same images, and an --out that all of them reach; the first writes to it. Each makes its share
        of every batch. The first then compresses alone. If one is lost all end; start all again with --resume.
        """,
    )


for _family in FAMILIES:
    command.add_command(_command(_family))
command.add_command(preview)
