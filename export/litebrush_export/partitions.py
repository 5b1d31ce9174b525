"""How the interpreter cuts a graph between a delegate and the CPU."""

from __future__ import annotations

from litebrush.errors import ModelFileError
from litebrush_export.flatbuffer import Graph


def partitions(graph: Graph, taken: frozenset[int]) -> tuple[int, ...]:
    """Sizes of the connected runs of operators that a delegate cuts out of a graph.

    As the interpreter does it: beginning with what is ready, it goes on with one kind of operator, taken or not, for as
    long as any of that kind has all its inputs, and then changes to the other kind.

    Args:
        graph: the graph.
        taken: numbers of the operators that the delegate takes.

    Raises:
        ModelFileError: operators wait for each other's results.
    """
    waiting = [number for number, operator in enumerate(graph.operators) if not operator.folded]
    missing = {tensor.index for number in waiting for tensor in graph.operators[number].outputs}

    def ready(number: int) -> bool:
        return not any(tensor.index in missing for tensor in graph.operators[number].given)

    sizes = []
    while waiting:
        kind = next((number in taken for number in waiting if ready(number)), None)
        if kind is None:
            raise ModelFileError("this .tflite file is damaged: its operators wait for each other")
        size, changed = 0, True
        while changed:
            changed = False
            for number in [number for number in waiting if (number in taken) is kind and ready(number)]:
                missing.difference_update(tensor.index for tensor in graph.operators[number].outputs)
                waiting.remove(number)
                size, changed = size + 1, True
        if kind:
            sizes.append(size)
    return tuple(sizes)
