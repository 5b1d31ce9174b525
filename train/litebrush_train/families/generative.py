"""What the families share that draw pictures: how these compare with the pictures that a run holds out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from litebrush.errors import DataError
from litebrush_train.families.family import Family, RecipeType
from litebrush_train.features import FeatureExtractor, Features
from litebrush_train.generation_quality import Labels, Reference, describe, measure, measure_features
from litebrush_train.learner import Networks
from litebrush_train.pictures import ImageFolder, Pictures
from litebrush_train.probe import LinearProbe, fit_probe

_DESCRIBED_AT_ONCE = 32


class Generative(Family[RecipeType]):
    """A family whose networks draw pictures.

    Class attributes:
        draws_by_class: whether they are asked for the classes of the folder, where it has classes.
    """

    draws_by_class: ClassVar[bool]

    def __init__(self, recipe: RecipeType, extractor: FeatureExtractor | None = None) -> None:
        """Take a recipe; drawn pictures are measured in the features of ``extractor``, or not at all."""
        super().__init__(recipe)
        self._extractor = extractor
        self._reference: Reference | None = None

    @abstractmethod
    def drawn(self, networks: Networks, count: int, labels: Labels | None, images: ImageFolder) -> NDArray[np.uint8]:
        """Pictures that networks make of latents from the run's seed, (count, side, side, 3) uint8 RGB.

        Args:
            networks: of this family.
            count: of pictures.
            labels: (count,) the classes to ask for; None to draw without classes.
            images: whose classes they are.
        """

    def measured(self, images: ImageFolder) -> Callable[[Networks], Mapping[str, float]]:
        """What measures networks: as many drawn pictures as are held out, of the same classes, against those.

        The held-out pictures are described now, and a probe fitted on the training pictures.

        Raises:
            DataError: there are too few pictures to measure against.
            FeatureError: the extractor cannot describe the pictures.
        """
        if self._extractor is None:
            return lambda networks: {}
        if self._reference is None:
            self._reference = _reference(images, self._extractor, self.draws_by_class and bool(images.classes))
        reference = self._reference

        def figures(networks: Networks) -> Mapping[str, float]:
            pictures = self.drawn(networks, len(reference.features), reference.labels, images)
            return measure(pictures, reference.labels, reference).figures

        return figures


def _reference(images: ImageFolder, extractor: FeatureExtractor, by_class: bool) -> Reference:
    held_out = np.stack(list(images.validation))
    try:
        probe = _probe(images, extractor) if by_class else None
        labels = images.labels(images.validation) if by_class else None
        reference = describe(held_out, labels, extractor, probe)
        itself = measure_features(reference.features, labels, reference)
    except ValueError as problem:
        raise DataError(
            f"drawn pictures cannot be measured against the {len(held_out)} held out ({problem}); "
            "give more images, raise run.validation_share, or leave out --features"
        ) from None
    if itself.class_accuracy is not None:
        tqdm.write(f"the probe tells the class of {itself.class_accuracy:.0%} of the {len(held_out)} held-out pictures")
    return reference


def _probe(images: ImageFolder, extractor: FeatureExtractor) -> LinearProbe:
    labels = images.labels(images.training)
    counts = np.bincount(labels, minlength=len(images.classes))
    if counts.min() < 2:
        name = images.classes[int(counts.argmin())]
        raise ValueError(f"class '{name}' has {counts.min()} training pictures; a probe needs 2")
    features = _described(images.training, extractor)
    tqdm.write("fitting a probe to tell the classes of pictures")
    return fit_probe(features, labels, len(images.classes), balanced=False)


def _described(pictures: Pictures, extractor: FeatureExtractor) -> Features:
    parts = []
    with tqdm(total=len(pictures), desc="describing training pictures", unit=" images", leave=False) as bar:
        for first in range(0, len(pictures), _DESCRIBED_AT_ONCE):
            part = np.stack([pictures[n] for n in range(first, min(first + _DESCRIBED_AT_ONCE, len(pictures)))])
            parts.append(extractor(part))
            bar.update(len(part))
    return np.concatenate(parts)
