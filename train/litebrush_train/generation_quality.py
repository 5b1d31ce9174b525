"""How good generated pictures are: as realistic as real ones, as varied, and of the class that was asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litebrush_train.distances import diversity, frechet_distance, kernel_distance, relative_diversity
from litebrush_train.features import FeatureExtractor, Pictures
from litebrush_train.probe import LinearProbe

Labels = NDArray[np.integer]


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


def measure(
    generated: Pictures,
    labels: Labels | None,
    reference: Pictures,
    reference_labels: Labels | None,
    extractor: FeatureExtractor,
    probe: LinearProbe | None,
) -> GenerationQuality:
    """Compare generated pictures with real ones.

    Args:
        generated, reference: (N, H, W, 3) uint8 RGB; shown to the extractor at one resolution, so make the reference
            as small as the generator's pictures.
        labels: (N,) the classes that were asked for; None for an unconditional generator.
        reference_labels: (M,) the classes of the real pictures; None for an unconditional generator.
        extractor: where the comparison takes place.
        probe: fitted on features of the same extractor; None for an unconditional generator.

    Raises:
        ValueError: classes are given for one part and not for another, the pictures differ in size, or a set is too
            small to measure.
        FeatureError: the extractor cannot describe these pictures.
    """
    if generated.shape[1:] != reference.shape[1:]:
        raise ValueError(
            f"generated pictures have shape {generated.shape[1:]} and real ones {reference.shape[1:]}; "
            "scale the real ones to the size of the generated ones"
        )
    made, real = extractor(generated), extractor(reference)
    if labels is not None and reference_labels is not None and probe is not None:
        class_accuracy = probe.accuracy(made, labels)
        share_of_diversity = relative_diversity(made, labels, real, reference_labels)
    elif labels is None and reference_labels is None and probe is None:
        class_accuracy = None
        share_of_diversity = diversity(made) / diversity(real)
    else:
        raise ValueError("labels, reference_labels and probe belong together: give all of them, or none")
    return GenerationQuality(
        fid=frechet_distance(made, real),
        kid=kernel_distance(made, real),
        class_accuracy=class_accuracy,
        diversity=share_of_diversity,
        features=extractor.name,
        generated_count=len(generated),
        reference_count=len(reference),
    )
