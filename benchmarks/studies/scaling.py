"""How time and memory grow: with the picture, with threads, with the number of small pictures."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

import litebrush
from litebrush.apart import call_apart
from litebrush.bench.peak_memory import peak_memory_mb
from litebrush.contract import Precision
from litebrush.interpreters import load_interpreter
from litebrush.loading import open_model
from litebrush.machine import usable_cores
from litebrush.tasks import Task
from litebrush.tensors import Role
from litebrush.threads import MOST_THREADS
from litebrush.tiled_network import TiledNetwork
from litebrush.zoo import ZooModel
from studies.photos import Photos, read_photos
from studies.processor_time import least_processor_ms, processor_ms
from studies.trials import NOISE_LEVEL

MEGAPIXELS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 12.0, 25.0, 50.0, 100.0)
ASPECT = 4 / 3
_SMALL_SIDE, _COUNTS = 64, (1, 2, 4, 8, 16, 32, 64)
_THREADS_ROUNDS, _THREADS_SIDE = 15, 1024


@dataclass(frozen=True)
class SizePoint:
    """A picture of one size, in a process of its own.

    Attributes:
        megapixels: its size.
        processor_s: for it, after a small one to warm up.
        peak_mb: of the process above what Python and the interpreter take; None where the system does not tell.
        read_share: pixels that the tiles read, overlaps and padding included, over those of the picture.
        tiles: how many there are.
    """

    megapixels: float
    processor_s: float
    peak_mb: float | None
    read_share: float
    tiles: int


@dataclass(frozen=True)
class Line:
    """A straight line, ``fixed + slope * size``, fitted so that relative errors are least.

    Attributes:
        fixed, slope: of it.
        largest_error: of a point, as a share of it.
        worst: the size where that is.
    """

    fixed: float
    slope: float
    largest_error: float
    worst: float

    @property
    def half_fixed(self) -> float:
        """The size at which the fixed part is half of all; below it, size hardly counts."""
        return max(0.0, self.fixed / self.slope)


@dataclass(frozen=True)
class ThreadPoint:
    """So many threads: times of the wall clock in turns with one thread, milliseconds and speed-up."""

    threads: int
    p50_ms: float
    speed_up: float


@dataclass(frozen=True)
class CountPoint:
    """So many small pictures, one after the other: processor milliseconds together."""

    count: int
    processor_ms: float


@dataclass(frozen=True)
class Scaling:
    """One file of a model.

    Attributes:
        model, precision: which.
        sizes: by size of the picture.
        time_line, memory_line: through them, seconds and MB a megapixel.
        threads: by number of threads, at :data:`_THREADS_SIDE` pixels a side.
        counts: by number of small pictures.
        count_line: through them, milliseconds a picture.
        overlap: pixels that neighbouring tiles share.
        tile: longest side of a tile.
    """

    model: str
    precision: str
    sizes: tuple[SizePoint, ...]
    time_line: Line
    memory_line: Line | None
    threads: tuple[ThreadPoint, ...]
    counts: tuple[CountPoint, ...]
    count_line: Line
    overlap: int
    tile: int

    @property
    def threads_side(self) -> int:
        """Side of the picture that threads were tried on, in pixels."""
        return _THREADS_SIDE

    @property
    def small_side(self) -> int:
        """Side of the small pictures, in pixels."""
        return _SMALL_SIDE


def study_scaling(model: ZooModel, precision: Precision, photos: Photos, largest_megapixels: float) -> Scaling | None:
    """Measure one file of a model that restores photographs; None for any other."""
    contract = open_model(model.name, precision).contract
    if contract.task is not Task.RESTORE:
        return None
    assert contract.tiling is not None
    sizes = tuple(
        call_apart("measuring a size", measure_size, model.name, precision, megapixels)
        for megapixels in MEGAPIXELS
        if megapixels <= largest_megapixels
    )
    measured = [each.megapixels for each in sizes]
    peaks = [each.peak_mb for each in sizes if each.peak_mb is not None]
    counts = _counts(model.name, precision, photos)
    with litebrush.load(model.name, precision) as loaded:
        tile = loaded.network.tile_limit
    return Scaling(
        model=model.name,
        precision=precision.value,
        sizes=sizes,
        time_line=fit_line(measured, [each.processor_s for each in sizes]),
        memory_line=fit_line(measured, peaks) if len(peaks) == len(sizes) else None,
        threads=_threads(model.name, precision, photos),
        counts=counts,
        count_line=fit_line([each.count for each in counts], [each.processor_ms for each in counts]),
        overlap=contract.tiling.overlap,
        tile=tile,
    )


def measure_size(name: str, precision: Precision, megapixels: float) -> SizePoint:
    """One picture of a size, in this process."""
    load_interpreter()
    before = peak_memory_mb()
    height = round(math.sqrt(megapixels * 1e6 / ASPECT))
    width = round(height * ASPECT)
    loaded = litebrush.load(name, precision)
    level = _noise_level(name, precision)
    picture = np.zeros((height, width, 3), np.uint8)
    stone = read_photos(None).pixels[0]  # laid side by side: anything larger would count as memory
    for top in range(0, height, stone.shape[0]):
        for left in range(0, width, stone.shape[1]):
            place = picture[top : top + stone.shape[0], left : left + stone.shape[1]]
            place[:] = stone[: place.shape[0], : place.shape[1]]
    loaded.restore_pixels(picture[:64, :64], level)
    took_s = processor_ms(partial(loaded.restore_pixels, picture, level)) / 1000
    network: TiledNetwork = loaded.network
    plan = network.plan(height, width)
    read = plan.rows.size * len(plan.rows.spans) * plan.columns.size * len(plan.columns.spans)
    after = peak_memory_mb()
    peak = None if before is None or after is None else after - before
    return SizePoint(height * width / 1e6, took_s, peak, read / (height * width), plan.count)


def fit_line(sizes: Sequence[float], values: Sequence[float]) -> Line:
    """Least relative squares of a fixed part, 0 or more, and a slope."""
    x, y = np.asarray(sizes, np.float64), np.asarray(values, np.float64)
    fixed, slope = np.linalg.lstsq(np.stack([1 / y, x / y], axis=1), np.ones(len(x)), rcond=None)[0]
    if fixed < 0:
        fixed, slope = 0.0, float(np.sum(x / y) / np.sum((x / y) ** 2))
    errors = np.abs((fixed + slope * x) / y - 1)
    return Line(float(fixed), float(slope), float(errors.max()), float(x[errors.argmax()]))


def _noise_level(name: str, precision: Precision) -> float | None:
    signature = open_model(name, precision).contract.signature
    return float(NOISE_LEVEL) if signature.has_input(Role.NOISE_LEVEL) else None


def _threads(name: str, precision: Precision, photos: Photos) -> tuple[ThreadPoint, ...]:
    numbers = [number for number in (1, 2, 3, 4) if number <= min(usable_cores(), MOST_THREADS)]
    picture = photos.paved(_THREADS_SIDE, _THREADS_SIDE)
    level = _noise_level(name, precision)
    loaded = {number: litebrush.load(name, precision, threads=number) for number in numbers}
    times: dict[int, list[float]] = {number: [] for number in numbers}
    for turn in range(_THREADS_ROUNDS + 1):
        for number, model in loaded.items():
            began = time.perf_counter()
            model.restore_pixels(picture, level)
            if turn:
                times[number].append((time.perf_counter() - began) * 1000)
    medians = {number: float(np.median(each)) for number, each in times.items()}
    ratios = {number: float(np.median(np.divide(times[1], each))) for number, each in times.items()}
    return tuple(ThreadPoint(number, medians[number], ratios[number]) for number in numbers)


def _counts(name: str, precision: Precision, photos: Photos) -> tuple[CountPoint, ...]:
    small = photos.paved(_SMALL_SIDE, _SMALL_SIDE)
    level = _noise_level(name, precision)
    loaded = litebrush.load(name, precision)

    def restore(count: int) -> None:
        for _ in range(count):
            loaded.restore_pixels(small, level)

    times = least_processor_ms({str(count): partial(restore, count) for count in _COUNTS}, 3.0)
    return tuple(CountPoint(count, times[str(count)]) for count in _COUNTS)
