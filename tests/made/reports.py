"""What a report shows, made without a network."""

from __future__ import annotations

from collections import Counter

import numpy as np

from litebrush.contract import ModelContract, Precision
from litebrush.latency import Latency
from litebrush.tasks import Task
from litebrush_export.figures import FIGURES, Pictures
from litebrush_export.parity import Parity
from litebrush_export.picture_error import measure_error
from litebrush_export.report import ReportData, ReportedFile
from litebrush_export.target import TARGETS
from made.contracts import LABELS, make_task_contract
from made.pictures import photo_pixels

_COUNT = 6
_STEPS = {Precision.FLOAT32: 1, Precision.FLOAT16: 1, Precision.DYNAMIC: 4, Precision.INT8: 16}
_SIZES = {Precision.FLOAT32: 400_000, Precision.FLOAT16: 210_000, Precision.DYNAMIC: 130_000, Precision.INT8: 120_000}
_TIMES_MS = {Precision.FLOAT32: 10.0, Precision.FLOAT16: 10.5, Precision.DYNAMIC: 4.0, Precision.INT8: 2.5}


def make_report_data(
    task: Task, contract: ModelContract | None = None, side: int = 64, precisions: tuple[Precision, ...] = ()
) -> ReportData:
    """Of made pictures; coarser precisions have coarser pictures."""
    photos = np.stack([photo_pixels(side, side, seed) for seed in range(_COUNT)])
    reference = np.where(photos[..., :1] > 150, 255, photos[..., :1] // 4).astype(np.uint8)
    if task is not Task.DETECT:
        reference = photos
    truth = None if task is Task.GENERATE else np.clip(reference.astype(int) + 3, 0, 255).astype(np.uint8)
    figure = FIGURES[task]
    return ReportData(
        contract=contract or make_task_contract(task),
        files=tuple(_file(precision, reference, truth, task) for precision in precisions or TARGETS["cpu"].precisions),
        reference=reference,
        given=None if task is Task.GENERATE else photos[:, ::-1],
        given_masks=np.where(photos[..., :1] > 170, 255, 0).astype(np.uint8) if task is Task.INPAINT else None,
        truth=truth,
        frames=3 if task is Task.RESTORE_SEQUENCE else 1,
        names=tuple(LABELS[index % len(LABELS)] for index in range(_COUNT)) if task is Task.GENERATE else (),
        rewrites=(f"{figure.name}: one addition became part of a convolution",),
    )


def _file(precision: Precision, reference: Pictures, truth: Pictures | None, task: Task) -> ReportedFile:
    pictures = reference // _STEPS[precision] * _STEPS[precision]
    figure = FIGURES[task]
    time = _TIMES_MS[precision]
    parity = Parity(
        precision=precision,
        size_bytes=_SIZES[precision],
        measured_on=figure.of,
        figure=figure,
        to_truth=None if truth is None else figure.compute(pictures, truth),
        error=measure_error(pictures, reference),
        float_operators=Counter({"MEAN": 2}),
        latency=Latency.of([time] * 20),
        relative_time=time / _TIMES_MS[Precision.FLOAT32],
    )
    return ReportedFile(f"test-{precision.value}.tflite", parity, pictures)
