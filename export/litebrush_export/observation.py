"""Looking at all that a network computes on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litebrush.encoding import quantize
from litebrush.engine import TensorInfo
from litebrush_export.flatbuffer import read_graphs

Sample = tuple[str, Mapping[str, NDArray[np.float32]]]
OBSERVED_SAMPLES = 4


def observe(
    flatbuffer: bytes, samples: Iterable[Sample], most: int = OBSERVED_SAMPLES
) -> Iterator[tuple[int, dict[int, NDArray[Any]]]]:
    """Run a network and give what each operator made, one sample at a time.

    The interpreter keeps every tensor and runs its own kernels, so this is slow and takes memory.

    Args:
        flatbuffer: the network.
        samples: signature names and float32 inputs by tensor name; they are quantized where the network wants it.
        most: of each signature's samples, so many are run.

    Yields:
        The number of the signature's subgraph, and the computed tensors by their number in it.
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
    for signature, inputs in samples:
        seen[signature] += 1
        if seen[signature] > most:
            continue
        details = runners[signature].get_input_details()
        runners[signature](**{name: _stored(values, details[name]) for name, values in inputs.items()})
        graph = graphs[signature]
        computed = [tensor.index for operator in graph.operators for tensor in operator.outputs if not tensor.constant]
        yield graph.subgraph, {index: interpreter.get_tensor(index, graph.subgraph) for index in computed}


def _stored(values: NDArray[np.float32], details: Mapping[str, Any]) -> NDArray[Any]:
    scale, zero_point = details["quantization"]
    return quantize(values, TensorInfo(values.shape, np.dtype(details["dtype"]), float(scale), int(zero_point)))
