"""A shipped model beside other methods and other engines, by quality and by time, in one run on the same pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import click
import numpy as np

import litebrush
from litebrush.contract import Precision
from litebrush.errors import LitebrushError
from litebrush.image import Pixels
from litebrush.loading import TASK_CLASSES, open_model
from litebrush.metrics import psnr_db
from litebrush.zoo import ZooModel
from studies.classical import CLASSICAL_PEERS, ClassicalPeer
from studies.engines import ENGINES, foreign_engine
from studies.fidelity import SIDE, Picture
from studies.photos import Photos
from studies.processor_time import least_processor_ms, processor_ms
from studies.trials import Example, Trial, trial_for

OURS, SAME_NETWORK, CLASSICAL = "litebrush", "the same network elsewhere", "without a network"
_TUNED_ON = 2  # pictures
_TIMED_SECONDS = 8.0
_SHOWN = 1


@dataclass(frozen=True)
class Point:
    """One way to repair.

    Attributes:
        name: of the method or engine, with its precision.
        kind: one of three.
        psnr_db: mean over the pictures; of holes, inside them.
        processor_ms: for one picture.
        strength: that its tuning chose; None where there is nothing to tune.
    """

    name: str
    kind: str
    psnr_db: float
    processor_ms: float
    strength: float | None = None


@dataclass(frozen=True)
class PeerStudy:
    """One model among its peers.

    Attributes:
        model: its name.
        condition: what was tried.
        count: on how many pictures, SIDE pixels a side.
        degraded_psnr_db: of the input; None of holes, which have none.
        points: the best first.
        absent: why an engine is not among them, by its name and precision.
        pictures: what some of them make of one picture.
    """

    model: str
    condition: str
    count: int
    degraded_psnr_db: float | None
    points: tuple[Point, ...]
    absent: dict[str, str]
    pictures: tuple[Picture, ...]


Kept = dict[str, list[tuple[Point, list[Pixels]]]]
"""What methods without a network made of the pictures, by the kind of a trial: several models have one kind."""


def study_peers(model: ZooModel, photos: Photos, kept: Kept) -> PeerStudy | None:
    """Compare a shipped model that repairs; None for any other.

    Args:
        model: the model.
        photos: the same for all models of a run.
        kept: what was measured for other models of the run, and afterwards for this one.

    Raises:
        LitebrushError: the model cannot be run here.
    """
    trial = trial_for(open_model(model.name, model.precisions[0]).contract)
    if trial is None:
        return None
    examples = trial.examples(photos.squares(SIDE))
    precisions = [each for each in model.precisions if each in (Precision.FLOAT32, Precision.INT8)]
    loaded: dict[str, Any] = {f"litebrush {each.value}": litebrush.load(model.name, each) for each in precisions}
    elsewhere, absent = _elsewhere(model, precisions) if trial.kind != "video" else ({}, {})
    networks = {**loaded, **elsewhere}
    results = {name: [trial.repair(each, e) for e in examples] for name, each in networks.items()}
    times = least_processor_ms(
        {name: partial(trial.repair, each, examples[0]) for name, each in networks.items()}, _TIMED_SECONDS
    )
    points = [
        Point(name, OURS if name in loaded else SAME_NETWORK, _quality(each, examples), times[name] / trial.frames)
        for name, each in results.items()
    ]
    if trial.kind not in kept:
        kept[trial.kind] = [_measure(peer, examples) for peer in CLASSICAL_PEERS[trial.kind]]
    for point, pictures in kept[trial.kind]:
        points.append(point)
        results[point.name] = pictures
    points.sort(key=lambda point: -point.psnr_db)
    return PeerStudy(
        model=model.name,
        condition=trial.condition,
        count=len(examples),
        degraded_psnr_db=None if trial.kind == "holes" else _quality([e.degraded for e in examples], examples),
        points=tuple(points),
        absent=absent,
        pictures=_pictures(trial, examples, results, [p.name for p in points if p.kind is not SAME_NETWORK]),
    )


def _elsewhere(model: ZooModel, precisions: Sequence[Precision]) -> tuple[dict[str, Any], dict[str, str]]:
    found: dict[str, Any] = {}
    absent = {}
    for engine in ENGINES:
        for precision in precisions:
            name = f"{engine} {precision.value}"
            click.echo(f"    {name}")
            file = open_model(model.name, precision)
            try:
                foreign = foreign_engine(engine, file)
            except LitebrushError as problem:
                absent[name] = str(problem)
                continue
            found[name] = TASK_CLASSES[file.contract.task](file.contract, {file.contract.signature.name: foreign})
    return found, absent


def _measure(peer: ClassicalPeer, examples: Sequence[Example]) -> tuple[Point, list[Pixels]]:
    click.echo(f"    {peer.name}")
    strength = peer.strengths[0]
    if len(peer.strengths) > 1:
        tried = examples[:_TUNED_ON]
        qualities = {each: _quality([peer.repair(e, each) for e in tried], tried) for each in peer.strengths}
        strength = max(qualities, key=lambda each: qualities[each])
    pictures: list[Pixels] = []
    times = [processor_ms(_kept(pictures, partial(peer.repair, example, strength))) for example in examples]
    tuned = strength if len(peer.strengths) > 1 else None
    return Point(peer.name, CLASSICAL, _quality(pictures, examples), min(times), tuned), pictures


def _kept(pictures: list[Pixels], call: Callable[[], Pixels]) -> Callable[[], None]:
    return lambda: pictures.append(call())


def _quality(pictures: Sequence[Pixels], examples: Sequence[Example]) -> float:
    values = []
    for picture, example in zip(pictures, examples):
        where = ... if example.holes is None else example.holes
        values.append(psnr_db(picture[where], example.truth[where]))
    return float(np.mean(values))


def _pictures(
    trial: Trial, examples: Sequence[Example], results: dict[str, list[Pixels]], names: Sequence[str]
) -> tuple[Picture, ...]:
    at = min(_SHOWN, len(examples) - 1)
    example = examples[at]
    shown = [Picture(trial.condition, example.degraded)]
    for name in names:
        picture = results[name][at]
        shown.append(Picture(f"{name}, {_quality([picture], [example]):.2f} dB", picture))
    return (*shown, Picture("the truth", example.truth))
