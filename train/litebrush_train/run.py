"""One training run: from folders of images to a hand-over folder."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tf_keras as keras
from tqdm import tqdm

from litebrush.contract import Provenance
from litebrush.errors import TrainingError
from litebrush_train.arithmetic import arithmetic, convolutions_in
from litebrush_train.compression.quantization import pin_picture_ranges
from litebrush_train.compression.stages import STAGES, Stage
from litebrush_train.compression.structure import Structure
from litebrush_train.config import to_sections
from litebrush_train.distribution import ONE_DEVICE, Cluster, Distribution
from litebrush_train.families.family import Family
from litebrush_train.fit import Phase, fit
from litebrush_train.handover import write_handover
from litebrush_train.learner import Networks
from litebrush_train.pictures import ImageFolder, Skipped
from litebrush_train.pipeline import Batches, ExampleSource
from litebrush_train.recipes import CompressionRecipe, RunRecipe, TrainingRecipe
from litebrush_train.run_folder import RunFolder, RunRecord
from litebrush_train.start import Start

_PACKAGES = ("litebrush", "tensorflow", "tf-keras", "tensorflow-model-optimization")
_NAMED_SKIPPED = 10


@dataclass(frozen=True)
class TrainingOrder:
    """What a run shall do.

    Attributes:
        name: of the family.
        family: with its recipe.
        folders: where the images are.
        training_data, licence: for the contract; a resumed run keeps those that it was begun with.
        start: what a new run begins with instead of random weights; it is needed until the first checkpoint.
    """

    name: str
    family: Family[Any]
    folders: tuple[Path, ...]
    training_data: str
    licence: str
    start: Start | None = None


def train(order: TrainingOrder, run: RunFolder, cluster: Cluster, resume: bool = False) -> None:
    """Train, then train on with compressed networks where the recipe asks for it, then hand over.

    Args:
        order: what to do.
        run: where the run is kept.
        cluster: the processes that call this function, each for its share of the work. Their ``run`` is one folder
            that all can read; only the chief writes to it. Networks are compressed and handed over by the chief
            alone, on one device, while the others wait.
        resume: go on with the run that the folder holds.

    Raises:
        DataError, RecipeError, TrainingError, ContractError: what is wrong with the images, the settings or the
            folder, before any work starts.
    """
    family = order.family
    cluster.require_divisible(family.recipe.training.batch_size)
    with cluster.watching_for_lost_workers():
        distribution = cluster.connect()
        if distribution.is_chief:
            run.prepare(resume)
        distribution.meet()  # the folder exists
        images = family.read(order.folders, run.path)
        record = _begin(order, images, run, resume, distribution)
        networks = _train(order, images, run, distribution, record)
        if distribution.is_chief:
            _finish(family, images, run, record, networks)
        distribution.part()


def _begin(
    order: TrainingOrder, images: ImageFolder, run: RunFolder, resume: bool, distribution: Distribution
) -> RunRecord:
    """The chief writes down what the run is begun with, and the others find that they were given the same."""
    _tell_skipped(images.skipped, len(images.training) + len(images.validation))
    versions = {package: version(package) for package in _PACKAGES}
    sections = to_sections(order.family.recipe)
    asked = RunRecord(order.name, sections, images.digest, order.training_data, order.licence, versions)
    if order.start:
        order.start.require_like(order.family, images)
        asked = order.start.told_in(asked)
    order.family.contract(images, Provenance())
    if distribution.is_chief:
        record = run.begin(asked, resume)
        distribution.meet()
        return record
    distribution.meet()
    return run.begin(asked, resume=True)


def _train(
    order: TrainingOrder, images: ImageFolder, run: RunFolder, distribution: Distribution, record: RunRecord
) -> Networks:
    """Trained networks in float32, as variables of this process alone."""
    family, recipe = order.family, order.family.recipe
    keras.utils.set_random_seed(recipe.run.seed)
    with distribution.scope(), arithmetic(recipe.run.arithmetic):
        networks = family.networks(images)
        structures = family.structures()
        for stage in _stages(recipe.compression):
            for network_name, network in networks.items():
                stage.require(network, structures.get(network_name, Structure()))
        learner = family.learner(networks, images)
    phase = _phase("training", 0, family.source(images), recipe.training, recipe.run, run.path)
    if not phase.begun:
        if order.start:
            order.start.hand_weights_to(networks, images)
        elif record.start:
            raise TrainingError(
                f"the run in '{run.path}' starts from '{record.start['name']}'; give --start-from again"
            )
    fit(learner, phase, distribution)
    if distribution.replicas == 1 and recipe.run.arithmetic == "float32":
        return learner.networks
    copies = family.networks(images)
    for network_name, copy in copies.items():
        copy.set_weights(learner.networks[network_name].get_weights())
    return copies


def _finish(family: Family[Any], images: ImageFolder, run: RunFolder, record: RunRecord, trained: Networks) -> None:
    """Compress trained networks and hand them over."""
    networks, quantized = _compress(family.finished(trained), family, images, run)
    recipe = {**record.recipe, "start": record.start} if record.start else record.recipe
    contract = family.contract(
        images, Provenance(record.training_data, record.images_sha256, record.licence, recipe, record.versions)
    )
    write_handover(
        run.handover,
        contract,
        family.handed(networks, contract),
        family.handed(quantized, contract) if quantized else (),
        family.calibration(images),
        family.validation(images),
    )


def _stages(recipe: CompressionRecipe) -> tuple[Stage, ...]:
    return STAGES[recipe.method] if recipe.steps else ()


def _compress(
    networks: Networks, family: Family[Any], images: ImageFolder, run: RunFolder
) -> tuple[Networks, Networks]:
    """The float networks to hand over, and the quantization-aware ones or none."""
    recipe = family.recipe
    structures = family.structures()
    quantized: Networks = {}
    for number, stage in enumerate(_stages(recipe.compression), start=1):
        typical = family.typical_inputs(images)
        compressed: dict[str, keras.Model] = {}
        for name, network in networks.items():
            structure = structures.get(name, Structure())
            compressed[name] = stage.begin(network, recipe.compression, structure, typical[name])
            _tell_left_alone(stage.name, name, stage.left_alone(network, recipe.compression))
        hooks = [stage.end_of_step(network) for network in compressed.values()]
        ends_of_step = tuple(hook for hook in hooks if hook is not None)
        learner = family.refiner(compressed, networks, recipe.compression, images, ends_of_step)
        phase = _phase(stage.name, number, family.source(images), recipe.compression, recipe.run, run.path)
        with convolutions_in(recipe.run.arithmetic, compressed.values()):
            fit(learner, phase, ONE_DEVICE)
        finished = {name: stage.finish(network) for name, network in compressed.items()}
        if stage.quantizes:
            for name, network in finished.items():
                pin_picture_ranges(network, structures.get(name, Structure()).pictures)
            quantized = finished
        else:
            networks = finished
    return networks, quantized


def _phase(
    name: str, number: int, source: ExampleSource, recipe: TrainingRecipe, run_recipe: RunRecipe, folder: Path
) -> Phase:
    batches = Batches(source, recipe.batch_size, run_recipe.seed, number)
    section = "compression" if isinstance(recipe, CompressionRecipe) else "training"
    return Phase(name, section, recipe.steps, folder, batches, run_recipe.checkpoint_every)


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
