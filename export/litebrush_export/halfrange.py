"""Activations that 16-bit floating point cannot hold.

A GPU computes in half precision unless it is told not to: what is above 65504 becomes infinite, and the picture black
or white. The ranges are those of the float32 network on samples, so this finds what the samples show and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litebrush_export.flatbuffer import read_graphs

HALF_MAXIMUM = 65504.0
_SAMPLES = 4

Sample = tuple[str, Mapping[str, NDArray[np.float32]]]


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

    The interpreter keeps every tensor and runs its own kernels, so this is slow and takes memory: of each signature's
    samples the first four are run.

    Args:
        flatbuffer: the float32 network.
        samples: signature names and float32 inputs by tensor name.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=flatbuffer,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    graphs = {graph.signature: graph for graph in read_graphs(flatbuffer)}
    runners = {name: interpreter.get_signature_runner(name) for name in graphs if name}
    seen = dict.fromkeys(graphs, 0)
    largest: dict[tuple[str, int], Magnitude] = {}
    for signature, inputs in samples:
        seen[signature] += 1
        if seen[signature] > _SAMPLES:
            continue
        runners[signature](**inputs)
        for operator in graphs[signature].operators:
            for tensor in operator.outputs:
                if tensor.type != "FLOAT32" or tensor.constant:
                    continue
                values = interpreter.get_tensor(tensor.index, graphs[signature].subgraph)
                value = _largest(values)
                known = largest.get((signature, tensor.index))
                if known is None or value > known.value:
                    largest[signature, tensor.index] = Magnitude(operator.name, tensor.name, value)
    return tuple(largest.values())


def _largest(values: NDArray[np.float32]) -> float:
    return float(np.max(np.abs(values), initial=0)) if np.isfinite(values).all() else float("inf")
