"""What calibration leaves undone: narrower ranges and corrected biases, kept where they bring the network nearer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import ModelContract
from litebrush_export.bias_correction import correct_biases
from litebrush_export.observation import Sample
from litebrush_export.ranges import narrow_ranges
from litebrush_export.trial import run_real

_COMPARED_SAMPLES = 8


@dataclass(frozen=True)
class Refined:
    """A calibrated 8-bit network.

    Attributes:
        flatbuffer: the network.
        means: what was changed: ``narrowed``, ``corrected biases``, both or nothing.
    """

    flatbuffer: bytes
    means: tuple[str, ...]


def refine(flatbuffer: bytes, float32: bytes, contract: ModelContract, samples: Iterable[Sample]) -> Refined:
    """The nearest to float32 of a calibrated network and its refined forms, on samples of the representative dataset.

    Speed and size stay: only scales and biases change.

    Args:
        flatbuffer: an 8-bit network with calibrated ranges.
        float32: what it was made from.
        contract: of both.
        samples: representative dataset: signature names and float32 inputs by tensor name.
    """
    dataset = tuple(samples)
    ranged = [Refined(flatbuffer, ()), Refined(narrow_ranges(flatbuffer, dataset), ("narrowed",))]
    corrected = [
        Refined(correct_biases(each.flatbuffer, float32, dataset), (*each.means, "corrected biases")) for each in ranged
    ]
    compared = dataset[:: max(1, len(dataset) // _COMPARED_SAMPLES)]
    wanted = run_real(contract, float32, compared)
    return min((*ranged, *corrected), key=lambda each: _distance(run_real(contract, each.flatbuffer, compared), wanted))


def _distance(found: list[NDArray[np.float32]], wanted: list[NDArray[np.float32]]) -> float:
    """Squared error of all outputs, each as a share of its own variance."""
    shares = [
        float(np.mean(np.square(one - other, dtype=np.float64))) / (float(np.var(other, dtype=np.float64)) + 1e-12)
        for one, other in zip(found, wanted)
    ]
    return float(np.mean(shares))
