"""What a model promises: its task, its tensors, how it tiles, how precise it is, where it comes from.

A contract travels inside the model's file as ``litebrush.json``. Everything the runtime needs to know
about a network, and everything a person wants to know about it, is here and nowhere else.
"""

from __future__ import annotations

import dataclasses
import json
import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from litebrush.errors import ContractError
from litebrush.records import parse_object, record
from litebrush.tasks import Task, require_signatures
from litebrush.tensors import Role, Signature, TensorSpec, require

FORMAT_VERSION = 2


class Precision(str, Enum):
    """Arithmetic of a model file.

    FLOAT32:  float weights and activations.
    FLOAT16:  half-precision weights, computed in float32 on a CPU and in half precision on most GPUs.
    DYNAMIC:  8-bit weights, float32 inputs and outputs, activations quantized while running.
    INT8:     8-bit weights and activations, 8-bit inputs and outputs.
    INT16X8:  8-bit weights, 16-bit activations, 16-bit inputs and outputs; no fast kernels on most CPUs.
    MIXED:    as INT8, with those operators in float that a budget of picture quality needs.
    """

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    DYNAMIC = "dynamic"
    INT8 = "int8"
    INT16X8 = "int16x8"
    MIXED = "mixed"


@dataclass(frozen=True)
class Tiling:
    """How a picture of any size is cut so that the tiles' results meet without a seam.

    Attributes:
        halo: radius of the receptive field in pixels; a result nearer than this to a cut is not used.
        alignment: tiles begin at and measure multiples of this many pixels.
        resizable: on a CPU the network's height and width may be changed before it runs.
    """

    halo: int
    alignment: int
    resizable: bool

    def __post_init__(self) -> None:
        require(self.halo >= 0, f"a halo of {self.halo} pixels is not possible")
        require(self.alignment >= 1, f"an alignment of {self.alignment} pixels is not possible")
        require(isinstance(self.resizable, bool), f"resizable is {self.resizable!r}, not true or false")

    @property
    def overlap(self) -> int:
        """Pixels that two neighbouring tiles share: two halos, rounded up to the alignment."""
        return -(-2 * self.halo // self.alignment) * self.alignment


@dataclass(frozen=True)
class Provenance:
    """Where a model comes from.

    Attributes:
        training_data: the images, by name, source and licence.
        training_data_sha256: digest of the images that were read.
        licence: SPDX identifier of the weights' licence.
        recipe: the resolved training recipe, section by section.
        versions: the packages that trained and converted it.
    """

    training_data: str = ""
    training_data_sha256: str = ""
    licence: str = ""
    recipe: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Measurement:
    """One measured figure, such as ``Measurement("PSNR at noise level 25 against the truth", 30.4, "dB")``."""

    what: str
    value: float
    unit: str


@dataclass(frozen=True)
class Verdict:
    """What the delegate of a target takes of the network, and how that is known.

    Attributes:
        target: such as ``android-gpu``.
        table: the operator table that the network was checked against, with its version.
        text: in words; says whether the network was run on such a device or only checked.
        lowest_api_level: lowest Android API level; None where the delegate is not a part of Android.
    """

    target: str
    table: str
    text: str
    lowest_api_level: int | None = None


@dataclass(frozen=True)
class Golden:
    """How near a replay of the golden result must come.

    Attributes:
        tolerance: largest allowed difference; 0 demands equal bits. Of a picture or mask it is a share of the tensor's
            range, of a latent or state a share of the largest expected value where that is above 1.
        output_sha256: where bits must be equal, digest of each output tensor's bytes (whole static shape, C order) by
            ``SIGNATURE/TENSOR``.
    """

    tolerance: float
    output_sha256: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        require(
            self.tolerance >= 0 and math.isfinite(self.tolerance),
            f"the golden result's tolerance is {self.tolerance:g}, no finite number from 0",
        )
        require(self.tolerance > 0 or bool(self.output_sha256), "an exact golden result needs a digest")


@dataclass(frozen=True)
class StatePair:
    """What a recurrent model remembers: the output that becomes the input of the next picture, by tensor names."""

    input: str
    output: str


@dataclass(frozen=True)
class ModelContract:
    """The whole promise.

    Attributes:
        name: such as ``denoise``.
        task: what the model is for.
        signatures: the ways to run it, in the order of :data:`litebrush.tasks.SIGNATURE_RULES`.
        tiling: how large pictures are cut; None for a task that has pictures of one size only.
        states: what a recurrent model remembers.
        labels: what a class-conditional generator can make, in the order of its one-hot input.
        provenance: data, recipe, licence.
        precision: arithmetic of this file; None in a hand-over, which has none yet.
        golden: how to replay the golden result; None in a hand-over.
        quality: measured figures.
        verdicts: what delegates take of it.
    """

    name: str
    task: Task
    signatures: tuple[Signature, ...]
    tiling: Tiling | None
    states: tuple[StatePair, ...] = ()
    labels: tuple[str, ...] = ()
    provenance: Provenance = Provenance()
    precision: Precision | None = None
    golden: Golden | None = None
    quality: tuple[Measurement, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def __post_init__(self) -> None:
        require(bool(self.name), "the model has no name")
        require_signatures(self.task, self.signatures)
        require(
            (self.tiling is not None) == self.task.tiled,
            f"a model of task '{self.task.value}' {'needs' if self.task.tiled else 'cannot have'} a tiling",
        )
        if self.tiling is not None:
            _require_tiles(self.signature, self.tiling)
        _require_states(self.signatures, self.states)
        _require_labels(self.signatures, self.labels)
        if self.task is Task.AUTOENCODE:
            _require_inverse(*self.signatures)
        if self.golden is not None and self.golden.output_sha256:
            outputs = {f"{signature.name}/{spec.name}" for signature in self.signatures for spec in signature.outputs}
            require(
                self.golden.output_sha256.keys() == outputs,
                f"the golden result has digests of {', '.join(sorted(self.golden.output_sha256))}, "
                f"the outputs are {', '.join(sorted(outputs))}",
            )

    @property
    def signature(self) -> Signature:
        """The only signature.

        Raises:
            ContractError: there are several.
        """
        names = ", ".join(signature.name for signature in self.signatures)
        require(len(self.signatures) == 1, f"'{self.name}' has several signatures: {names}")
        return self.signatures[0]

    def to_json(self) -> str:
        """The contract as a JSON document that :meth:`from_json` reads back equal."""
        document = {"litebrush": FORMAT_VERSION, **dataclasses.asdict(self)}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> ModelContract:
        """Read a contract.

        Raises:
            ContractError: not JSON, another format version, a field missing, unknown or of the wrong kind.
        """
        document = parse_object(text)
        version = document.pop("litebrush", None)
        require(
            version == FORMAT_VERSION,
            f"the contract is of format {reprlib.repr(version)}, this litebrush reads {FORMAT_VERSION}; "
            "export an older model again, upgrade litebrush for a newer one",
        )
        try:
            return record(
                cls,
                {
                    **document,
                    "task": Task(document["task"]),
                    "signatures": tuple(_signature(signature) for signature in document["signatures"]),
                    "tiling": record(Tiling, document["tiling"]) if document["tiling"] else None,
                    "states": tuple(record(StatePair, pair) for pair in document["states"]),
                    "labels": tuple(document["labels"]),
                    "provenance": record(Provenance, document["provenance"]),
                    "precision": Precision(document["precision"]) if document["precision"] else None,
                    "golden": record(Golden, document["golden"]) if document["golden"] else None,
                    "quality": tuple(record(Measurement, measurement) for measurement in document["quality"]),
                    "verdicts": tuple(record(Verdict, verdict) for verdict in document.get("verdicts", ())),
                },
            )
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise ContractError(f"the contract cannot be understood: {problem}") from None


def _signature(document: Mapping[str, Any]) -> Signature:
    return record(
        Signature,
        {
            **document,
            "inputs": tuple(_tensor_spec(spec) for spec in document["inputs"]),
            "outputs": tuple(_tensor_spec(spec) for spec in document["outputs"]),
        },
    )


def _tensor_spec(document: Mapping[str, Any]) -> TensorSpec:
    return record(TensorSpec, {**document, "role": Role(document["role"]), "shape": tuple(document["shape"])})


def _require_tiles(signature: Signature, tiling: Tiling) -> None:
    height, width = signature.input(Role.IMAGE).shape[1:3]
    for spec in (*signature.inputs, *signature.outputs):
        if spec.role.is_picture:
            require(
                spec.shape[1:3] == (height, width),
                f"picture tensor '{spec.name}' is not of the picture's size, {height}x{width}",
            )
        elif len(spec.shape) == 4:
            require(
                height % spec.shape[1] == 0 and width % spec.shape[2] == 0,
                f"tensor '{spec.name}' of shape {spec.shape} does not divide a tile of {height}x{width}",
            )
    require(
        height % tiling.alignment == 0 and width % tiling.alignment == 0,
        f"a tile of {height}x{width} is not a multiple of {tiling.alignment} pixels",
    )
    require(
        min(height, width) > tiling.overlap,
        f"a tile of {height}x{width} has nothing left inside a halo of {tiling.halo}",
    )


def _require_states(signatures: tuple[Signature, ...], states: tuple[StatePair, ...]) -> None:
    inputs = {spec.name: spec.shape for each in signatures for spec in each.inputs if spec.role is Role.STATE}
    outputs = {spec.name: spec.shape for each in signatures for spec in each.outputs if spec.role is Role.STATE}
    require(
        sorted(pair.input for pair in states) == sorted(inputs)
        and sorted(pair.output for pair in states) == sorted(outputs),
        f"the state pairs do not name each state once: inputs {', '.join(inputs)}, outputs {', '.join(outputs)}",
    )
    for pair in states:
        require(
            inputs[pair.input] == outputs[pair.output],
            f"state '{pair.output}' of shape {outputs[pair.output]} cannot become '{pair.input}', {inputs[pair.input]}",
        )


def _require_labels(signatures: tuple[Signature, ...], labels: tuple[str, ...]) -> None:
    classes = [spec.shape[-1] for signature in signatures for spec in signature.inputs if spec.role is Role.LABEL]
    expected = classes[0] if classes else 0
    require(len(labels) == expected, f"the model names {len(labels)} labels, its input has {expected}")
    require(len(set(labels)) == len(labels), f"labels are not unique: {', '.join(labels)}")


def _require_inverse(encode: Signature, decode: Signature) -> None:
    for role, one, other in (
        (Role.LATENT, encode.output(Role.LATENT), decode.input(Role.LATENT)),
        (Role.IMAGE, encode.input(Role.IMAGE), decode.output(Role.IMAGE)),
    ):
        require(
            one.shape == other.shape,
            f"the {role.value} of 'encode' is of shape {one.shape}, that of 'decode' of {other.shape}",
        )
