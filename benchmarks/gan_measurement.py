"""What the generators of two runs are worth: the figures of gan_comparison.py."""

from __future__ import annotations

import csv
import json
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from litebrush_train.adversarial import AdversarialLearner
from litebrush_train.config import build
from litebrush_train.families.gan import GENERATOR, Gan, pictures_of
from litebrush_train.features import TfliteFeatures
from litebrush_train.generation_quality import GenerationQuality, Reference, describe, measure, measure_features
from litebrush_train.pictures import ImageFolder
from litebrush_train.probe import fit_probe
from litebrush_train.recipes import GanRecipe
from litebrush_train.run_folder import RunFolder, RunRecord
from litebrush_train.square_pictures import one_hot, read_squares

SEEDS = (1, 2, 3)
_SHOWN_OF_A_CLASS = 6


CPU_SECONDS = "cpu_seconds.json"


@dataclass(frozen=True)
class Squares:
    """Real pictures, (count, side, side, 3) uint8 RGB, and the class of each, (count,)."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def with_classes_of(self, labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
        """Places of pictures that are drawn without replacement, as many of each class as ``labels`` has."""
        random = np.random.default_rng(seed)
        chosen = []
        for label, count in zip(*np.unique(labels, return_counts=True)):
            members = np.flatnonzero(self.labels == label)
            if len(members) < count:
                raise click.ClickException(f"--data has {len(members)} pictures of a class, --reference {count}")
            chosen.append(random.choice(members, count, replace=False))
        return np.concatenate(chosen)


@dataclass(frozen=True)
class Figures:
    """Means over the seeds, and standard deviations where there is more than one.

    Attributes:
        fid, kid, diversity, class_accuracy: see :class:`GenerationQuality`; no accuracy for what the probe has seen.
        count: of pictures of one seed.
        seeds: how many times so many were drawn.
    """

    fid: float
    fid_deviation: float | None
    kid: float
    kid_deviation: float | None
    class_accuracy: float | None
    diversity: float
    count: int
    seeds: int


@dataclass(frozen=True)
class Trained:
    """One run.

    Attributes:
        steps: done at its last checkpoint.
        pictures_seen: real ones, repetitions included.
        minutes: spent in those steps.
        cpu_minutes: of a core that the whole run got, start and checkpoints included.
        generator_parameters, discriminator_parameters: of the networks.
        figures: of what its generator draws.
    """

    steps: int
    pictures_seen: int
    minutes: float
    cpu_minutes: float
    generator_parameters: int
    discriminator_parameters: int
    figures: Figures


@dataclass(frozen=True)
class Comparison:
    """All that was measured.

    Attributes:
        data, reference: names of the two folders.
        data_count, reference_count: pictures used of each.
        held_out_share: of ``data``, which training did not see.
        classes: how many.
        side: of the pictures, in pixels.
        features, feature_tensor: name for figures, and the tensor that they are computed in.
        processor: that trained and measured.
        reference_accuracy: share of the reference's pictures whose class the probe tells.
        architectures: by name.
        sample_of_data, all_data: real pictures against the reference.
        fid_ratio: of hinge to dcgan.
    """

    data: str
    data_count: int
    reference: str
    reference_count: int
    held_out_share: float
    classes: int
    side: int
    features: str
    feature_tensor: str
    processor: str
    reference_accuracy: float
    architectures: Mapping[str, Trained]
    sample_of_data: Figures
    all_data: Figures
    fid_ratio: float


@dataclass(frozen=True)
class Samples:
    """Pictures to look at, as many of each class, ordered by it.

    Attributes:
        of_each: class.
        classes: their names.
        blocks: (classes * of_each, side, side, 3) uint8 RGB, by where they come from.
    """

    of_each: int
    classes: tuple[str, ...]
    blocks: Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True)
class Generator:
    """A run's generator as it would be handed over.

    Attributes:
        run: folder of the run.
        recipe: of the run.
        learner: at the run's last checkpoint.
        classes: how many.
    """

    run: Path
    recipe: GanRecipe
    learner: AdversarialLearner
    classes: int

    @classmethod
    def restored(cls, run: Path, recipe: GanRecipe, images: ImageFolder) -> Generator:
        """From the last checkpoint of a run that learnt from ``images``."""
        family = Gan(recipe)
        learner = family.learner(family.networks(images), images)
        latest = tf.train.latest_checkpoint(str(run / "checkpoints" / "training"))
        if latest is None:
            raise click.ClickException(f"'{run}' has no checkpoint yet; train longer")
        kept = {name: part for name, part in learner.kept.items() if not name.startswith("discriminator")}
        tf.train.Checkpoint(**kept).restore(latest).assert_existing_objects_matched().expect_partial()
        return cls(run, recipe, learner, len(images.classes))

    def draw(self, labels: NDArray[np.int64], seed: int) -> NDArray[np.uint8]:
        """A picture of each label, (count, side, side, 3) uint8 RGB."""
        latents = np.random.default_rng(seed).standard_normal((len(labels), self.recipe.model.latent), np.float32)
        return pictures_of(
            self.learner.networks[GENERATOR], {"latent": latents, "label": one_hot(labels, self.classes)}
        )


def compare(data: Path, reference_folder: Path, features: Path, runs: Mapping[str, Path]) -> tuple[Comparison, Samples]:
    """Measure both runs, ``hinge`` and ``dcgan``, and real pictures of ``data``, against those of ``reference``.

    Raises:
        FeatureError: the features cannot be had.
        ClickException: the two folders do not belong together, or a run has nothing to restore.
    """
    extractor = TfliteFeatures(features)
    recipes = {name: _recipe(run) for name, run in runs.items()}
    side = recipes["hinge"].model.side
    learnt_from, kept_apart = _read(data, side), _read(reference_folder, side)
    classes = learnt_from.classes
    if not classes or classes != kept_apart.classes:
        raise click.ClickException("--data and --reference need class folders of the same names")
    real, held_out = _squares(learnt_from), _squares(kept_apart)
    click.echo(f"describing {len(real.labels)} pictures and fitting the probe")
    real_features = extractor(real.pictures)
    probe = fit_probe(real_features, real.labels, len(classes), balanced=False)
    reference = describe(held_out.pictures, held_out.labels, extractor, probe)
    generators = {name: Generator.restored(runs[name], recipe, learnt_from) for name, recipe in recipes.items()}
    trained = {name: _trained(generator, reference, held_out.labels) for name, generator in generators.items()}
    drawn_of_data = [real.with_classes_of(held_out.labels, seed) for seed in SEEDS]
    comparison = Comparison(
        data=_name(data),
        data_count=len(real.labels),
        reference=_name(reference_folder),
        reference_count=len(held_out.labels),
        held_out_share=recipes["hinge"].run.validation_share,
        classes=len(classes),
        side=side,
        features=extractor.name,
        feature_tensor=extractor.tensor,
        processor=_processor(),
        reference_accuracy=probe.accuracy(reference.features, held_out.labels),
        architectures=trained,
        sample_of_data=_seen_by_probe(
            [measure_features(real_features[chosen], real.labels[chosen], reference) for chosen in drawn_of_data]
        ),
        all_data=_seen_by_probe([measure_features(real_features, real.labels, reference)]),
        fid_ratio=trained["hinge"].figures.fid / trained["dcgan"].figures.fid,
    )
    shown = np.repeat(np.arange(len(classes)), _SHOWN_OF_A_CLASS)
    blocks = {name: generator.draw(shown, seed=0) for name, generator in generators.items()}
    return comparison, Samples(_SHOWN_OF_A_CLASS, classes, blocks)


def _name(folder: Path) -> str:
    return "/".join(folder.resolve().parts[-2:])


def _recipe(run: Path) -> GanRecipe:
    return build(GanRecipe, RunRecord.from_json(RunFolder(run).record.read_text(encoding="utf-8")).recipe)


def _read(folder: Path, side: int) -> ImageFolder:
    return read_squares((folder,), side, 0.5, Path(tempfile.gettempdir()))


def _squares(images: ImageFolder) -> Squares:
    """Both parts: nothing is held out of a folder here."""
    parts = (images.training, images.validation)
    pictures = np.stack([picture for part in parts for picture in part])
    return Squares(pictures, np.concatenate([images.labels(part) for part in parts]))


def _trained(generator: Generator, reference: Reference, labels: NDArray[np.int64]) -> Trained:
    click.echo(f"drawing and describing pictures of {generator.run.name}")
    learner = generator.learner
    drawn = [measure(generator.draw(labels, seed), labels, reference) for seed in SEEDS]
    return Trained(
        steps=learner.steps_done,
        pictures_seen=learner.steps_done * generator.recipe.training.batch_size,
        minutes=_minutes(generator.run, learner.steps_done),
        cpu_minutes=json.loads((generator.run / CPU_SECONDS).read_text(encoding="utf-8")) / 60,
        generator_parameters=learner.networks[GENERATOR].count_params(),
        discriminator_parameters=learner.kept["discriminator"].count_params(),
        figures=_over_seeds(drawn),
    )


def _minutes(run: Path, steps: int) -> float:
    """Spent in the steps up to a checkpoint, by the run's log."""
    with (run / "logs" / "training.csv").open(newline="", encoding="utf-8") as file:
        lines = [(int(line["step"]), float(line["seconds_a_step"])) for line in csv.DictReader(file)]
    before = (0, *(step for step, _ in lines))
    return sum((step - last) * seconds for (step, seconds), last in zip(lines, before) if step <= steps) / 60


def _over_seeds(qualities: Sequence[GenerationQuality]) -> Figures:
    def deviation(values: list[float]) -> float | None:
        return float(np.std(values, ddof=1)) if len(values) > 1 else None

    fids, kids = [quality.fid for quality in qualities], [quality.kid for quality in qualities]
    accuracies = [quality.class_accuracy for quality in qualities if quality.class_accuracy is not None]
    return Figures(
        fid=float(np.mean(fids)),
        fid_deviation=deviation(fids),
        kid=float(np.mean(kids)),
        kid_deviation=deviation(kids),
        class_accuracy=float(np.mean(accuracies)) if accuracies else None,
        diversity=float(np.mean([quality.diversity for quality in qualities])),
        count=qualities[0].generated_count,
        seeds=len(qualities),
    )


def _seen_by_probe(qualities: Sequence[GenerationQuality]) -> Figures:
    return _over_seeds([replace(quality, class_accuracy=None) for quality in qualities])


def _processor() -> str:
    """The CPU's name where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
