"""Which rewrites there are, and applying them to a float32 network for a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from litebrush_export.rewrites.graph import Graph, Network
from litebrush_export.rewrites.nearest_upsampling import resize_nearest
from litebrush_export.rewrites.normalization import fold_normalization
from litebrush_export.rewrites.soft_threshold import split_soft_threshold
from litebrush_export.rewrites.transposed_convolution import rearrange_transposed_convolution
from litebrush_export.target import Target
from litebrush_export.targets.operator_table import OperatorTable, load_table


@dataclass(frozen=True)
class Rewrite:
    """One way to say the same with other operators.

    Attributes:
        name: in words.
        produces: names of the operators that it puts in.
        function: changes a graph wherever it can, and gives the names of the tensors that are computed differently.
    """

    name: str
    produces: tuple[str, ...]
    function: Callable[[Graph], tuple[str, ...]]


@dataclass(frozen=True)
class Applied:
    """A rewrite that changed something.

    Attributes:
        name: of the rewrite.
        places: names of the tensors that are computed differently.
    """

    name: str
    places: tuple[str, ...]

    @property
    def summary(self) -> str:
        """In a line."""
        return f"{self.name}: {', '.join(self.places)}"


REWRITES = (
    Rewrite("nearest upsampling", ("RESIZE_NEAREST_NEIGHBOR",), resize_nearest),
    Rewrite("normalization", (), fold_normalization),
    Rewrite("transposed convolution", ("PAD", "CONV_2D", "DEPTH_TO_SPACE", "SLICE"), rearrange_transposed_convolution),
    Rewrite("soft threshold", ("SUB", "MUL"), split_soft_threshold),
)


def rewrite(flatbuffer: bytes, target: Target) -> tuple[bytes, tuple[Applied, ...]]:
    """Apply what helps a target: results are equal but for the rounding of floating point.

    A rewrite is left out where an operator table of the target does not know what it puts in, unless the table knows
    no more of what it replaces. A network of other types than float32 has no places to rewrite.

    Args:
        flatbuffer: a float32 network.
        target: where it should run.

    Returns:
        The rewritten network, or the same object where nothing was changed; and what was done, in the order of
        :data:`REWRITES`.

    Raises:
        ModelFileError: the bytes are not a .tflite flatbuffer.
    """
    tables = tuple(load_table(name) for name in target.tables)
    places: dict[str, tuple[str, ...]] = {}
    if not Network(flatbuffer).can_be_changed:
        return flatbuffer, ()
    before = None
    while before is not flatbuffer:  # one rewrite may make room for another
        before = flatbuffer
        for each in REWRITES:
            flatbuffer, found = _applied(flatbuffer, each, tables)
            places[each.name] = (*places.get(each.name, ()), *found)
    return flatbuffer, tuple(Applied(name, found) for name, found in places.items() if found)


def _applied(flatbuffer: bytes, each: Rewrite, tables: tuple[OperatorTable, ...]) -> tuple[bytes, tuple[str, ...]]:
    network = Network(flatbuffer)
    unknown_before = tuple(_unknown(network, table) for table in tables)
    places = tuple(place for graph in network.graphs for place in each.function(graph))
    if not places:
        return flatbuffer, ()
    for table, before in zip(tables, unknown_before):
        takes_all = all(name in table.operators for name in each.produces)
        if not takes_all and _unknown(network, table) > before:
            return flatbuffer, ()
    return network.packed(), places


def _unknown(network: Network, table: OperatorTable) -> int:
    """How many operators the table has no rule for."""
    names = (graph.name(operator) for graph in network.graphs for operator in graph.operators)
    return sum(name not in table.operators for name in names)
