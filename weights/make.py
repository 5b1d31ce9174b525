"""Make a shipped model: train it (or take its finished run from weights/), export it, put it into the package.

    make zoo MODEL=denoise DATA=../data

What is asked of training stands in weights/models.toml. A run that is there goes on where it is: an interrupted one
from its last checkpoint, a finished one with its hand-over.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WEIGHTS = Path(__file__).parent
ZOO = WEIGHTS.parent / "runtime" / "litebrush" / "zoo"
KEPT = ("run.json", "finished", "logs")
_INHERITED = ("family", "data", "training_data", "precisions")


@dataclass(frozen=True)
class ShippedModel:
    """How a shipped model is made.

    Attributes:
        family: of ``litebrush train``.
        data: folders of images, below the folder of all data.
        training_data: these images in words, with their licences.
        precisions: the files that ship.
        settings: of the recipe, by ``section.key``, where the family's own are not wanted.
        start_from: the entry whose weights its training begins with; empty = random weights. One that does not ship
            itself is trained when it is needed. Family, data and precisions are those of that entry, if not said.
    """

    family: str
    data: tuple[str, ...]
    training_data: str
    precisions: str
    settings: dict[str, Any]
    start_from: str = ""

    @classmethod
    def read(cls, name: str) -> ShippedModel:
        """From weights/models.toml."""
        models: dict[str, dict[str, Any]] = tomllib.loads((WEIGHTS / "models.toml").read_text(encoding="utf-8"))
        if name not in models:
            raise click.UsageError(f"no model '{name}' in weights/models.toml; there is {', '.join(models)}")
        said = {"settings": {}, **_with_inherited(name, models)}
        return cls(**{**said, "data": tuple(said["data"])})

    def train_arguments(self, name: str) -> list[str]:
        """Of ``litebrush train``, run in the folder of all data, without ``--out``."""
        settings = {"run.name": name, **self.settings}
        return [
            *(part for folder in self.data for part in ("--data", folder)),
            *(part for key, value in settings.items() for part in ("--set", f"{key}={value}")),
            *("--data-note", self.training_data, "--licence", "Apache-2.0"),
        ]


def _with_inherited(name: str, models: dict[str, dict[str, Any]]) -> dict[str, Any]:
    said = models[name]
    before = _with_inherited(said["start_from"], models) if "start_from" in said else {}
    return {**{key: before[key] for key in _INHERITED if key in before}, **said}


def litebrush(*arguments: str, folder: Path | None = None) -> None:
    """Run a command of litebrush in a folder, and end as it ends if it fails."""
    ended = subprocess.run([sys.executable, "-m", "litebrush", *arguments], cwd=folder, check=False)
    if ended.returncode:
        sys.exit(ended.returncode)


def train(name: str, model: ShippedModel, data: Path, run: Path) -> None:
    """Train and hand over: from the beginning, from where it was interrupted, or from the finished run in weights/."""
    if not run.exists() and (WEIGHTS / name).exists():
        shutil.copytree(WEIGHTS / name, run)
    more = ["--resume"] if (run / "run.json").exists() else []
    if model.start_from and not any((run / part).exists() for part in ("checkpoints", "finished")):
        more += ["--start-from", str(_finished_run(model.start_from, data))]
    # Relative names of folders: they become part of the model's provenance.
    litebrush("train", model.family, *model.train_arguments(name), "--out", str(run), *more, folder=data)


def _finished_run(name: str, data: Path) -> Path:
    kept, run = (WEIGHTS / name).absolute(), _default_run(name).absolute()
    if kept.exists():
        return kept
    train(name, ShippedModel.read(name), data, run)
    return run


def _default_run(name: str) -> Path:
    return Path("build", "zoo", name)


@click.command(help=__doc__)
@click.argument("name", metavar="MODEL")
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--run", type=click.Path(path_type=Path, file_okay=False), help="Default: build/zoo/MODEL.")
def main(name: str, data: Path, run: Path | None) -> None:  # noqa: D103
    model = ShippedModel.read(name)
    run = (run or _default_run(name)).absolute()
    train(name, model, data, run)
    files = run / "files"
    litebrush("export", str(run / "handover"), "--precision", model.precisions, "--out", str(files))
    for path in sorted(files.glob("*.tflite")):
        litebrush("verify", str(path))
        shutil.copy2(path, ZOO)
    for part in KEPT:
        if (run / part).is_dir():
            shutil.copytree(run / part, WEIGHTS / name / part, dirs_exist_ok=True)
        else:
            shutil.copy2(run / part, WEIGHTS / name / part)


if __name__ == "__main__":
    main()
