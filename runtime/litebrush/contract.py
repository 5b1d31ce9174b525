"""What a model promises: its task, its tensors, how it tiles, how precise it is, where it comes from.

A contract travels inside the model's file as ``litebrush.json``. Everything the runtime needs to know
about a network, and everything a person wants to know about it, is here and nowhere else.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from litebrush.errors import ContractError

FORMAT_VERSION = 1


class Task(str, Enum):
    """What a model is for; it decides which class :func:`litebrush.load` returns."""

    RESTORE = "restore"


class Role(str, Enum):
    """What a tensor means to the runtime."""

    IMAGE = "image"
    NOISE_LEVEL = "noise_level"


class Precision(str, Enum):
    """Arithmetic of a model file.

    FLOAT32:  float weights and activations.
    FLOAT16:  half-precision weights, computed in float32 on a CPU and in half precision on most GPUs.
    DYNAMIC:  8-bit weights, float32 inputs and outputs, activations quantized while running.
    INT8:     8-bit weights and activations, 8-bit inputs and outputs.
    """

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    DYNAMIC = "dynamic"
    INT8 = "int8"


@dataclass(frozen=True)
class TensorSpec:
    """One input or output.

    Attributes:
        name: its name in the model's signature.
        role: what it means.
        shape: static (1, height, width, channels). Pictures have channels red, green, blue in this order.
        minimum: the real value that stands for a stored 0 (a black pixel, a noise level of 0 grey levels).
        maximum: the real value that stands for a stored 255.
        highest: the largest stored value that the model was trained for.
    """

    name: str
    role: Role
    shape: tuple[int, int, int, int]
    minimum: float = 0.0
    maximum: float = 1.0
    highest: float = 255.0

    def __post_init__(self) -> None:
        _require(len(self.shape) == 4 and self.shape[0] == 1, f"tensor '{self.name}' is not of shape (1, H, W, C)")
        _require(min(self.shape) >= 1, f"tensor '{self.name}' has an empty or dynamic side: {self.shape}")
        _require(self.minimum < self.maximum, f"tensor '{self.name}' has an empty range")
        _require(0 < self.highest <= 255, f"tensor '{self.name}': highest must lie in (0, 255]")
        if self.role is Role.IMAGE:
            _require(self.shape[3] == 3, f"picture tensor '{self.name}' has {self.shape[3]} channels, not 3")


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
        _require(self.halo >= 0, f"a halo of {self.halo} pixels is not possible")
        _require(self.alignment >= 1, f"an alignment of {self.alignment} pixels is not possible")
        _require(isinstance(self.resizable, bool), f"resizable is {self.resizable!r}, not true or false")

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
class Golden:
    """How the golden result was made and how near a replay must come.

    Attributes:
        noise_level: stored value of the noise level input, in grey levels.
        tolerance: largest allowed difference of the real output values; 0 demands equal bits.
        output_sha256: digest of the output tensor's bytes (whole static shape, C order), where bits must be equal.
    """

    noise_level: int
    tolerance: float
    output_sha256: str = ""

    def __post_init__(self) -> None:
        _require(self.tolerance >= 0, "the golden result's tolerance is negative")
        _require(self.tolerance > 0 or bool(self.output_sha256), "an exact golden result needs a digest")


@dataclass(frozen=True)
class ModelContract:
    """The whole promise.

    Attributes:
        name: such as ``denoise``.
        task: what the model is for.
        signature: the signature to run.
        inputs, outputs: the tensors of that signature.
        tiling: how large pictures are cut.
        provenance: data, recipe, licence.
        precision: arithmetic of this file; None in a hand-over, which has none yet.
        golden: how to replay the golden result; None in a hand-over.
        quality: measured figures.
    """

    name: str
    task: Task
    signature: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    tiling: Tiling
    provenance: Provenance = Provenance()
    precision: Precision | None = None
    golden: Golden | None = None
    quality: tuple[Measurement, ...] = ()

    def __post_init__(self) -> None:
        _require(bool(self.name), "the model has no name")
        names = [spec.name for spec in (*self.inputs, *self.outputs)]
        _require(len(set(names)) == len(names), f"tensor names are not unique: {', '.join(names)}")
        _require(len(self.outputs) == 1, f"a model that restores has one output, this one has {len(self.outputs)}")
        image = self.input(Role.IMAGE)
        _require(image.shape == self.outputs[0].shape, "the restored picture is not of the input's shape")
        _require(
            image.shape[1] % self.tiling.alignment == 0 and image.shape[2] % self.tiling.alignment == 0,
            f"a tile of {image.shape[1]}x{image.shape[2]} is not a multiple of {self.tiling.alignment} pixels",
        )
        _require(
            min(image.shape[1:3]) > self.tiling.overlap,
            f"a tile of {image.shape[1]}x{image.shape[2]} has nothing left inside a halo of {self.tiling.halo}",
        )

    def input(self, role: Role) -> TensorSpec:
        """The one input of a role.

        Raises:
            ContractError: there is none, or more than one.
        """
        found = [spec for spec in self.inputs if spec.role is role]
        _require(len(found) == 1, f"expected one input of role '{role.value}', found {len(found)}")
        return found[0]

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
        try:
            document = json.loads(text)
        except ValueError as problem:
            raise ContractError(f"the contract is not JSON: {problem}") from None
        _require(isinstance(document, dict), "the contract is not a JSON object")
        version = document.pop("litebrush", None)
        _require(
            version == FORMAT_VERSION,
            f"the contract is of format {version!r}, this litebrush reads {FORMAT_VERSION}; upgrade litebrush",
        )
        try:
            return cls(
                **{
                    **document,
                    "task": Task(document["task"]),
                    "inputs": tuple(_tensor_spec(spec) for spec in document["inputs"]),
                    "outputs": tuple(_tensor_spec(spec) for spec in document["outputs"]),
                    "tiling": Tiling(**document["tiling"]),
                    "provenance": Provenance(**document["provenance"]),
                    "precision": Precision(document["precision"]) if document["precision"] else None,
                    "golden": Golden(**document["golden"]) if document["golden"] else None,
                    "quality": tuple(Measurement(**measurement) for measurement in document["quality"]),
                }
            )
        except (KeyError, TypeError, ValueError) as problem:
            raise ContractError(f"the contract cannot be understood: {problem}") from None


def _tensor_spec(document: Mapping[str, Any]) -> TensorSpec:
    shape = tuple(int(side) for side in document["shape"])
    return TensorSpec(**{**document, "role": Role(document["role"]), "shape": shape})


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ContractError(message)
