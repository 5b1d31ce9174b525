"""One training run: from folders of images to a hand-over folder."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import tf_keras as keras
from tqdm import tqdm

from litebrush.contract import Provenance
from litebrush_train.compression.quantization import pin_picture_ranges
from litebrush_train.compression.stages import STAGES, Stage
from litebrush_train.compression.structure import Structure
from litebrush_train.config import to_sections
from litebrush_train.distribution import Distribution
from litebrush_train.families.family import Family
from litebrush_train.fit import Phase, fit
from litebrush_train.handover import write_handover
from litebrush_train.learner import Learner, Networks
from litebrush_train.pictures import ImageFolder, Skipped
from litebrush_train.pipeline import Batches, ExampleSource
from litebrush_train.recipes import TrainingRecipe
from litebrush_train.run_folder import RunFolder, RunRecord

_PACKAGES = ("litebrush", "tensorflow", "tf-keras", "tensorflow-model-optimization")
_NAMED_SKIPPED = 10


def train(
    name: str,
    family: Family[Any],
    folders: tuple[Path, ...],
    run: RunFolder,
    resume: bool,
    training_data: str,
    licence: str,
    distribution: Distribution,
) -> Path:
    """Train, then train on with compressed networks where the recipe asks for it, then hand over.

    Args:
        name: of the family.
        family: with its recipe.
        folders: where the images are.
        run: where the run is kept.
        resume: go on with the run that the folder holds.
        training_data, licence: for the contract; a resumed run keeps those that it was begun with.
        distribution: over devices and machines; every worker calls this function, the chief writes.

    Returns:
        The hand-over folder.

    Raises:
        DataError, RecipeError, TrainingError, ContractError: what is wrong with the images, the settings or the
            folder, before any work starts.
    """
    recipe = family.recipe
    for phase in (recipe.training, recipe.compression):
        distribution.require_divisible(phase.batch_size)
    if distribution.is_chief:
        run.prepare(resume)
    images = family.read(folders, run.path)
    _tell_skipped(images.skipped, len(images.training) + len(images.validation))
    versions = {package: version(package) for package in _PACKAGES}
    asked = RunRecord(name, to_sections(recipe), images.digest, training_data, licence, versions)
    family.contract(images, Provenance())
    record = run.begin(asked, resume) if distribution.is_chief else asked
    keras.backend.experimental.enable_tf_random_generator()  # dropout's state then is part of a checkpoint
    keras.utils.set_random_seed(recipe.run.seed)
    with distribution.strategy.scope():
        networks = family.networks(images)
        stages = STAGES[recipe.compression.method] if recipe.compression.steps else ()
        structures = family.structures()
        for stage in stages:
            for network_name, network in networks.items():
                stage.require(network, structures.get(network_name, Structure()))
        learner = family.learner(networks, images)
    _fit(learner, "training", 0, family.source(images), recipe.training, recipe.run, run.path, distribution)
    networks, quantized = _compress(stages, learner.networks, family, images, run, distribution)
    if distribution.is_chief:
        contract = family.contract(
            images,
            Provenance(record.training_data, record.images_sha256, record.licence, record.recipe, record.versions),
        )
        write_handover(
            run.handover,
            contract,
            family.handed(networks, contract),
            family.handed(quantized, contract) if quantized else (),
            family.calibration(images),
            family.validation(images),
        )
    return run.handover


def _compress(
    stages: tuple[Stage, ...],
    networks: Networks,
    family: Family[Any],
    images: ImageFolder,
    run: RunFolder,
    distribution: Distribution,
) -> tuple[Networks, Networks]:
    """The float networks to hand over, and the quantization-aware ones or none."""
    recipe = family.recipe
    structures = family.structures()
    quantized: Networks = {}
    for number, stage in enumerate(stages, start=1):
        with distribution.strategy.scope():
            typical = family.typical_inputs(images)
            compressed: dict[str, keras.Model] = {}
            for name, network in networks.items():
                structure = structures.get(name, Structure())
                compressed[name] = stage.begin(network, recipe.compression, structure, typical[name])
                _tell_left_alone(stage.name, name, stage.left_alone(network, recipe.compression))
            hooks = [stage.end_of_step(network) for network in compressed.values()]
            ends_of_step = tuple(hook for hook in hooks if hook is not None)
            learner = family.refiner(compressed, networks, recipe.compression, images, ends_of_step)
        source = family.refining_source(images)
        _fit(learner, stage.name, number, source, recipe.compression, recipe.run, run.path, distribution)
        finished = {name: stage.finish(network) for name, network in compressed.items()}
        if stage.quantizes:
            for name, network in finished.items():
                pin_picture_ranges(network, structures.get(name, Structure()).pictures)
            quantized = finished
        else:
            networks = finished
    return networks, quantized


def _fit(
    learner: Learner,
    name: str,
    number: int,
    source: ExampleSource,
    recipe: TrainingRecipe,
    run_recipe: Any,
    folder: Path,
    distribution: Distribution,
) -> None:
    batches = Batches(source, recipe.batch_size, run_recipe.seed, number)
    fit(learner, Phase(name, recipe.steps, folder, batches, run_recipe.checkpoint_every), distribution)


def _tell_skipped(skipped: tuple[Skipped, ...], used: int) -> None:
    if not skipped:
        return
    tqdm.write(f"skipped {len(skipped)} of {used + len(skipped)} images:")
    for item in skipped[:_NAMED_SKIPPED]:
        tqdm.write(f"  {item.reason}")
    if len(skipped) > _NAMED_SKIPPED:
        tqdm.write(f"  and {len(skipped) - _NAMED_SKIPPED} more")


def _tell_left_alone(stage: str, network: str, layers: tuple[str, ...]) -> None:
    if layers:
        tqdm.write(f"{stage} leaves {', '.join(layers)} of the {network} as they are")
