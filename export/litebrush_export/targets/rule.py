"""The vocabulary of the operator tables: what a delegate demands of one operator.

A rule holds where all that it says holds. What it does not say is not restricted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from litebrush_export.flatbuffer import Operator, Tensor


@dataclass(frozen=True)
class Complaint:
    """What is wrong with an operator, and what to change.

    Attributes:
        reason: in words.
        remedy: in words; empty where only another operator helps.
    """

    reason: str
    remedy: str = ""


@dataclass(frozen=True)
class Rule:
    """Demands on one operator. Activations are the tensors that are computed while running.

    Attributes:
        api: lowest Android API level.
        types: of all activations.
        weights: types of the second input where it is in the file.
        ranks: of all activations.
        static: no activation has a side that is only known while running.
        batch_one: activations of four axes have 1 as the first.
        constant: numbers of the inputs that must be in the file, where they are present.
        inputs: fewest and most inputs that are present.
        outputs: most outputs.
        fused: activation functions that may be fused into it.
        options: allowed values by the schema's names.
        ones: numbers of the inputs that hold nothing but ones, such as strides.
        axes: axes that the second input may name, counted from the front.
        version: highest version of the operator.
        per_channel: inputs may have one scale for each channel.
        square: width and height of the first output are equal.
    """

    api: int = 0
    types: tuple[str, ...] | None = None
    weights: tuple[str, ...] | None = None
    ranks: tuple[int, ...] | None = None
    static: bool = True
    batch_one: bool = False
    constant: tuple[int, ...] = ()
    inputs: tuple[int, int] | None = None
    outputs: int | None = None
    fused: tuple[str, ...] | None = None
    options: Mapping[str, tuple[float, ...]] | None = None
    ones: tuple[int, ...] = ()
    axes: tuple[int, ...] | None = None
    version: int | None = None
    per_channel: bool = True
    square: bool = False

    def complaints(self, operator: Operator) -> tuple[Complaint, ...]:
        """All that stands against an operator; empty where the rule holds. The API level is not looked at."""
        return tuple(complaint for check in _CHECKS for complaint in check(self, operator))


def _shown(tensor: Tensor) -> str:
    return f"{tensor.type} {'x'.join(map(str, tensor.shape)) or 'scalar'}"


def _types(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    if rule.types is None:
        return
    wrong = [tensor.type for tensor in operator.activations if tensor.type not in rule.types]
    if wrong:
        taken = ", ".join(rule.types)
        integers_only = not {"FLOAT32", "FLOAT16"} & set(rule.types)
        remedy = "export it with --precision int8" if integers_only else f"let it compute in {taken}"
        yield Complaint(f"{', '.join(dict.fromkeys(wrong))}, not {taken}", remedy)


def _weights(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    second = operator.inputs[1] if len(operator.inputs) > 1 else None
    if rule.weights is not None and second is not None and second.constant and second.type not in rule.weights:
        yield Complaint(
            f"{second.type} weights with {operator.outputs[0].type} activations",
            "export float32, float16 or int8 instead of dynamic",
        )


def _ranks(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    wrong = [
        tensor for tensor in operator.activations if rule.ranks is not None and len(tensor.shape) not in rule.ranks
    ]
    if wrong and rule.ranks is not None:
        yield Complaint(
            f"{len(wrong[0].shape)} axes ({_shown(wrong[0])}), not {' or '.join(map(str, rule.ranks))}",
            "reshape to (batch, height, width, channels): fold the other axes into height or channels",
        )


def _static(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    wrong = [tensor for tensor in operator.activations if rule.static and tensor.dynamic]
    if wrong:
        yield Complaint(
            f"dynamic shape of '{wrong[0].name}'", "give the signature static shapes and batch 1 before conversion"
        )


def _batch_one(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    wrong = [tensor for tensor in operator.activations if len(tensor.shape) == 4 and tensor.shape[0] != 1]
    if rule.batch_one and wrong:
        yield Complaint(f"batch of {wrong[0].shape[0]}", "export with batch 1 and call the network more than once")


def _constant(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    for number in rule.constant:
        tensor = operator.inputs[number] if number < len(operator.inputs) else None
        if tensor is not None and not tensor.constant:
            yield Complaint(
                f"input {number} ('{tensor.name}') is computed while running", "make it a constant of the network"
            )


def _counts(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    given = len(operator.given)
    if rule.inputs is not None and not rule.inputs[0] <= given <= rule.inputs[1]:
        fewest, most = rule.inputs
        if given < fewest:
            yield Complaint(f"{given} inputs, it needs {fewest}", "give the layer a bias")
        else:
            yield Complaint(f"{given} inputs, at most {most}", "split it into several of fewer inputs")
    if rule.outputs is not None and len(operator.outputs) > rule.outputs:
        yield Complaint(f"{len(operator.outputs)} outputs, at most {rule.outputs}", "split it into several steps")


def _fused(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    if rule.fused is not None and operator.activation not in (*rule.fused, "NONE"):
        taken = ", ".join(rule.fused) or "none"
        yield Complaint(f"fused {operator.activation} (it takes {taken})", "use another activation function after it")


def _options(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    found = dict(operator.options)
    for name, taken in (rule.options or {}).items():
        if found.get(name, taken[0]) not in taken:
            allowed = " or ".join(f"{value:g}" for value in taken)
            yield Complaint(f"{name} is {found[name]:g}, not {allowed}", f"build the layer with {name} = {allowed}")


def _ones(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    for number in rule.ones:
        tensor = operator.inputs[number] if number < len(operator.inputs) else None
        if tensor is not None and set(tensor.integers or ()) - {1}:
            yield Complaint(f"steps of {tensor.integers}, not 1", "take every element, and pool or stride in the layer")


def _axes(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    named = operator.inputs[1].integers if len(operator.inputs) > 1 and operator.inputs[1] is not None else None
    if rule.axes is None or named is None or operator.inputs[0] is None:
        return
    rank = len(operator.inputs[0].shape)
    wrong = sorted({axis % rank for axis in named} - set(rule.axes))
    if wrong:
        yield Complaint(
            f"works on axis {', '.join(map(str, wrong))}", f"use axes {', '.join(map(str, rule.axes))} only"
        )


def _version(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    if rule.version is not None and operator.version > rule.version:
        hybrid = {tensor.type for tensor in operator.given if tensor.constant} & {"INT8", "UINT8", "INT4"}
        floating = any(tensor.type == "FLOAT32" for tensor in operator.activations)
        yield Complaint(
            f"version {operator.version} of the operator, at most {rule.version}"
            + (" (float activations with 8-bit weights)" if hybrid and floating else ""),
            "export float16 or int8 instead of dynamic" if hybrid and floating else "",
        )


def _per_channel(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    if not rule.per_channel and any(tensor.per_channel for tensor in operator.given):
        yield Complaint("one scale for each channel", "quantize per tensor, or use float32")


def _square(rule: Rule, operator: Operator) -> Iterator[Complaint]:
    shape = operator.outputs[0].shape if operator.outputs else ()
    if rule.square and len(shape) == 4 and shape[1] != shape[2]:
        yield Complaint(f"{shape[1]}x{shape[2]} is not square", "resize to equal width and height")


_CHECKS: tuple[Callable[[Rule, Operator], Iterator[Complaint]], ...] = (
    _static, _types, _weights, _ranks, _batch_one, _constant, _counts, _fused, _options, _ones, _axes, _version,
    _per_channel, _square,
)  # fmt: skip


def rule_from(document: Mapping[str, Any]) -> Rule:
    """A rule from its JSON object.

    Raises:
        TypeError: a word that is not in the vocabulary.
    """
    tuples = {key: tuple(value) if isinstance(value, list) else value for key, value in document.items()}
    if "options" in document:
        tuples["options"] = {name: tuple(map(float, taken)) for name, taken in document["options"].items()}
    return Rule(**tuples)
