"""What can be exported, and the tensors that are found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from litebrush.errors import ConversionError

Tensors = Mapping[str, NDArray[np.float32]]
Shape = tuple[int, ...]


class SourceKind(Enum):
    """Where a network comes from; the value says it in words.

    HANDOVER:     the folder that ``litebrush train`` leaves.
    SAVED_MODEL:  a folder with named signatures, which TensorFlow, tf_keras or Keras 3 wrote.
    KERAS:        a .keras or .h5 file of tf_keras or Keras 3.
    TFLITE:       a .tflite file that computes in float32.
    """

    HANDOVER = "hand-over"
    SAVED_MODEL = "SavedModel"
    KERAS = "Keras file"
    TFLITE = "TFLite file"


_SUFFIXES = {
    ".keras": SourceKind.KERAS,
    ".h5": SourceKind.KERAS,
    ".hdf5": SourceKind.KERAS,
    ".tflite": SourceKind.TFLITE,
}
_TAKEN = "a hand-over, a SavedModel, a .keras or .h5 file, or a float .tflite"
_HANDOVER_PARTS = ("contract.json", "saved_model", "calibration.npz", "validation.npz", "golden.npz")


def recognize(source: Path) -> SourceKind:
    """Which kind of source a path is.

    A folder with any part of a hand-over counts as one, so that reading it names the part that it lacks.

    Raises:
        ConversionError: there is nothing, or nothing that can be exported.
    """
    if source.is_dir():
        if (source / "saved_model.pb").is_file():
            return SourceKind.SAVED_MODEL
        if any((source / part).exists() for part in _HANDOVER_PARTS):
            return SourceKind.HANDOVER
        raise ConversionError(
            f"'{source}' is neither a hand-over (it lacks contract.json) nor a SavedModel (it lacks saved_model.pb); "
            f"give {_TAKEN}"
        )
    if not source.exists():
        raise ConversionError(f"there is no '{source}'; give {_TAKEN}")
    kind = _SUFFIXES.get(source.suffix.lower())
    if kind is None:
        raise ConversionError(f"'{source}' cannot be exported; give {_TAKEN}")
    return kind


@dataclass(frozen=True)
class FoundTensor:
    """A tensor as a source has it.

    Attributes:
        name: in the signature.
        shape: None for a side that is not fixed.
        dtype: name of its numpy dtype.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str

    @property
    def written_shape(self) -> str:
        """Such as ``[?, ?, ?, 3]``."""
        return f"[{', '.join('?' if side is None else str(side) for side in self.shape)}]"


@dataclass(frozen=True)
class FoundSignature:
    """One way to run a source."""

    name: str
    inputs: tuple[FoundTensor, ...]
    outputs: tuple[FoundTensor, ...]


class Network(Protocol):
    """A source that has been opened.

    Attributes:
        signatures: the ways to run it.
        versions: the packages that opened it.
    """

    signatures: tuple[FoundSignature, ...]
    versions: Mapping[str, str]

    def run(self, signature: str, inputs: Tensors) -> dict[str, NDArray[Any]]:
        """Run it once on real values, batch axis included."""

    def save(self, folder: Path, inputs: Mapping[str, Mapping[str, Shape]]) -> None:
        """Write it into a hand-over folder, with static shapes.

        Args:
            folder: the hand-over's.
            inputs: by signature and input name, the shapes; other signatures are left out.
        """
