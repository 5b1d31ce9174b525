"""Soft thresholds in the form that 8 bits get right: ``relu(x - t) - relu(-1 * x - t)``.

Of ``x - clip(x, -t, t)`` nothing can be left where quantization gives ``x`` the clip's narrow range; ABS, SIGN, NEG,
MINIMUM and comparisons stay in float, and thresholds by channel are refused. The operator is that of Daubechies et al.
2004, "An iterative thresholding algorithm for linear inverse problems with a sparsity constraint"; the two halves are
those of Simon and Elad 2019, "Rethinking the CSC model for natural images".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from litebrush_export.rewrites.graph import Graph, OperatorT

Values = NDArray[Any]

_NONE, _RELU = schema.ActivationFunctionType.NONE, schema.ActivationFunctionType.RELU
_TOLERANCE = 2e-6  # of the value and the threshold: a few roundings of single precision
_MOST_OPERATORS = 12

_FUSED: dict[int, Callable[[Values], Values]] = {
    _NONE: lambda x: x,
    _RELU: lambda x: np.maximum(x, 0),
    schema.ActivationFunctionType.RELU_N1_TO_1: lambda x: np.clip(x, -1, 1),
    schema.ActivationFunctionType.RELU6: lambda x: np.clip(x, 0, 6),
}
_ELEMENTWISE: dict[str, Callable[..., Values]] = {
    "ABS": np.abs,
    "ADD": np.add,
    "DIV": np.divide,
    "GREATER": np.greater,
    "GREATER_EQUAL": np.greater_equal,
    "LESS": np.less,
    "LESS_EQUAL": np.less_equal,
    "MAXIMUM": np.maximum,
    "MINIMUM": np.minimum,
    "MUL": np.multiply,
    "NEG": np.negative,
    "RELU": _FUSED[_RELU],
    "RELU6": _FUSED[schema.ActivationFunctionType.RELU6],
    "RELU_N1_TO_1": _FUSED[schema.ActivationFunctionType.RELU_N1_TO_1],
    "SELECT": np.where,
    "SELECT_V2": np.where,
    "SIGN": np.sign,
    "SUB": np.subtract,
}
_RIGHT_IN_INT8 = {"ADD", "MUL", "RELU", "SUB"}


def split_soft_threshold(graph: Graph) -> tuple[str, ...]:
    """Rewrite every soft threshold of a float32 tensor by positive constants, however it was written.

    What a chain of element-wise operators computes is compared with a soft threshold by each of its constants, at
    values around all of them. Left alone is a chain with a result on the way that something else reads, and one that
    already consists of ADD, MUL, SUB and RELU, which 8 bits get right.

    Returns:
        Names of the tensors that are computed differently.
    """
    places = []
    for end in reversed(graph.operators):
        if not any(each is end for each in graph.operators):
            continue  # it went with another
        for chain in _chains(graph, end):
            threshold = _threshold(graph, chain)
            if threshold is not None:
                places.append(_split(graph, chain, threshold))
                break
    return tuple(reversed(places))


@dataclass(frozen=True)
class _Chain:
    """Element-wise operators from one tensor to one result; nothing else reads what is between.

    Attributes:
        operators: the last one first.
        source: the tensor.
    """

    operators: tuple[OperatorT, ...]
    source: int


def _chains(graph: Graph, end: OperatorT) -> Iterator[_Chain]:
    """All that end in an operator, from the shortest on."""
    order = {id(operator): number for number, operator in enumerate(graph.operators)}
    chain: list[OperatorT] = []
    open_tensors: set[int] = set()
    operator: OperatorT | None = end
    while operator is not None and len(chain) < _MOST_OPERATORS and _is_elementwise(graph, operator):
        chain.append(operator)
        open_tensors -= set(graph.outputs(operator))
        open_tensors |= {tensor for tensor in graph.inputs(operator) if graph.constant(tensor) is None}
        if len(open_tensors) == 1 and not all(_is_right_in_int8(graph, each) for each in chain):
            yield _Chain(tuple(chain), next(iter(open_tensors)))
        producers = [each for tensor in open_tensors if (each := graph.producer(tensor)) is not None]
        operator = max(producers, key=lambda each: order[id(each)], default=None)
        if operator is not None and not _is_read_only_by(graph, operator, chain):
            return


def _is_elementwise(graph: Graph, operator: OperatorT) -> bool:
    return graph.name(operator) in _ELEMENTWISE and _fused(operator) in _FUSED


def _is_right_in_int8(graph: Graph, operator: OperatorT) -> bool:
    return graph.name(operator) in _RIGHT_IN_INT8 and _fused(operator) in (_NONE, _RELU)


def _is_read_only_by(graph: Graph, operator: OperatorT, chain: list[OperatorT]) -> bool:
    known = {id(each) for each in chain}
    return all(
        not graph.is_output(tensor) and all(id(user) in known for user in graph.users(tensor))
        for tensor in graph.outputs(operator)
    )


def _fused(operator: OperatorT) -> int:
    return int(getattr(operator.builtinOptions, "fusedActivationFunction", _NONE))


def _threshold(graph: Graph, chain: _Chain) -> Values | None:
    """By how much the chain shrinks; None where it does something else."""
    (result,) = graph.outputs(chain.operators[0])
    if not graph.is_float(chain.source) or graph.shape(result) != graph.shape(chain.source):
        return None
    found = [graph.constant(tensor) for operator in chain.operators for tensor in graph.inputs(operator)]
    constants = [np.float32(1), *(each for each in found if each is not None)]
    largest = [float(np.max(np.abs(each), initial=0)) for each in constants]
    candidates = [np.abs(each) for each, most in zip(constants, largest) if 0 < most < np.inf]
    shape = np.broadcast_shapes(*(each.shape for each in candidates))
    steps = np.array([*np.linspace(-3, 3, 61), -0.999, 0.999, -1.001, 1.001, -1e3, 1e3], np.float32)
    x = np.concatenate([np.multiply.outer(steps, np.broadcast_to(each, shape)) for each in candidates])
    with np.errstate(all="ignore"):
        computed = _evaluate(graph, chain, x)
    for threshold in candidates:
        shrunk = np.sign(x) * np.maximum(np.abs(x) - threshold, 0)
        if np.all(np.abs(computed - shrunk) <= _TOLERANCE * (np.abs(x) + threshold)):
            return threshold
    return None


def _evaluate(graph: Graph, chain: _Chain, x: Values) -> Values:
    """What comes out, before the activation function that is fused into the last operator."""
    values = {chain.source: x}

    def value(tensor: int) -> Values:
        constant = graph.constant(tensor)
        return values[tensor] if constant is None else constant

    for operator in reversed(chain.operators):
        computed = _ELEMENTWISE[graph.name(operator)](*map(value, graph.inputs(operator)))
        fused = _NONE if operator is chain.operators[0] else _fused(operator)
        values[graph.outputs(operator)[0]] = _FUSED[fused](computed)
    return computed


def _split(graph: Graph, chain: _Chain, threshold: Values) -> str:
    end, source = chain.operators[0], chain.source
    (result,) = graph.outputs(end)
    name, shape = graph.tensor_name(result), graph.shape(source)
    above, negative, below = (graph.add_tensor(shape, f"{name}/{part}") for part in ("above", "negative", "below"))
    by = graph.add_constant(threshold.astype(np.float32), f"{name}/threshold")
    minus_one = graph.add_constant(np.array(-1, np.float32), f"{name}/minus_one")
    halves = (
        graph.make("SUB", (source, by), (above,), _options(schema.SubOptionsT(), _RELU)),
        graph.make("MUL", (source, minus_one), (negative,), _options(schema.MulOptionsT(), _NONE)),
        graph.make("SUB", (negative, by), (below,), _options(schema.SubOptionsT(), _RELU)),
    )
    difference = graph.make("SUB", (above, below), (result,), _options(schema.SubOptionsT(), _fused(end)))
    graph.replace(end, (*halves, difference))
    return name


def _options(options: Any, activation: int) -> Any:
    options.fusedActivationFunction = activation
    return options
