"""Operators of an 8-bit network that compute in float, with the rest left as it is.

Where a float operator reads what another one writes, the value between them is not rounded to 8 bits; where an 8-bit
operator is the neighbour, DEQUANTIZE and QUANTIZE stand between. Weights stay those of the 8-bit network.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litebrush_export.editing import EditableGraph, EditableModel, is_quantized, real_values_of

NO_CHANGES: Mapping[Any, NDArray[np.float64]] = MappingProxyType({})
_CONVERSIONS = ("QUANTIZE", "DEQUANTIZE")


@dataclass(frozen=True, order=True)
class Place:
    """One operator of a network: the number of its subgraph, and its own in execution order."""

    graph: int
    operator: int


@dataclass(frozen=True)
class Widened:
    """A network with operators in float.

    Attributes:
        flatbuffer: the network.
        results: number of the float tensor that each of those operators writes.
    """

    flatbuffer: bytes
    results: Mapping[Place, int]


def eight_bit_operators(flatbuffer: bytes) -> dict[Place, str]:
    """The operators that write 8-bit values, by name; those that only convert are not among them."""
    model = EditableModel(flatbuffer)
    found = {}
    for number, graph in enumerate(model.graphs):
        for index, operator in enumerate(graph.operators):
            name = model.operator_name(operator)
            if name not in _CONVERSIONS and is_quantized(graph.tensor(operator.outputs[0])):
                found[Place(number, index)] = name
    return found


def leave_in_float(
    flatbuffer: bytes,
    places: Collection[Place],
    rounded: Collection[Place] = (),
    kernel_changes: Mapping[Place, NDArray[np.float64]] = NO_CHANGES,
) -> Widened:
    """The network with some operators in float.

    Args:
        flatbuffer: an 8-bit network.
        places: the operators, of those that :func:`eight_bit_operators` finds.
        rounded: those among them whose results are rounded to 8 bits all the same. With all operators in float and all
            results rounded, the network computes what the 8-bit one does; with one of them not rounded, it shows what
            the rounding of that one costs.
    """
    model = EditableModel(flatbuffer)
    results: dict[Place, int] = {}
    for number, graph in enumerate(model.graphs):
        wanted = {place.operator for place in places if place.graph == number}
        kept_rounded = {place.operator for place in rounded if place.graph == number}
        changes = {place.operator: each for place, each in kernel_changes.items() if place.graph == number}
        widening = _Widening(model, graph, wanted, kept_rounded, changes)
        results.update({Place(number, operator): index for operator, index in widening.apply().items()})
    return Widened(model.packed(), results)


class _Widening:
    """One subgraph on its way; ``_real`` has the float tensor of each 8-bit one, as far as it is needed."""

    def __init__(
        self,
        model: EditableModel,
        graph: EditableGraph,
        wanted: set[int],
        rounded: set[int],
        changes: Mapping[int, NDArray[np.float64]],
    ) -> None:
        self._model, self._graph = model, graph
        self._wanted, self._rounded, self._changes = wanted, rounded, changes
        self._before = graph.operators
        self._read_by = [{int(index) for index in operator.inputs} for operator in self._before]
        self._real: dict[int, int] = {}
        self._operators: list[Any] = []

    def apply(self) -> dict[int, int]:
        """The numbers of the float tensors that the wanted operators write, by the operators' old numbers."""
        results = {}
        for number, operator in enumerate(self._before):
            if number not in self._wanted:
                self._operators.append(operator)
                continue
            operator.inputs = [self._real_input(int(index)) for index in operator.inputs]
            if number in self._changes:
                operator.inputs[1] = self._changed(operator.inputs[1], self._changes[number])
            stored = [int(index) for index in operator.outputs]
            operator.outputs = [self._twin(index) for index in stored]
            results[number] = operator.outputs[0]
            self._operators.append(operator)
            for index, twin in zip(stored, operator.outputs):
                if number in self._rounded or self._is_read_in_eight_bits(index):
                    self._operators.append(self._graph.new_operator("QUANTIZE", twin, index))
                if number not in self._rounded:
                    self._real[index] = twin
        self._graph.operators = self._operators
        return results

    def _real_input(self, index: int) -> int:
        if index < 0 or not is_quantized(self._graph.tensor(index)):
            return index
        if index not in self._real:
            self._real[index] = self._widened(index)
        return self._real[index]

    def _widened(self, index: int) -> int:
        tensor = self._graph.tensor(index)
        stored = self._model.constant(tensor)
        if stored is not None:
            return self._graph.new_constant(index, _name_of_twin(tensor), real_values_of(tensor, stored))
        twin = self._twin(index)
        self._operators.append(self._graph.new_operator("DEQUANTIZE", index, twin))
        return twin

    def _changed(self, index: int, change: NDArray[np.float64]) -> int:
        values = self._model.constant(self._graph.tensor(index))
        return self._graph.new_constant(index, "changed_kernel", (values + change).astype(np.float32))

    def _twin(self, index: int) -> int:
        return self._graph.new_tensor(index, _name_of_twin(self._graph.tensor(index)), np.float32)

    def _is_read_in_eight_bits(self, index: int) -> bool:
        readers = (number for number, read in enumerate(self._read_by) if index in read)
        return index in self._graph.subgraph.outputs or any(number not in self._wanted for number in readers)


def _name_of_twin(tensor: Any) -> str:
    return f"{tensor.name.decode()}_real"
