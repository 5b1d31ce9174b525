"""How good generated pictures are: as realistic as real ones, as varied, and of the class that was asked for.

reference = describe(pictures, labels, extractor, probe)
measure(generated, labels, reference).figures  # {"MobileNet-FID": 61.2, "MobileNet-KID": ..., ...}

"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litebrush_train.distances import diversity, frechet_distance, kernel_distance, relative_diversity
from litebrush_train.features import FeatureExtractor, Features, Pictures
from litebrush_train.probe import LinearProbe

Labels = NDArray[np.integer]


@dataclass(frozen=True)
class Reference:
    """Real pictures as features, for generated ones to be compared with.

    Attributes:
        extractor: where the comparison takes place.
        shape: (H, W, 3) of the pictures.
        features: (M, D) of the pictures.
        labels: (M,) their classes; None for an unconditional generator.
        probe: fitted on features of the same extractor; None for an unconditional generator.
    """

    extractor: FeatureExtractor
    shape: tuple[int, ...]
    features: Features
    labels: Labels | None
    probe: LinearProbe | None


@dataclass(frozen=True)
class GenerationQuality:
    """Figures for a set of generated pictures against a set of real ones.

    They compare only with figures of the same feature extractor, reference and counts.

    Attributes:
        fid: Fréchet distance of the features; lower is better.
        kid: kernel distance of the features; lower is better.
        class_accuracy: share of pictures that a probe takes for the class asked for, 0 to 1; None without classes.
        diversity: mean distance between two pictures (of a class, if there are classes) as a share of the real ones'.
        features: name of the feature extractor.
        generated_count, reference_count: pictures compared.
    """

    fid: float
    kid: float
    class_accuracy: float | None
    diversity: float
    features: str
    generated_count: int
    reference_count: int

    @property
    def fid_name(self) -> str:
        """What to call the Fréchet distance, such as ``MobileNet-FID``."""
        return f"{self.features}-FID"

    @property
    def kid_name(self) -> str:
        """What to call the kernel distance, such as ``MobileNet-KID``."""
        return f"{self.features}-KID"

    @property
    def figures(self) -> Mapping[str, float]:
        """By name, for a log; without classes there is no ``class_accuracy``."""
        of_classes = {} if self.class_accuracy is None else {"class_accuracy": self.class_accuracy}
        return {self.fid_name: self.fid, self.kid_name: self.kid, **of_classes, "diversity": self.diversity}


def describe(
    pictures: Pictures, labels: Labels | None, extractor: FeatureExtractor, probe: LinearProbe | None
) -> Reference:
    """Make real pictures the reference of generated ones.

    Args:
        pictures: (M, H, W, 3) uint8 RGB, as small as the generator's: an extractor sees a small picture as a blurred
            one.
        labels: (M,) their classes; None for an unconditional generator.
        extractor: where the comparison takes place.
        probe: fitted on features of the same extractor; None for an unconditional generator.

    Raises:
        FeatureError: the extractor cannot describe these pictures.
    """
    return Reference(extractor, pictures.shape[1:], extractor(pictures), labels, probe)


def measure(generated: Pictures, labels: Labels | None, reference: Reference) -> GenerationQuality:
    """Compare generated pictures with real ones.

    Args:
        generated: (N, H, W, 3) uint8 RGB.
        labels: (N,) the classes that were asked for; None for an unconditional generator.
        reference: the real ones.

    Raises:
        ValueError: the pictures differ in size, or as :func:`measure_features` does.
        FeatureError: the extractor cannot describe these pictures.
    """
    if generated.shape[1:] != reference.shape:
        raise ValueError(
            f"generated pictures have shape {generated.shape[1:]} and real ones {reference.shape}; "
            "scale the real ones to the size of the generated ones"
        )
    return measure_features(reference.extractor(generated), labels, reference)


def measure_features(features: Features, labels: Labels | None, reference: Reference) -> GenerationQuality:
    """The same for pictures whose features, (N, D), are known.

    Raises:
        ValueError: classes are given for one part and not for another, a set is too small to measure, or the real
            pictures are all alike.
    """
    return GenerationQuality(
        fid=frechet_distance(features, reference.features),
        kid=kernel_distance(features, reference.features),
        class_accuracy=_class_accuracy(features, labels, reference),
        diversity=_share_of_diversity(features, labels, reference),
        features=reference.extractor.name,
        generated_count=len(features),
        reference_count=len(reference.features),
    )


def _class_accuracy(features: Features, labels: Labels | None, reference: Reference) -> float | None:
    given = [part is not None for part in (labels, reference.labels, reference.probe)]
    if any(given) and not all(given):
        raise ValueError("labels, reference labels and probe belong together: give all of them, or none")
    return None if labels is None or reference.probe is None else reference.probe.accuracy(features, labels)


def _share_of_diversity(features: Features, labels: Labels | None, reference: Reference) -> float:
    if labels is not None and reference.labels is not None:
        return relative_diversity(features, labels, reference.features, reference.labels)
    real_diversity = diversity(reference.features)
    if real_diversity == 0:
        raise ValueError("the real pictures are all alike; diversity has nothing to compare with")
    return diversity(features) / real_diversity
