"""The folder of a training run, and the record of what it was begun with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from litebrush.atomic import atomic_file
from litebrush.errors import RecipeError, TrainingError
from litebrush_train.config import Sections


@dataclass(frozen=True)
class RunRecord:
    """What a run was begun with; a resumed run goes on with the same.

    Attributes:
        family: such as ``denoise``.
        recipe: all settings, resolved.
        images_sha256: digest of the images.
        training_data: the images in words, for the contract.
        licence: of the weights, as an SPDX identifier.
        versions: of the packages that train.
        start: name and digest of the images of the model whose weights it began with; empty = random weights.
    """

    family: str
    recipe: Sections
    images_sha256: str
    training_data: str
    licence: str
    versions: dict[str, str]
    start: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """As a document that :meth:`from_json` reads back equal."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> RunRecord:
        """Read a record."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of a run are kept.

    These are ``run.json``, ``checkpoints/``, ``finished/``, ``logs/``, ``previews/`` and ``handover/``.
    """

    path: Path

    @property
    def record(self) -> Path:
        """What the run was begun with, as JSON."""
        return self.path / "run.json"

    @property
    def handover(self) -> Path:
        """What the exporter takes."""
        return self.path / "handover"

    def prepare(self, resume: bool) -> None:
        """Make the folder for a new run, or find the run to go on with.

        Raises:
            TrainingError: there is a run and ``resume`` is off, there is none and it is on, or no folder can be made.
        """
        if resume and not self.record.exists():
            raise TrainingError(f"'{self.path}' holds no run to resume; leave out --resume, or name its folder")
        if not resume and self.path.exists() and any(self.path.iterdir()):
            raise TrainingError(
                f"'{self.path}' already holds something; add --resume to go on, or choose another --out"
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise TrainingError(f"cannot make '{self.path}': {problem.strerror}; choose another --out") from None

    def begin(self, asked: RunRecord, resume: bool) -> RunRecord:
        """Write down what the run is begun with, or read what it was begun with.

        Raises:
            RecipeError, TrainingError: it was begun with another recipe, with other images, or its record is damaged.
        """
        if not resume:
            with atomic_file(self.record) as temporary:
                temporary.write_text(asked.to_json(), encoding="utf-8")
            return asked
        begun = self.begun_with()
        if begun.family != asked.family:
            raise TrainingError(f"the run in '{self.path}' trains {begun.family}, not {asked.family}")
        _require_same_recipe(begun.recipe, asked.recipe, self.path)
        if begun.images_sha256 != asked.images_sha256:
            raise TrainingError(f"the run in '{self.path}' was begun with other images; give the same --data")
        if asked.start and asked.start != begun.start:
            raise TrainingError(f"the run in '{self.path}' did not start from '{asked.start['name']}'")
        return begun

    def begun_with(self) -> RunRecord:
        """What the run was begun with.

        Raises:
            TrainingError: there is no run, or its record is damaged.
        """
        try:
            return RunRecord.from_json(self.record.read_text(encoding="utf-8"))
        except OSError as problem:
            raise TrainingError(f"'{self.path}' holds no run: {problem.strerror} ('{self.record.name}')") from None
        except (ValueError, TypeError, KeyError) as problem:
            raise TrainingError(f"'{self.record}' is damaged ({problem}); begin a new run") from None


def _require_same_recipe(begun: Sections, asked: Sections, folder: Path) -> None:
    differences = [
        f"{section}.{key} was {begun.get(section, {}).get(key)!r} and is now {value!r}"
        for section, values in asked.items()
        for key, value in values.items()
        if begun.get(section, {}).get(key) != value
    ]
    if differences:
        raise RecipeError(f"the run in '{folder}' was begun with another recipe: {'; '.join(differences)}")
