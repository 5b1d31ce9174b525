"""Which layer of an 8-bit network costs the picture how much.

All operators compute in float on the 8-bit network's weights, and every result is rounded to its 8-bit scale: that is
what the 8-bit network computes. Then one result at a time is left unrounded, or one kernel is given its trained weights
back: what the picture regains is what that layer cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from litebrush_export.bias_correction import kernel_errors
from litebrush_export.editing import EditableModel
from litebrush_export.figures import Figure
from litebrush_export.islands import Place, eight_bit_operators, leave_in_float
from litebrush_export.judge import Judge

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class LayerCost:
    """One operator of an 8-bit network.

    Attributes:
        place: which one.
        operator: such as ``CONV_2D``.
        tensor: name of what it writes.
        shape: of what it writes.
        activations: what the figure regains when its result is not rounded.
        weights: what the figure regains with its trained weights; None where it has none, or where training went on
            after they were rounded.
    """

    place: Place
    operator: str
    tensor: str
    shape: tuple[int, ...]
    activations: float
    weights: float | None

    @property
    def total(self) -> float:
        """Of activations and weights."""
        return self.activations + (self.weights or 0.0)


@dataclass(frozen=True)
class Diagnosis:
    """What rounding to 8 bits costs.

    Attributes:
        figure: what is measured.
        measured_on: the held-out samples, in words.
        float32: figure of the network in float32; infinite where the figure is nearness to float32 itself.
        integer: figure of the 8-bit network.
        simulated: figure of its simulation; the difference to ``integer`` is what the diagnosis does not explain.
        activations_exact: figure with 8-bit weights and nothing else rounded.
        layers: in execution order.
    """

    figure: Figure
    measured_on: str
    float32: float
    integer: float
    simulated: float
    activations_exact: float
    layers: tuple[LayerCost, ...]

    @property
    def costliest(self) -> tuple[LayerCost, ...]:
        """The layers, the costliest first."""
        return tuple(sorted(self.layers, key=lambda layer: -layer.total))


def diagnose(judge: Judge, flatbuffer: bytes, on_progress: Progress = lambda done, total: None) -> Diagnosis:
    """Find out what each layer costs.

    Args:
        judge: of the hand-over.
        flatbuffer: the 8-bit network.
        on_progress: told how many of all layers are done.
    """
    operators = eight_bit_operators(flatbuffer)
    places = frozenset(operators)
    simulated = judge.judge(leave_in_float(flatbuffer, places, places).flatbuffer)
    errors = kernel_errors(flatbuffer, judge.float32) or {}
    model = EditableModel(flatbuffer)
    layers = []
    for done, (place, operator) in enumerate(operators.items(), start=1):
        unrounded = judge.judge(leave_in_float(flatbuffer, places, places - {place}).flatbuffer)
        weights = None
        if place in errors:
            restored = leave_in_float(flatbuffer, places, places, kernel_changes={place: errors[place]})
            weights = judge.judge(restored.flatbuffer) - simulated
        graph = model.graphs[place.graph]
        tensor = graph.tensor(graph.operators[place.operator].outputs[0])
        shape = tuple(int(side) for side in tensor.shape)
        layers.append(LayerCost(place, operator, tensor.name.decode(), shape, unrounded - simulated, weights))
        on_progress(done, len(operators))
    return Diagnosis(
        figure=judge.figure,
        measured_on=judge.measured_on,
        float32=judge.judge_pictures(judge.reference),
        integer=judge.judge(flatbuffer),
        simulated=simulated,
        activations_exact=judge.judge(leave_in_float(flatbuffer, places).flatbuffer),
        layers=tuple(layers),
    )
