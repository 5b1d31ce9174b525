"""Every way to repeat rows and columns as RESIZE_NEAREST_NEIGHBOR, in the form that all delegates take.

tf_keras's UpSampling2D becomes a resize with half-pixel centres, which older delegates refuse; Keras 3's becomes
EXPAND_DIMS, TILE and a RESHAPE whose shape is computed; ``tf.repeat`` and broadcasting become others again. For whole
factors all of them are one resize, with or without half-pixel centres.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from litebrush_export.rewrites.graph import Graph, OperatorT
from litebrush_export.rewrites.movement import Moved, NotMovementError, data_input, nearest_places

_BATCH_WHERE_IT_IS_NOT_KNOWN = 2  # 1 would hide that a shape was made for one picture only


def resize_nearest(graph: Graph) -> tuple[str, ...]:
    """Rewrite every chain of operators that enlarges by whole factors and does nothing else.

    Left alone are chains with a result on the way that something else reads, sides that are only known while running,
    and factors at which the interpreter's single precision would pick other places.

    Returns:
        Names of the tensors that are computed differently.
    """
    places = []
    for end in reversed(graph.operators):  # the whole of a chain before its parts
        if not any(each is end for each in graph.operators):
            continue  # it went with a chain
        enlargement = _enlargement(graph, end)
        if enlargement is not None:
            places.append(_resize(graph, end, enlargement))
    return tuple(reversed(places))


@dataclass(frozen=True)
class _Enlargement:
    """What a chain of operators does.

    Attributes:
        source: the tensor that it enlarges.
        result: shape of what comes out; -1 for a batch that is only known while running.
    """

    source: int
    result: tuple[int, int, int, int]


def _enlargement(graph: Graph, end: OperatorT) -> _Enlargement | None:
    """The longest chain before ``end`` that is one."""
    if data_input(graph, end) is None or len(graph.outputs(end)) != 1:
        return None
    (result,) = graph.outputs(end)
    if not graph.is_float(result) or len(graph.shape(result)) != 4:
        return None
    found = [
        enlargement
        for source in _sources(graph, end)
        if (enlargement := _compare(graph, source, result)) is not None and not _is_plain_resize(graph, end, source)
    ]
    return found[-1] if found else None


def _sources(graph: Graph, end: OperatorT) -> Iterator[int]:
    """Tensors that could be what is enlarged, from the nearest on; nothing else reads what is between."""
    operator: OperatorT | None = end
    while operator is not None and (source := data_input(graph, operator)) is not None:
        yield source
        readers = {id(user) for user in graph.users(source) if graph.name(user) != "SHAPE"}
        operator = graph.producer(source) if readers == {id(operator)} and not graph.is_output(source) else None


def _compare(graph: Graph, source: int, result: int) -> _Enlargement | None:
    shape, enlarged = graph.shape(source), graph.shape(result)
    if len(shape) != 4 or min(shape[1:]) < 1 or not graph.is_float(source):
        return None
    if enlarged == shape or any(side > 0 and side % before for side, before in zip(enlarged[1:], shape[1:])):
        return None
    batch, height, width, channels = (_BATCH_WHERE_IT_IS_NOT_KNOWN if shape[0] < 0 else shape[0], *shape[1:])
    places = np.arange(batch * height * width * channels, dtype=np.int32).reshape(batch, height, width, channels)
    try:
        moved = Moved(graph, source, places).values(result)
    except NotMovementError:
        return None
    if moved.ndim != 4 or moved.shape[0] != batch or moved.shape[3] != channels:
        return None
    rows, columns = moved.shape[1:3]
    if rows % height or columns % width or (rows, columns) == (height, width):
        return None
    nearest = places[:, np.arange(rows) // (rows // height)][:, :, np.arange(columns) // (columns // width)]
    picked = places[:, nearest_places(height, rows, False)][:, :, nearest_places(width, columns, False)]
    if not np.array_equal(moved, nearest) or not np.array_equal(picked, nearest):
        return None
    return _Enlargement(source, (shape[0], rows, columns, channels))


def _is_plain_resize(graph: Graph, end: OperatorT, source: int) -> bool:
    """Whether nothing is to be done."""
    if graph.name(end) != "RESIZE_NEAREST_NEIGHBOR" or graph.inputs(end)[0] != source:
        return False
    return not end.builtinOptions.halfPixelCenters


def _resize(graph: Graph, end: OperatorT, enlargement: _Enlargement) -> str:
    (result,) = graph.outputs(end)
    name = graph.tensor_name(result)
    options = schema.ResizeNearestNeighborOptionsT()
    options.alignCorners = options.halfPixelCenters = False
    size = graph.add_constant(np.array(enlargement.result[1:3], np.int32), f"{name}/size")
    resize = graph.make("RESIZE_NEAREST_NEIGHBOR", (enlargement.source, size), (result,), options)
    graph.reshape(result, enlargement.result)
    graph.replace(end, (resize,))
    return name
