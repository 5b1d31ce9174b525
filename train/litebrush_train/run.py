"""One training run from a folder of images to a hand-over folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import tf_keras as keras
from tqdm import tqdm

from litebrush.atomic import atomic_file
from litebrush.errors import RecipeError, TrainingError
from litebrush_train.compression import equalize, quantization_aware
from litebrush_train.config import PhaseRecipe, Recipe, recipe_from_dict
from litebrush_train.data import ImageFolder, PatchSampler, Picture, Samples, batches, draw_samples, load_image_folders
from litebrush_train.denoising import denoiser_contract, hand_over_denoiser
from litebrush_train.fit import LogFile, Phase, fit
from litebrush_train.models.cnn import channel_groups, denoiser

_VALIDATION_NOISE_LEVELS = (15.0, 25.0, 50.0)
_OBSERVED_CROPS = 12
_OBSERVED_CROP_SIZE = 128
_PHASES = ("training", "quantization_aware_training")


@dataclass(frozen=True)
class RunRecord:
    """What a run was begun with; a resumed run goes on with the same.

    Attributes:
        recipe: all settings.
        images_sha256: digest of the images.
        training_data: the images in words, for the contract.
        licence: of the weights, as an SPDX identifier.
    """

    recipe: Recipe
    images_sha256: str
    training_data: str
    licence: str

    def to_json(self) -> str:
        """As a document that :meth:`from_json` reads back equal."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> RunRecord:
        """Read a record."""
        document = json.loads(text)
        return cls(**{**document, "recipe": recipe_from_dict(document["recipe"])})


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of a run are kept."""

    path: Path

    @property
    def record(self) -> Path:
        """What the run was begun with, as JSON."""
        return self.path / "run.json"

    @property
    def log(self) -> Path:
        """Losses and validation, a line a checkpoint."""
        return self.path / "log.csv"

    @property
    def handover(self) -> Path:
        """What the exporter takes."""
        return self.path / "handover"

    def checkpoints(self, phase: str) -> Path:
        """The checkpoints of one phase."""
        return self.path / "checkpoints" / phase

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
        try:
            begun = RunRecord.from_json(self.record.read_text(encoding="utf-8"))
        except (ValueError, TypeError, KeyError) as problem:
            raise TrainingError(f"'{self.record}' is damaged ({problem}); begin a new run") from None
        _require_same_recipe(begun.recipe, asked.recipe, self.path)
        if begun.images_sha256 != asked.images_sha256:
            raise TrainingError(f"the run in '{self.path}' was begun with other images; give the same --data")
        return begun


def _require_same_recipe(begun: Recipe, asked: Recipe, folder: Path) -> None:
    before, now = begun.to_dict(), asked.to_dict()
    differences = [
        f"{section}.{key} was {before[section][key]!r} and is now {value!r}"
        for section, values in now.items()
        for key, value in values.items()
        if before[section][key] != value
    ]
    if differences:
        raise RecipeError(f"the run in '{folder}' was begun with another recipe: {'; '.join(differences)}")


def train_denoiser(
    folders: tuple[Path, ...], run: RunFolder, recipe: Recipe, resume: bool, training_data: str, licence: str
) -> Path:
    """Train, then train on with simulated quantization, then hand over.

    Args:
        folders: where the images are.
        run: where the run is kept.
        recipe: all settings.
        resume: go on with the run that the folder holds.
        training_data, licence: for the contract; a resumed run keeps those that it was begun with.

    Returns:
        The hand-over folder.

    Raises:
        DataError, RecipeError, TrainingError, ContractError: what is wrong with the images, the settings or the
            folder, before any work starts.
    """
    denoiser_contract(recipe, "", training_data, licence)
    run.prepare(resume)
    largest_patch = max(recipe.training.patch_size, recipe.quantization_aware_training.patch_size)
    images = load_image_folders(folders, recipe.run.validation_share, largest_patch)
    for path in images.skipped:
        tqdm.write(f"skipped: {path}")
    record = run.begin(RunRecord(recipe, images.digest, training_data, licence), resume)
    contract = denoiser_contract(recipe, record.images_sha256, record.training_data, record.licence)
    keras.utils.set_random_seed(recipe.run.seed)
    model = denoiser(recipe.model)
    _fit_phase("training", model, recipe.training, images, recipe, run)
    quantized_model = None
    if recipe.quantization_aware_training.steps:
        equalized = equalize(model, channel_groups(recipe.model))
        quantized_model = quantization_aware(equalized, _observed(images.training, recipe).inputs())
        _fit_phase(
            "quantization_aware_training", quantized_model, recipe.quantization_aware_training, images, recipe, run
        )
    return hand_over_denoiser(run.handover, contract, model, quantized_model, images, recipe)


def _fit_phase(
    name: str, model: keras.Model, phase: PhaseRecipe, images: ImageFolder, recipe: Recipe, run: RunFolder
) -> None:
    sampler = PatchSampler(images.training, recipe.noise, recipe.run.seed, _PHASES.index(name))
    fit(
        model,
        Phase(name, phase, run.checkpoints(name), partial(batches, sampler, phase)),
        _observed(images.validation, recipe),
        recipe.run.checkpoint_every,
        LogFile(run.log),
    )


def _observed(pictures: tuple[Picture, ...], recipe: Recipe) -> Samples:
    levels = tuple(level for level in _VALIDATION_NOISE_LEVELS if recipe.noise.lowest <= level <= recipe.noise.highest)
    return draw_samples(
        pictures, levels or (recipe.noise.highest,), _OBSERVED_CROPS, _OBSERVED_CROP_SIZE, recipe.run.seed
    )
