"""Reading a hand-over folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import ModelContract
from litebrush.errors import ContractError, ConversionError
from litebrush.samples import Arrays, array_key, arrays_of, is_sample, kept_corner, real_values, sample_shape
from litebrush.tasks import Task
from litebrush.tensors import TARGET, Role, Signature, TensorSpec
from litebrush_export.flatbuffer_network import NETWORK_FILE


@dataclass(frozen=True)
class Handover:
    """What training left behind for the exporter; arrays are those of :mod:`litebrush.samples`.

    Attributes:
        contract: without precision and golden.
        network: in float: the folder of a SavedModel, or a .tflite file where it was adopted from one.
        quantization_aware_model: the network with learned ranges, or None.
        calibration: first axis = sample: the representative dataset, states included.
        validation: the same from held-out pictures without states, and their truth where there is one. A sequence has
            a second axis, time.
        golden: one sample, and what the network before conversion makes of it, float32.
    """

    contract: ModelContract
    network: Path
    quantization_aware_model: Path | None
    calibration: Arrays
    validation: Arrays
    golden: Arrays

    def representative_dataset(self) -> Iterator[tuple[str, dict[str, NDArray[np.float32]]]]:
        """The calibration samples as the network's float inputs, each with the signature that it is for.

        The first two pixels of the first picture are made black and white, so that a picture input gets
        exactly its whole range: an int8 tensor then holds the picture's own bytes, shifted by 128.
        """
        for signature in self.contract.signatures:
            arrays = arrays_of(signature, self.calibration)
            for index in range(_count(signature, arrays)):
                sample = {spec.name: real_values(spec, arrays[spec.name][index]) for spec in signature.inputs}
                for spec in signature.inputs:
                    if index == 0 and spec.role.is_picture:
                        sample[spec.name][0, 0, :2] = [[spec.minimum], [spec.maximum]]
                yield signature.name, sample


def read_handover(folder: Path) -> Handover:
    """Read and check a hand-over.

    Raises:
        ConversionError: the folder is missing or lacks a part.
        ContractError: its contract contradicts itself or its arrays.
    """
    if not folder.is_dir():
        raise ConversionError(f"'{folder}' is not a folder; give the 'handover' folder of a training run")
    flatbuffer = folder / NETWORK_FILE
    network = NETWORK_FILE if flatbuffer.exists() else "saved_model/saved_model.pb"
    parts = ("contract.json", network, "calibration.npz", "validation.npz", "golden.npz")
    missing = [part for part in parts if not (folder / part).exists()]
    if missing:
        raise ConversionError(f"'{folder}' is not a hand-over, it lacks {', '.join(missing)}; train again or resume")
    contract = ModelContract.from_json((folder / "contract.json").read_bytes())
    quantization_aware_model = folder / "quantization_aware_model"
    calibration, validation, golden = (
        _load(folder / f"{name}.npz") for name in ("calibration", "validation", "golden")
    )
    for signature in contract.signatures:
        _require_samples(folder / "calibration.npz", signature, arrays_of(signature, calibration), signature.inputs, 1)
        observed = tuple(spec for spec in signature.inputs if spec.role is not Role.STATE)
        arrays = arrays_of(signature, validation)
        axes = 2 if contract.task is Task.RESTORE_SEQUENCE else 1
        _require_samples(folder / "validation.npz", signature, arrays, observed, axes)
        _require_truth(folder / "validation.npz", signature, arrays, axes)
        _require_golden(folder / "golden.npz", signature, arrays_of(signature, golden), observed)
    return Handover(
        contract=contract,
        network=flatbuffer if flatbuffer.exists() else folder / "saved_model",
        quantization_aware_model=quantization_aware_model if quantization_aware_model.is_dir() else None,
        calibration=calibration,
        validation=validation,
        golden=golden,
    )


@contextmanager
def with_network(folder: Path, flatbuffer: bytes) -> Iterator[Path]:
    """The same hand-over with another float32 network in the place of its own, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="litebrush-") as temporary:
        for name in ("contract.json", "calibration.npz", "validation.npz", "golden.npz"):
            shutil.copy(folder / name, temporary)
        (Path(temporary) / NETWORK_FILE).write_bytes(flatbuffer)
        yield Path(temporary)


def _load(path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as problem:  # zipfile, zlib and numpy raise many kinds on damaged bytes
        raise ConversionError(f"'{path}' is damaged ({problem}); resume the training run to write it again") from None


def _count(signature: Signature, arrays: Arrays) -> int:
    return len(arrays[signature.inputs[0].name])


def _require_arrays(path: Path, signature: Signature, arrays: Arrays, specs: tuple[TensorSpec, ...]) -> None:
    absent = [array_key(signature, spec.name) for spec in specs if spec.name not in arrays]
    if absent:
        raise ContractError(f"'{path}' lacks {', '.join(absent)}, which the contract names")


def _require_samples(
    path: Path, signature: Signature, arrays: Arrays, specs: tuple[TensorSpec, ...], axes: int
) -> None:
    """Every array holds as many samples (and steps) as the others, each of the contract's shape."""
    _require_arrays(path, signature, arrays, specs)
    for spec in specs:
        _require_filled(path, array_key(signature, spec.name), arrays[spec.name], spec, axes)
    counts = {array_key(signature, spec.name): arrays[spec.name].shape[:axes] for spec in specs}
    if len(set(counts.values())) != 1 or any(0 in count for count in counts.values()):
        raise ContractError(f"'{path}' holds no or unequal numbers of samples: {counts}")


def _require_filled(path: Path, key: str, array: NDArray[np.generic], spec: TensorSpec, axes: int) -> None:
    dtype, shape = np.dtype(np.uint8 if spec.role.is_picture else np.float32), sample_shape(spec)
    if array.shape[axes:] != shape or array.ndim < axes or array.dtype != dtype:
        raise ContractError(
            f"'{path}': samples of '{key}' are of shape {array.shape[axes:]} and type {array.dtype}, "
            f"not {shape} and {dtype}"
        )


def _require_truth(path: Path, signature: Signature, arrays: Arrays, axes: int) -> None:
    if TARGET not in arrays:
        return
    pictures = [spec for spec in signature.outputs if spec.role.is_picture]
    key = array_key(signature, TARGET)
    if not pictures:
        raise ContractError(f"'{path}' has '{key}', but no output of '{signature.name}' is a picture")
    _require_filled(path, key, arrays[TARGET], pictures[0], axes)
    observed = arrays[signature.inputs[0].name].shape[:axes]
    if arrays[TARGET].shape[:axes] != observed:
        raise ContractError(f"'{path}' holds {arrays[TARGET].shape[:axes]} of '{key}', but {observed} samples")


def _require_golden(path: Path, signature: Signature, arrays: Arrays, inputs: tuple[TensorSpec, ...]) -> None:
    _require_arrays(path, signature, arrays, (*inputs, *signature.outputs))
    for spec in inputs:
        if not is_sample(spec, arrays[spec.name]):
            raise ContractError(f"'{path}': '{array_key(signature, spec.name)}' is no sample of its tensor")
    for spec in signature.outputs:
        shape = tuple(axis.stop for axis in kept_corner(signature, arrays, spec))
        if arrays[spec.name].shape != shape:
            raise ContractError(
                f"'{path}': '{array_key(signature, spec.name)}' is of shape {arrays[spec.name].shape}, not {shape}"
            )
