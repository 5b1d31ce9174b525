"""Activations that 16-bit floating point cannot hold.

A GPU computes in half precision unless it is told not to: what is above 65504 becomes infinite, and the picture black
or white. The ranges are those of the float32 network on samples, so this finds what the samples show and no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litebrush_export.flatbuffer import read_graphs
from litebrush_export.observation import Sample, observe

HALF_MAXIMUM = 65504.0


@dataclass(frozen=True)
class Magnitude:
    """The largest absolute value of an operator's results.

    Attributes:
        operator: its name.
        tensor: what it produces.
        value: over all samples; NaN and infinity count as infinite.
    """

    operator: str
    tensor: str
    value: float


def magnitudes(flatbuffer: bytes, samples: Iterable[Sample]) -> tuple[Magnitude, ...]:
    """Run a float32 network and look at all that it computes on the way.

    Of each signature's samples the first few are run.

    Args:
        flatbuffer: the float32 network.
        samples: signature names and float32 inputs by tensor name.
    """
    names = {
        (graph.subgraph, tensor.index): (operator.name, tensor.name)
        for graph in read_graphs(flatbuffer)
        for operator in graph.operators
        for tensor in operator.outputs
        if tensor.type == "FLOAT32"
    }
    largest: dict[tuple[int, int], Magnitude] = {}
    for graph, computed in observe(flatbuffer, samples):
        for index, values in computed.items():
            value, known = _largest(values), largest.get((graph, index))
            if (graph, index) in names and (known is None or value > known.value):
                largest[graph, index] = Magnitude(*names[graph, index], value)
    return tuple(largest.values())


def _largest(values: NDArray[np.float32]) -> float:
    return float(np.max(np.abs(values), initial=0)) if np.isfinite(values).all() else float("inf")
