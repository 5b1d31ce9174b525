"""One training run from a folder of images to a hand-over folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import tf_keras as keras

from litebrush.atomic import atomic_file
from litebrush.errors import RecipeError
from litebrush_train.compression import quantization_aware
from litebrush_train.config import PhaseRecipe, Recipe
from litebrush_train.data import ImageFolder, PatchSampler, Samples, batches, draw_samples, load_image_folders
from litebrush_train.fit import LogFile, Phase, fit
from litebrush_train.handoff import write_handover
from litebrush_train.models.cnn import denoiser

VALIDATION_NOISE_LEVELS = (15.0, 25.0, 50.0)
_VALIDATION_CROPS = 12
_VALIDATION_CROP_SIZE = 128


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of a run are kept."""

    path: Path

    @property
    def recipe(self) -> Path:
        """The resolved recipe, as JSON."""
        return self.path / "recipe.json"

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

    def begin(self, recipe: Recipe, resume: bool) -> None:
        """Create the folder, or find in it a run of the same recipe to go on with.

        Raises:
            RecipeError: the folder holds a run and ``resume`` is off, or holds one of another recipe.

        """
        if self.recipe.exists():
            if not resume:
                raise RecipeError(f"'{self.path}' already holds a run; add --resume to go on, or choose another --out")
            _require_same_recipe(json.loads(self.recipe.read_text(encoding="utf-8")), recipe, self.path)
            return
        self.path.mkdir(parents=True, exist_ok=True)
        with atomic_file(self.recipe) as temporary:
            temporary.write_text(json.dumps(recipe.to_dict(), indent=2) + "\n", encoding="utf-8")


def _require_same_recipe(begun: dict[str, dict[str, object]], asked: Recipe, folder: Path) -> None:
    differences = [
        f"{section}.{key} was {begun.get(section, {}).get(key)!r} and is now {value!r}"
        for section, values in asked.to_dict().items()
        for key, value in values.items()
        if begun.get(section, {}).get(key) != value
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
        resume: go on with a run that the folder holds.
        training_data, licence: for the contract; see :class:`litebrush.contract.Provenance`.

    Returns:
        The hand-over folder.

    Raises:
        DataError, RecipeError: what is wrong with the images or the settings, before any work starts.

    """
    largest_patch = max(recipe.training.patch_size, recipe.quantization_aware_training.patch_size)
    images = load_image_folders(folders, recipe.run.validation_share, largest_patch)
    run.begin(recipe, resume)
    keras.utils.set_random_seed(recipe.run.seed)
    validation = draw_samples(
        images.validation, VALIDATION_NOISE_LEVELS, _VALIDATION_CROPS, _VALIDATION_CROP_SIZE, recipe.run.seed
    )
    model = denoiser(recipe.model)
    _fit_phase("training", model, recipe.training, images, validation, recipe, run)
    quantized_model = None
    if recipe.quantization_aware_training.steps:
        quantized_model = quantization_aware(model, validation.inputs())
        _fit_phase(
            "quantization_aware_training",
            quantized_model,
            recipe.quantization_aware_training,
            images,
            validation,
            recipe,
            run,
        )
    return write_handover(run.handover, model, quantized_model, images, recipe, training_data, licence)


def _fit_phase(
    name: str,
    model: keras.Model,
    phase: PhaseRecipe,
    images: ImageFolder,
    validation: Samples,
    recipe: Recipe,
    run: RunFolder,
) -> None:
    sampler = PatchSampler(images.training, recipe.noise, recipe.run.seed)
    fit(
        model,
        Phase(name, phase, run.checkpoints(name), partial(batches, sampler, phase)),
        validation,
        recipe.run.checkpoint_every,
        LogFile(run.log),
    )
