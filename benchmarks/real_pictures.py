"""Real pictures to compare generated ones with, and how near other real ones come to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from seed_figures import Figures, seen_by_probe

from litebrush_train.features import FeatureExtractor, Features
from litebrush_train.generation_quality import Reference, describe, measure_features
from litebrush_train.pictures import ImageFolder
from litebrush_train.probe import LinearProbe, fit_probe
from litebrush_train.square_pictures import read_squares


@dataclass(frozen=True)
class Squares:
    """Real pictures, (count, side, side, 3) uint8 RGB, and the class of each, (count,)."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, images: ImageFolder) -> Squares:
        """Both parts: nothing is held out of a folder here."""
        parts = (images.training, images.validation)
        pictures = np.stack([picture for part in parts for picture in part])
        return cls(pictures, np.concatenate([images.labels(part) for part in parts]))

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
class Reality:
    """Real pictures that generators learned from, and others that none has seen.

    Attributes:
        learned_from: the first.
        features: of those, (count, D).
        labels: classes of the others, (M,).
        probe: tells classes, as ``learned_from`` taught it.
        reference: the others as features, with ``labels`` and ``probe``.
    """

    learned_from: Squares
    features: Features
    labels: NDArray[np.int64]
    probe: LinearProbe
    reference: Reference

    @classmethod
    def described(
        cls,
        learned_from: Squares,
        kept_apart: Squares,
        class_count: int,
        extractor: FeatureExtractor,
        fit: Callable[[Features, NDArray[np.int64], int, bool], LinearProbe] = fit_probe,
    ) -> Reality:
        """Describe both sets and fit the probe, by ``fit``.

        Raises:
            FeatureError: the extractor cannot describe these pictures.
        """
        features = extractor(learned_from.pictures)
        probe = fit(features, learned_from.labels, class_count, False)
        reference = describe(kept_apart.pictures, kept_apart.labels, extractor, probe)
        return cls(learned_from, features, kept_apart.labels, probe, reference)

    @property
    def probe_accuracy(self) -> float:
        """Share of the reference's pictures whose class the probe tells, 0 to 1."""
        return self.probe.accuracy(self.reference.features, self.labels)

    def floor(self, seeds: Sequence[int]) -> Figures:
        """Of as many pictures that generators learned from, of the same classes, drawn once a seed."""
        draws = [self.learned_from.with_classes_of(self.labels, seed) for seed in seeds]
        return seen_by_probe(
            [measure_features(self.features[drawn], self.learned_from.labels[drawn], self.reference) for drawn in draws]
        )

    def all_learned_from(self) -> Figures:
        """Of all pictures that generators learned from."""
        return seen_by_probe([measure_features(self.features, self.learned_from.labels, self.reference)])


def read_both(data: Path, reference: Path, side: int, store: Path) -> tuple[ImageFolder, ImageFolder]:
    """The pictures of two folders with the same class folders, as squares.

    Raises:
        ClickException: they have no classes, or others.
        DataError: no such folder, or no pictures in it.
    """
    learned_from, kept_apart = (read_squares((folder,), side, 0.5, store) for folder in (data, reference))
    if not learned_from.classes or learned_from.classes != kept_apart.classes:
        raise click.ClickException("--data and --reference need class folders of the same names")
    return learned_from, kept_apart


def folder_name(folder: Path) -> str:
    """What a folder is called in a text: its last two parts."""
    return "/".join(folder.resolve().parts[-2:])
