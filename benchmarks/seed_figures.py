"""The figures of generated pictures over several sets of latents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from litebrush_train.generation_quality import GenerationQuality

SEEDS = (1, 2, 3)


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


def over_seeds(qualities: Sequence[GenerationQuality]) -> Figures:
    """The figures of one set of pictures a seed."""
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


def seen_by_probe(qualities: Sequence[GenerationQuality]) -> Figures:
    """The same of pictures whose class the probe was taught."""
    return over_seeds([replace(quality, class_accuracy=None) for quality in qualities])


def deviation(values: Sequence[float]) -> float | None:
    """Standard deviation of a sample; None for a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def with_deviation(value: float, deviation: float | None, factor: float = 1) -> str:
    """Both in words, such as ``181.31 ± 2.40``."""
    mean = f"{factor * value:.2f}"
    return mean if deviation is None else f"{mean} ± {factor * deviation:.2f}"
