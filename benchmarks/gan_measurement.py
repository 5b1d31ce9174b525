"""What the generators of two runs are worth: the figures of gan_comparison.py."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import tensorflow as tf
from machine import processor
from numpy.typing import NDArray
from real_pictures import Reality, Squares, folder_name, read_both
from seed_figures import SEEDS, Figures, over_seeds

from litebrush_train.adversarial import AdversarialLearner
from litebrush_train.config import build
from litebrush_train.families.gan import GENERATOR, Gan, pictures_of
from litebrush_train.features import TfliteFeatures
from litebrush_train.generation_quality import measure
from litebrush_train.generative_recipes import GanRecipe
from litebrush_train.pictures import ImageFolder
from litebrush_train.run_folder import RunFolder, RunRecord
from litebrush_train.square_pictures import one_hot

_SHOWN_OF_A_CLASS = 6
CPU_SECONDS = "cpu_seconds.json"


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
        """From the last checkpoint of a run that learned from ``images``."""
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
    learned_from, kept_apart = read_both(data, reference_folder, side, Path(tempfile.gettempdir()))
    classes = learned_from.classes
    real, held_out = Squares.of(learned_from), Squares.of(kept_apart)
    click.echo(f"describing {len(real.labels)} pictures and fitting the probe")
    reality = Reality.described(real, held_out, len(classes), extractor)
    generators = {name: Generator.restored(runs[name], recipe, learned_from) for name, recipe in recipes.items()}
    trained = {name: _trained(generator, reality) for name, generator in generators.items()}
    comparison = Comparison(
        data=folder_name(data),
        data_count=len(real.labels),
        reference=folder_name(reference_folder),
        reference_count=len(held_out.labels),
        held_out_share=recipes["hinge"].run.validation_share,
        classes=len(classes),
        side=side,
        features=extractor.name,
        feature_tensor=extractor.tensor,
        processor=processor(),
        reference_accuracy=reality.probe_accuracy,
        architectures=trained,
        sample_of_data=reality.floor(SEEDS),
        all_data=reality.all_learned_from(),
        fid_ratio=trained["hinge"].figures.fid / trained["dcgan"].figures.fid,
    )
    shown = np.repeat(np.arange(len(classes)), _SHOWN_OF_A_CLASS)
    blocks = {name: generator.draw(shown, seed=0) for name, generator in generators.items()}
    return comparison, Samples(_SHOWN_OF_A_CLASS, classes, blocks)


def _recipe(run: Path) -> GanRecipe:
    return build(GanRecipe, RunRecord.from_json(RunFolder(run).record.read_text(encoding="utf-8")).recipe)


def _trained(generator: Generator, reality: Reality) -> Trained:
    click.echo(f"drawing and describing pictures of {generator.run.name}")
    learner = generator.learner
    labels = reality.labels
    drawn = [measure(generator.draw(labels, seed), labels, reality.reference) for seed in SEEDS]
    return Trained(
        steps=learner.steps_done,
        pictures_seen=learner.steps_done * generator.recipe.training.batch_size,
        minutes=_minutes(generator.run, learner.steps_done),
        cpu_minutes=json.loads((generator.run / CPU_SECONDS).read_text(encoding="utf-8")) / 60,
        generator_parameters=learner.networks[GENERATOR].count_params(),
        discriminator_parameters=learner.kept["discriminator"].count_params(),
        figures=over_seeds(drawn),
    )


def _minutes(run: Path, steps: int) -> float:
    """Spent in the steps up to a checkpoint, by the run's log."""
    with (run / "logs" / "training.csv").open(newline="", encoding="utf-8") as file:
        lines = [(int(line["step"]), float(line["seconds_a_step"])) for line in csv.DictReader(file)]
    before = (0, *(step for step, _ in lines))
    return sum((step - last) * seconds for (step, seconds), last in zip(lines, before) if step <= steps) / 60
