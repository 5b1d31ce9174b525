"""What operators do that only move values: they are run on numbers of places instead of values.

If the places that come out are those of a nearest-neighbour enlargement, so is whatever computed them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litebrush_export.rewrites.graph import Graph, OperatorT

Values = NDArray[Any]


class NotMovementError(Exception):
    """An operator does more than to move values, or could not be followed."""


def data_input(graph: Graph, operator: OperatorT) -> int | None:
    """The tensor whose values an operator moves; None where it does something else."""
    name = graph.name(operator)
    if name not in MOVING:
        return None
    computed = {tensor for tensor in graph.inputs(operator) if graph.constant(tensor) is None}
    if name in ("CONCATENATION", "PACK", "MUL"):
        return computed.pop() if len(computed) == 1 else None
    return graph.inputs(operator)[0]


@dataclass
class Moved:
    """Follows places from one tensor to others.

    Attributes:
        graph: where.
        source: the tensor that they are counted in.
        places: numbers of the source's values, in its shape.
    """

    graph: Graph
    source: int
    places: Values

    def values(self, tensor: int) -> Values:
        """What a tensor holds: places, or a shape that was computed.

        Raises:
            NotMovementError: it depends on more than the source's places.
        """
        if tensor == self.source:
            return self.places
        constant = self.graph.constant(tensor)
        if constant is not None:
            return constant
        producer = self.graph.producer(tensor)
        name = None if producer is None else self.graph.name(producer)
        if name is None or name not in MOVING:
            raise NotMovementError
        given = [self.values(each) for each in self.graph.inputs(producer)]
        try:
            return MOVING[name](given, producer.builtinOptions)
        except (ValueError, IndexError) as problem:
            raise NotMovementError from problem


def _reshape(given: list[Values], options: Any) -> Values:
    return given[0].reshape(given[1] if len(given) > 1 else options.newShape)


def _expand(given: list[Values], _: Any) -> Values:
    return np.expand_dims(given[0], int(given[1].reshape(())))


def _squeeze(given: list[Values], options: Any) -> Values:
    axes = tuple(int(axis) for axis in options.squeezeDims) if options.squeezeDims is not None else ()
    return np.squeeze(given[0], axes or None)


def _tile(given: list[Values], _: Any) -> Values:
    return np.tile(given[0], given[1])


def _broadcast(given: list[Values], _: Any) -> Values:
    return np.broadcast_to(given[0], tuple(given[1]))


def _gather(given: list[Values], options: Any) -> Values:
    if options.batchDims:
        raise NotMovementError
    return np.take(given[0], given[1], options.axis)


def _concatenate(given: list[Values], options: Any) -> Values:
    _require_no_activation(options)
    return np.concatenate(given, options.axis)


def _pack(given: list[Values], options: Any) -> Values:
    return np.stack(given, options.axis)


def _transpose(given: list[Values], _: Any) -> Values:
    return np.transpose(given[0], given[1])


def _shape(given: list[Values], _: Any) -> Values:
    return np.array(given[0].shape, np.int32)


def _multiply_by_ones(given: list[Values], options: Any) -> Values:
    _require_no_activation(options)
    places, ones = given if given[1].dtype == np.float32 else given[::-1]
    if not np.all(ones == 1):
        raise NotMovementError
    return np.broadcast_to(places, np.broadcast_shapes(places.shape, ones.shape))


def _strided_slice(given: list[Values], options: Any) -> Values:
    values, begins, ends, steps = given
    if options.ellipsisMask or options.newAxisMask or options.offset:
        raise NotMovementError
    parts: list[slice | int] = []
    for axis, (begin, end, step) in enumerate(zip(begins, ends, steps)):
        bit = 1 << axis
        if options.shrinkAxisMask & bit:
            parts.append(int(begin))
        else:
            first = None if options.beginMask & bit else int(begin)
            parts.append(slice(first, None if options.endMask & bit else int(end), int(step)))
    return values[tuple(parts)]


def _resize_nearest(given: list[Values], options: Any) -> Values:
    values, (height, width) = given
    if options.alignCorners:
        raise NotMovementError
    rows = nearest_places(values.shape[1], int(height), options.halfPixelCenters)
    columns = nearest_places(values.shape[2], int(width), options.halfPixelCenters)
    return values[:, rows][:, :, columns]


def nearest_places(side: int, result: int, half_pixel_centers: bool) -> NDArray[np.int64]:
    """Which of ``side`` values each of ``result`` takes, in the interpreter's own single precision."""
    scale = np.float32(side) / np.float32(result)
    centre = np.float32(0.5 if half_pixel_centers else 0)
    places = np.floor((np.arange(result, dtype=np.float32) + centre) * scale).astype(np.int64)
    return np.clip(places, 0, side - 1)


def _require_no_activation(options: Any) -> None:
    if options.fusedActivationFunction:
        raise NotMovementError


MOVING: dict[str, Callable[[list[Values], Any], Values]] = {
    "BROADCAST_TO": _broadcast,
    "CONCATENATION": _concatenate,
    "EXPAND_DIMS": _expand,
    "GATHER": _gather,
    "MUL": _multiply_by_ones,
    "PACK": _pack,
    "RESHAPE": _reshape,
    "RESIZE_NEAREST_NEIGHBOR": _resize_nearest,
    "SHAPE": _shape,
    "SQUEEZE": _squeeze,
    "STRIDED_SLICE": _strided_slice,
    "TILE": _tile,
    "TRANSPOSE": _transpose,
}
