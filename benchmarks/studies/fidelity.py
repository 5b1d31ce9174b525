"""What each precision of each shipped model costs and brings: size, time, and what it does to the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from cached_features import CachedFeatures, CachedProbes
from exported_generator import ExportedGenerator
from fidelity_measurement import measure_precisions
from real_pictures import Reality, Squares, read_both
from seed_figures import SEEDS

import litebrush
from litebrush.image import Pixels
from litebrush.loading import open_model
from litebrush.metrics import psnr_db, ssim
from litebrush.tasks import Task
from litebrush.zoo import ZooModel
from litebrush_export.picture_error import measure_error
from studies.photos import Photos
from studies.processor_time import least_processor_ms
from studies.trials import Trial, trial_for

SIDE = 256
_TIMED_SECONDS = 6.0
_DRAWN = 64
_SHEET_SIDE = 4  # pictures of a generator's sheet, in each direction


@dataclass(frozen=True)
class Real:
    """Of a generator: how its pictures compare with real ones.

    Attributes:
        fid: Fréchet distance of MobileNet features; smaller is better.
        class_accuracy: share whose class a probe tells, 0 to 1; None of a generator without classes.
    """

    fid: float
    class_accuracy: float | None


@dataclass(frozen=True)
class PrecisionRow:
    """One file of a model.

    Attributes:
        precision: its arithmetic.
        bytes: its size.
        processor_ms: for one picture.
        speed_up: over float32, in the same run.
        psnr_db, ssim: against the truth, means over the pictures; None where there is no truth.
        same_psnr_db: against what float32 makes of the same input or seed; None for float32 and where nothing differs.
        channel_shifts: mean signed difference from float32 of red, green, blue, in 8-bit levels.
        largest: largest difference from float32, in 8-bit levels.
        real: of a generator, where the user named real pictures.
    """

    precision: str
    bytes: int
    processor_ms: float
    speed_up: float
    psnr_db: float | None
    ssim: float | None
    same_psnr_db: float | None
    channel_shifts: tuple[float, ...]
    largest: int
    real: Real | None = None


@dataclass(frozen=True)
class Picture:
    """A picture for the page: a caption, and (H, W, 3) uint8 pixels."""

    caption: str
    pixels: Pixels


@dataclass(frozen=True)
class ModelFidelity:
    """One model.

    Attributes:
        model: its name.
        summary: what it does.
        condition: what was tried.
        count: on how many pictures.
        side: of the pictures, in pixels.
        degraded_psnr_db: of the input itself; None where there is no truth.
        rows: float32 first.
        pictures: to look at.
    """

    model: str
    summary: str
    condition: str
    count: int
    side: int
    degraded_psnr_db: float | None
    rows: tuple[PrecisionRow, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class RealPictures:
    """Folders with class folders of real pictures, and a network that describes pictures.

    Attributes:
        learned_from: what generators were trained on.
        kept_apart: what none has seen.
        features: a .tflite image classifier.
        store: keeps what was described.
    """

    learned_from: Path
    kept_apart: Path
    features: Path
    store: Path


def study_fidelity(model: ZooModel, photos: Photos, real: RealPictures | None) -> ModelFidelity:
    """Measure all precisions of a shipped model.

    Raises:
        LitebrushError: a file that cannot be run here.
    """
    contract = open_model(model.name, model.precisions[0]).contract
    trial = trial_for(contract)
    if trial is not None:
        return _repairing(model, trial, photos.squares(SIDE))
    if contract.task is Task.DETECT:
        return _detecting(model, photos.squares(SIDE))
    return _drawing(model, real)


def _repairing(model: ZooModel, trial: Trial, squares: Sequence[Pixels]) -> ModelFidelity:
    examples = trial.examples(squares)
    loaded = {each.value: litebrush.load(model.name, each) for each in model.precisions}
    results = {name: np.stack([trial.repair(each, e) for e in examples]) for name, each in loaded.items()}
    truth = np.stack([example.truth for example in examples])
    times = least_processor_ms(
        {name: partial(trial.repair, each, examples[0]) for name, each in loaded.items()}, _TIMED_SECONDS
    )
    shown = examples[min(1, len(examples) - 1)]
    at = min(1, len(examples) - 1)
    pictures = [Picture(f"{trial.condition}, {psnr_db(shown.degraded, shown.truth):.2f} dB", shown.degraded)]
    pictures += [Picture(f"{n}, {psnr_db(each[at], shown.truth):.2f} dB", each[at]) for n, each in results.items()]
    return ModelFidelity(
        model=model.name,
        summary=model.summary,
        condition=trial.condition,
        count=len(examples),
        side=SIDE,
        degraded_psnr_db=_mean_psnr(np.stack([example.degraded for example in examples]), truth),
        rows=_rows(model, results, {name: each / trial.frames for name, each in times.items()}, truth),
        pictures=(*pictures, Picture("the truth", shown.truth)),
    )


def _detecting(model: ZooModel, squares: Sequence[Pixels]) -> ModelFidelity:
    """A mask has no truth on clean photographs; the precisions are held against float32."""
    loaded = {each.value: litebrush.load(model.name, each) for each in model.precisions}
    results = {name: np.stack([each(photo)[..., None] for photo in squares]) for name, each in loaded.items()}
    times = least_processor_ms({name: partial(each, squares[0]) for name, each in loaded.items()}, _TIMED_SECONDS)
    pictures = [Picture("photo", squares[0])]
    pictures += [Picture(name, np.repeat(each[0], 3, axis=2)) for name, each in results.items()]
    return ModelFidelity(
        model.name,
        model.summary,
        "clean photographs",
        len(squares),
        SIDE,
        None,
        _rows(model, results, times, None),
        tuple(pictures),
    )


def _drawing(model: ZooModel, real: RealPictures | None) -> ModelFidelity:
    generators = {each.value: ExportedGenerator(model.path(each)) for each in model.precisions}
    first = next(iter(generators.values()))
    labels = np.arange(_DRAWN) % max(1, len(first.contract.labels))
    results = {name: each.draw(labels, seed=0) for name, each in generators.items()}
    times = least_processor_ms({name: each.draw_once() for name, each in generators.items()}, _TIMED_SECONDS)
    figures = {} if real is None else _against_real(list(generators.values()), real)
    pictures = tuple(Picture(name, _sheet(each)) for name, each in results.items())
    return ModelFidelity(
        model=model.name,
        summary=model.summary,
        condition="the same seeds in each precision",
        count=_DRAWN,
        side=first.side,
        degraded_psnr_db=None,
        rows=_rows(model, results, times, None, figures),
        pictures=pictures,
    )


def _against_real(generators: list[ExportedGenerator], real: RealPictures) -> dict[str, Real]:
    extractor = CachedFeatures(real.features, real.store / "features")
    learned_from, kept_apart = read_both(real.learned_from, real.kept_apart, generators[0].side, real.store)
    sets = Squares.of(learned_from), Squares.of(kept_apart)
    probes = CachedProbes(real.store / "probes")
    reality = Reality.described(*sets, len(learned_from.classes), extractor, probes)
    measured = measure_precisions(generators, reality, SEEDS[:1])
    return {each.precision.value: Real(each.figures.fid, each.figures.class_accuracy) for each in measured}


def _rows(
    model: ZooModel,
    results: dict[str, Any],
    times: dict[str, float],
    truth: Pixels | None,
    figures: dict[str, Real] | None = None,
) -> tuple[PrecisionRow, ...]:
    most_exact = model.precisions[0].value  # float32, where it ships
    rows = []
    for precision in model.precisions:
        name = precision.value
        error = measure_error(results[name], results[most_exact])
        rows.append(
            PrecisionRow(
                precision=name,
                bytes=model.path(precision).stat().st_size,
                processor_ms=times[name],
                speed_up=times[most_exact] / times[name],
                psnr_db=None if truth is None else _mean_psnr(results[name], truth),
                ssim=None if truth is None else float(np.mean([ssim(*pair) for pair in zip(results[name], truth)])),
                same_psnr_db=error.psnr_db if np.isfinite(error.psnr_db) else None,
                channel_shifts=error.channel_shifts,
                largest=error.largest,
                real=(figures or {}).get(name),
            )
        )
    return tuple(rows)


def _mean_psnr(pictures: Pixels, truth: Pixels) -> float:
    return float(np.mean([psnr_db(*pair) for pair in zip(pictures, truth)]))


def _sheet(pictures: Pixels) -> Pixels:
    rows = [np.hstack(pictures[start : start + _SHEET_SIDE]) for start in range(0, _SHEET_SIDE**2, _SHEET_SIDE)]
    return np.vstack(rows)
