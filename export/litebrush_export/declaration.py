"""A contract in the user's words: what the tensors of a network that litebrush did not train mean.

The file is TOML; ``litebrush export SOURCE --print-contract`` writes one to fill in. An example, of a network that
repairs pictures whose values go from -1 to 1::

    name = "my-deblock"
    task = "restore"
    tiling = { halo = 16, alignment = 2, resizable = false }

    [signatures.serving_default.inputs.photo]
    role = "image"
    shape = [1, 256, 256, 3]
    range = [-1, 1]            # black, white

    [signatures.serving_default.outputs.output_0]
    role = "image"
    range = [-1, 1]

"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from litebrush.contract import ModelContract, Provenance, StatePair, Tiling
from litebrush.errors import ContractError, LitebrushError
from litebrush.tasks import Task
from litebrush.tensors import Role, Signature, TensorSpec
from litebrush_export.sources import FoundTensor, Network, Shape

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class DeclaredTensor:
    """What is said of one tensor.

    Attributes:
        role: what it means.
        shape: static shape with batch 1; None takes the source's own.
        range: real values that stand for a stored 0 and a stored 255: of a picture black and white, of a mask a whole
            and a missing or damaged pixel, of a noise level 0 and 255 grey levels. None for other roles.
        highest: largest noise level that the network was trained for, in grey levels.
    """

    role: Role
    shape: Shape | None
    range: tuple[float, float] | None
    highest: float | None


@dataclass(frozen=True)
class DeclaredSignature:
    """What is said of one signature; tensors by their names in the source."""

    inputs: Mapping[str, DeclaredTensor]
    outputs: Mapping[str, DeclaredTensor]


@dataclass(frozen=True)
class Declaration:
    """A contract before the network has been looked at; fields as in :class:`litebrush.contract.ModelContract`.

    Attributes:
        path: the file that was read, for messages.
        signatures: by their names in the source.
        states: output that becomes the next input, by the input's name.
    """

    path: Path
    name: str
    task: Task
    signatures: Mapping[str, DeclaredSignature]
    tiling: Tiling | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    training_data: str = ""
    licence: str = ""

    def contract(self, network: Network) -> ModelContract:
        """The contract of a network, output shapes found by running it once.

        Raises:
            ContractError: the network has other tensors, or cannot keep what is declared.
        """
        try:
            return ModelContract(
                name=self.name,
                task=self.task,
                signatures=tuple(self._signature(name, network) for name in self.signatures),
                tiling=self.tiling,
                states=tuple(StatePair(taken, given) for taken, given in self.states.items()),
                labels=self.labels,
                provenance=Provenance(training_data=self.training_data, licence=self.licence),
            )
        except LitebrushError as problem:
            raise ContractError(f"'{self.path}': {problem}") from None

    def _signature(self, name: str, network: Network) -> Signature:
        found = next((each for each in network.signatures if each.name == name), None)
        if found is None:
            known = ", ".join(each.name for each in network.signatures)
            raise ContractError(f"the network has no signature '{name}'; it has {known}")
        declared = self.signatures[name]
        _require_names(f"inputs of '{name}'", declared.inputs, found.inputs, all_of_them=True)
        _require_names(f"outputs of '{name}'", declared.outputs, found.outputs, all_of_them=False)
        tensors = {tensor.name: tensor for tensor in found.inputs}
        inputs = tuple(_input_spec(tensors[each], said) for each, said in declared.inputs.items())
        outputs = network.run(name, {spec.name: np.zeros(spec.shape, np.float32) for spec in inputs})
        return Signature(
            name, inputs, tuple(_spec(each, outputs[each].shape, said) for each, said in declared.outputs.items())
        )


def read_declaration(path: Path) -> Declaration:
    """Read a contract file.

    Raises:
        ContractError: not TOML, or something in it is missing, unknown or of the wrong kind.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ContractError(f"'{path}' is not a TOML file: {problem}") from None
    except OSError as problem:
        raise ContractError(f"cannot read the contract '{path}': {problem.strerror}") from None
    try:
        return _declaration(path, document)
    except ContractError as problem:
        raise ContractError(f"'{path}': {problem}; 'litebrush export SOURCE --print-contract' shows the form") from None


def _declaration(path: Path, document: Mapping[str, Any]) -> Declaration:
    texts = {key: document.get(key, "") for key in ("name", "training_data", "licence")}
    for key, text in texts.items():
        _require(isinstance(text, str), f"{key} is not a text")
    _require_known("the contract", document, {*texts, "task", "tiling", "states", "labels", "signatures"})
    _require(bool(texts["name"]), "it lacks a name")
    signatures = _table("signatures", document.get("signatures"))
    labels = document.get("labels", [])
    _require(isinstance(labels, list) and all(isinstance(label, str) for label in labels), "labels is no list of texts")
    return Declaration(
        path=path,
        **texts,
        task=_member(Task, "task", document.get("task")),
        signatures={name: _declared_signature(name, said) for name, said in signatures.items()},
        tiling=_tiling(document["tiling"]) if "tiling" in document else None,
        states=_table("states", document.get("states", {})),
        labels=tuple(labels),
    )


