"""Reading a hand-over folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import ModelContract
from litebrush.errors import ContractError, ConversionError

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Handover:
    """What training left behind for the exporter.

    Attributes:
        contract: without precision and golden.
        saved_model: the float network.
        quantization_aware_model: the network with learned ranges, or None.
        calibration: stored values by input name, first axis = sample: the representative dataset.
        validation: the same from held-out pictures, and their truth as ``target``.
        golden: ``picture``, ``noise_level`` and the ``expected`` output of the network before conversion.
    """

    contract: ModelContract
    saved_model: Path
    quantization_aware_model: Path | None
    calibration: Arrays
    validation: Arrays
    golden: Arrays

    @property
    def noise_level(self) -> int:
        """Of the golden and the validation pictures, in grey levels."""
        return int(self.golden["noise_level"])

    def representative_dataset(self) -> Iterator[dict[str, NDArray[np.float32]]]:
        """The calibration samples as the network's float inputs.

        The first two pixels of the first picture are made black and white, so that the picture input gets
        exactly its whole range: an int8 tensor then holds the picture's own bytes, shifted by 128.
        """
        count = len(next(iter(self.calibration.values())))
        for index in range(count):
            sample = {}
            for spec in self.contract.inputs:
                stored = np.asarray(self.calibration[spec.name][index], np.float32)
                values = spec.minimum + stored / 255 * (spec.maximum - spec.minimum)
                sample[spec.name] = np.broadcast_to(values, spec.shape).astype(np.float32)
                if index == 0 and stored.ndim:
                    sample[spec.name][0, 0, :2] = [[spec.minimum], [spec.maximum]]
            yield sample


def read_handover(folder: Path) -> Handover:
    """Read and check a hand-over.

    Raises:
        ConversionError: the folder is missing or lacks a part.
        ContractError: its contract contradicts itself or its arrays.
    """
    if not folder.is_dir():
        raise ConversionError(f"'{folder}' is not a folder; give the 'handover' folder of a training run")
    parts = ("contract.json", "saved_model/saved_model.pb", "calibration.npz", "validation.npz", "golden.npz")
    missing = [part for part in parts if not (folder / part).exists()]
    if missing:
        raise ConversionError(f"'{folder}' is not a hand-over, it lacks {', '.join(missing)}; train again or resume")
    contract = ModelContract.from_json((folder / "contract.json").read_bytes())
    quantization_aware_model = folder / "quantization_aware_model"
    calibration, validation, golden = (
        _load(folder / f"{name}.npz") for name in ("calibration", "validation", "golden")
    )
    inputs = {spec.name: spec.shape[1:] for spec in contract.inputs}
    _require_samples(folder / "calibration.npz", calibration, inputs)
    _require_samples(folder / "validation.npz", validation, {**inputs, "target": contract.outputs[0].shape[1:]})
    _require_arrays(folder / "golden.npz", golden, ("picture", "noise_level", "expected"))
    return Handover(
        contract=contract,
        saved_model=folder / "saved_model",
        quantization_aware_model=quantization_aware_model if quantization_aware_model.is_dir() else None,
        calibration=calibration,
        validation=validation,
        golden=golden,
    )


def _load(path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as problem:  # zipfile, zlib and numpy raise many kinds on damaged bytes
        raise ConversionError(f"'{path}' is damaged ({problem}); resume the training run to write it again") from None


def _require_arrays(path: Path, arrays: Arrays, names: Iterable[str]) -> None:
    absent = [name for name in names if name not in arrays]
    if absent:
        raise ContractError(f"'{path}' lacks {', '.join(absent)}, which the contract names")


def _require_samples(path: Path, arrays: Arrays, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Every array holds as many samples as the others, each of the contract's shape or a single value."""
    _require_arrays(path, arrays, shapes)
    for name, shape in shapes.items():
        if arrays[name].ndim == 0 or arrays[name].shape[1:] not in (shape, ()):
            raise ContractError(f"'{path}': samples of '{name}' are of shape {arrays[name].shape[1:]}, not {shape}")
    counts = {name: len(arrays[name]) for name in shapes}
    if len(set(counts.values())) != 1 or 0 in counts.values():
        raise ContractError(f"'{path}' holds no or unequal numbers of samples: {counts}")
