"""What a precision does to a generator: to each picture, and to all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import click
import numpy as np
from exported_generator import ExportedGenerator
from numpy.typing import NDArray
from real_pictures import Reality
from seed_figures import Figures, deviation, over_seeds

from litebrush.contract import Precision
from litebrush.latency import time_ratio
from litebrush.metrics import psnr_db
from litebrush_export.picture_error import measure_error
from litebrush_train.generation_quality import GenerationQuality, measure

_TIMED_FOR_SECONDS = 3.0

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class SameSeed:
    """How pictures differ from those that float32 draws from the same latents and labels.

    Attributes:
        psnr_db: mean over the pictures; infinite as soon as one of them is equal.
        worst_psnr_db: of the picture that differs most; infinite where all are equal.
        ssim: mean over the pictures; None where they are smaller than its window.
        channel_shifts: mean signed difference of red, green and blue, in 8-bit levels; above 0 = brighter.
        largest: largest difference of a value, in 8-bit levels.
    """

    psnr_db: float
    worst_psnr_db: float
    ssim: float | None
    channel_shifts: tuple[float, ...]
    largest: int


@dataclass(frozen=True)
class PrecisionFidelity:
    """Of one file of a generator.

    Attributes:
        precision: its arithmetic.
        bytes: its size.
        time_ratio: its time for a picture to that of float32.
        same_seed: its pictures against those of float32.
        figures: its pictures against real ones.
        fid_change: of its Fréchet distance from that of float32 at the same seeds, as a share of the latter.
        fid_change_deviation: standard deviation of that change over the seeds; None where there is one.
    """

    precision: Precision
    bytes: int
    time_ratio: float
    same_seed: SameSeed
    figures: Figures
    fid_change: float
    fid_change_deviation: float | None


@dataclass(frozen=True)
class GeneratorFidelity:
    """All that was measured.

    Attributes:
        name: of the generator.
        training_data: that it learned from, in words.
        recipe: of its training, section by section.
        data, reference: names of the two folders.
        data_count, reference_count: pictures used of each.
        classes: how many.
        asked_for_classes: whether the generator was asked for the reference's labels.
        side: of the pictures, in pixels.
        features, feature_tensor: name for figures, and the tensor that they are computed in.
        processor: that measured.
        int8_dot_product: whether it multiplies and adds 8-bit integers in one instruction; None where it does not tell.
        probe_accuracy: share of the reference's pictures whose class the probe tells.
        precisions: float32 and the others.
        floor: as many real pictures that training saw, against the reference.
    """

    name: str
    training_data: str
    recipe: Mapping[str, Mapping[str, object]]
    data: str
    data_count: int
    reference: str
    reference_count: int
    classes: int
    asked_for_classes: bool
    side: int
    features: str
    feature_tensor: str
    processor: str
    int8_dot_product: bool | None
    probe_accuracy: float
    precisions: tuple[PrecisionFidelity, ...]
    floor: Figures


def measure_precisions(
    generators: Sequence[ExportedGenerator], reality: Reality, seeds: Sequence[int]
) -> tuple[PrecisionFidelity, ...]:
    """Hold files of one generator against its float32 and against real pictures, in the order given.

    Each draws once a seed as many pictures as the reference has, and with its labels.

    Raises:
        ClickException: none of them is float32.
        FeatureError: the extractor cannot describe their pictures.
    """
    float32 = find_float32(generators)
    wanted = [float32.draw(reality.labels, seed) for seed in seeds]
    wanted_fids = [quality.fid for quality in _qualities(float32, wanted, reality)]
    measured = []
    for generator in generators:
        click.echo(f"drawing and describing pictures in {generator.precision.value}")
        drawn = [generator.draw(reality.labels, seed) for seed in seeds]
        qualities = _qualities(generator, drawn, reality)
        changes = [quality.fid / fid - 1 for quality, fid in zip(qualities, wanted_fids)]
        measured.append(
            PrecisionFidelity(
                precision=generator.precision,
                bytes=generator.bytes,
                time_ratio=time_ratio(generator.draw_once(), float32.draw_once(), least_seconds=_TIMED_FOR_SECONDS),
                same_seed=compare(np.concatenate(drawn), np.concatenate(wanted)),
                figures=over_seeds(qualities),
                fid_change=float(np.mean(changes)),
                fid_change_deviation=deviation(changes),
            )
        )
    return tuple(measured)


def find_float32(generators: Sequence[ExportedGenerator]) -> ExportedGenerator:
    """The one that the others are held against.

    Raises:
        ClickException: there is none.
    """
    for generator in generators:
        if generator.precision is Precision.FLOAT32:
            return generator
    raise click.ClickException(
        "none of the files is float32; export it too: litebrush export HANDOVER --precision float32,int8"
    )


def compare(drawn: Pictures, wanted: Pictures) -> SameSeed:
    """Compare pictures with those of float32, (count, side, side, 3) uint8 RGB each."""
    each = [psnr_db(*pair) for pair in zip(drawn, wanted)]
    error = measure_error(drawn, wanted)
    return SameSeed(float(np.mean(each)), min(each), error.ssim, error.channel_shifts, error.largest)


def _qualities(generator: ExportedGenerator, sets: Sequence[Pictures], reality: Reality) -> list[GenerationQuality]:
    if generator.takes_labels:
        return [measure(pictures, reality.labels, reality.reference) for pictures in sets]
    without_classes = replace(reality.reference, labels=None, probe=None)
    return [measure(pictures, None, without_classes) for pictures in sets]