def _declared_signature(name: str, said: Any) -> DeclaredSignature:
    table = _table(f"signatures.{name}", said)
    _require_known(f"signatures.{name}", table, {"inputs", "outputs"})
    return DeclaredSignature(*(_declared_tensors(name, side, table.get(side)) for side in ("inputs", "outputs")))


def _declared_tensors(signature: str, side: str, said: Any) -> dict[str, DeclaredTensor]:
    where = f"signatures.{signature}.{side}"
    return {name: _declared_tensor(f"{where}.{name}", each) for name, each in _table(where, said).items()}


def _declared_tensor(where: str, said: Any) -> DeclaredTensor:
    table = _table(where, said)
    _require_known(where, table, {"role", "shape", "range", "highest"})
    role = _member(Role, f"{where}.role", table.get("role"))
    _require(not role.has_bytes or "range" in table, f"{where} lacks a range, such as range = [0, 1]")
    shape = _numbers(f"{where}.shape", table["shape"], int) if "shape" in table else None
    span = _numbers(f"{where}.range", table["range"], float, count=2) if "range" in table else None
    highest = table.get("highest")
    _require(highest is None or _is_number(highest), f"{where}.highest is not a number")
    return DeclaredTensor(role, shape, None if span is None else (span[0], span[1]), highest)


def _tiling(said: Any) -> Tiling:
    table = _table("tiling", said)
    _require_known("tiling", table, {"halo", "alignment", "resizable"})
    _require(type(table.get("halo")) is int, "tiling.halo must be given in whole pixels")
    alignment, resizable = table.get("alignment", 1), table.get("resizable", False)
    _require(type(alignment) is int, "tiling.alignment is not a whole number of pixels")
    return Tiling(table["halo"], alignment, resizable)


def _input_spec(tensor: FoundTensor, declared: DeclaredTensor) -> TensorSpec:
    _require(
        tensor.dtype == "float32",
        f"input '{tensor.name}' is of {tensor.dtype}; the network to export must take float32",
    )
    shape: tuple[int | None, ...] = declared.shape or (1, *tensor.shape[1:])
    fits = len(shape) == len(tensor.shape) and all(own in (None, side) for own, side in zip(tensor.shape, shape))
    _require(fits, f"input '{tensor.name}' is declared as {list(shape)}, the network's is {tensor.written_shape}")
    known = tuple(side for side in shape if side is not None)
    _require(
        len(known) == len(shape),
        f"the shape of input '{tensor.name}' is {tensor.written_shape}; declare all of it, such as "
        f"shape = {[256 if side is None else side for side in shape]}",
    )
    return _spec(tensor.name, known, declared)


def _spec(name: str, shape: Shape, declared: DeclaredTensor) -> TensorSpec:
    minimum, maximum = declared.range or (0.0, 1.0)
    highest = 255.0 if declared.highest is None else float(declared.highest)
    _require(
        declared.shape in (None, tuple(shape)), f"'{name}' is declared as {declared.shape}, the network gives {shape}"
    )
    return TensorSpec(name, declared.role, tuple(shape), minimum, maximum, highest)


def _require_names(
    which: str, declared: Mapping[str, DeclaredTensor], found: tuple[FoundTensor, ...], all_of_them: bool
) -> None:
    names = [tensor.name for tensor in found]
    unknown = sorted(declared.keys() - set(names))
    missing = [name for name in names if name not in declared] if all_of_them else []
    _require(not unknown, f"{which}: there is no '{', '.join(unknown)}'; the network has {', '.join(names)}")
    _require(not missing, f"{which}: nothing is said of '{', '.join(missing)}'")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ContractError(message)


def _require_known(where: str, table: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(table.keys() - known)
    _require(not unknown, f"{where} has no '{', '.join(unknown)}'; there is {', '.join(sorted(known))}")


def _table(where: str, said: Any) -> Mapping[str, Any]:
    if not isinstance(said, dict):
        raise ContractError(f"it lacks the table '{where}'" if said is None else f"'{where}' is not a table")
    return said


def _member(kind: type[Any], where: str, said: Any) -> Any:
    values = [member.value for member in kind]
    _require(said in values, f"{where} is {said!r}; it must be one of {', '.join(values)}")
    return kind(said)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numbers(where: str, said: Any, kind: type[Any], count: int | None = None) -> tuple[Any, ...]:
    right = isinstance(said, list) and all(_is_number(value) and kind(value) == value for value in said)
    _require(right and count in (None, len(said)), f"{where} is {said!r}, not a list of {count or 'whole'} numbers")
    return tuple(kind(value) for value in said)


def declared_shapes(contract: ModelContract) -> dict[str, dict[str, Shape]]:
    """The input shapes of a contract by signature and tensor."""
    return {each.name: {spec.name: spec.shape for spec in each.inputs} for each in contract.signatures}
