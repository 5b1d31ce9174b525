"""The user's pictures or arrays as calibration and held-out samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import ModelContract
from litebrush.errors import ContractError, ConversionError
from litebrush.image import IMAGE_SUFFIXES, read_image, to_photo
from litebrush.noise import add_gaussian_noise
from litebrush.samples import Arrays, array_key, arrays_of, fill_by_reflection, sample_shape
from litebrush.tasks import Task
from litebrush.tensors import TARGET, Role, TensorSpec

_MOST_PICTURES = 64
_HELD_OUT_EVERY = 4
_FROM_PICTURES = (Role.IMAGE, Role.NOISE_LEVEL)
_TOLERANCE = 1e-3

Stored = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Samples:
    """Stored samples, as a hand-over has them; one in four is held out, the last too where there are fewer."""

    calibration: Arrays
    validation: Arrays


def read_samples(path: Path, contract: ModelContract) -> Samples:
    """Read a folder of images, or an .npz, as samples of a contract's inputs.

    A folder gives an image input the middle of each picture. To a network that takes a noise level the pictures are
    clean ones: noise is added, of levels from none to the highest for calibration and of half the highest to the
    held-out ones, whose truth the clean pictures are. What other inputs take, an .npz must hold.

    An .npz has an array a tensor, called ``TENSOR`` or ``SIGNATURE/TENSOR``, first axis = sample: pictures and masks
    as uint8 bytes (in a mask 255 = missing or damaged) or as float real values within the declared range; noise
    levels in grey levels; latents, labels and states as they are; ``target`` is the truth, where it is known.

    Raises:
        ConversionError: nothing is there, too little, or it cannot be read.
        ContractError: arrays that do not fit the contract.
    """
    if path.is_dir():
        samples = _from_pictures(path, contract)
    elif path.suffix.lower() == ".npz":
        samples = _from_arrays(path, contract)
    else:
        raise ConversionError(f"'{path}' is neither a folder of images nor an .npz file; give one to --calibration")
    return _without_states(samples, contract)


def _from_pictures(folder: Path, contract: ModelContract) -> Samples:
    wanted = [(each, spec) for each in contract.signatures for spec in each.inputs if spec.role not in _FROM_PICTURES]
    if wanted:
        each, spec = wanted[0]
        raise ConversionError(
            f"images do not say what input '{spec.name}' ({spec.role.value}) takes; give --calibration an .npz with "
            f"an array '{array_key(each, spec.name)}' of shape (samples, {', '.join(map(str, sample_shape(spec)))})"
        )
    signature = contract.signature
    image = signature.input(Role.IMAGE)
    pictures = _pictures(folder, image.shape[1], image.shape[2])
    if not signature.has_input(Role.NOISE_LEVEL):
        return _split({array_key(signature, image.name): pictures}, folder)
    level = signature.input(Role.NOISE_LEVEL)
    clean = _split({array_key(signature, TARGET): pictures}, folder)
    random = np.random.default_rng(0)

    def noisy(truth: NDArray[np.uint8], levels: NDArray[np.float32]) -> Stored:
        degraded = [add_gaussian_noise(each, float(sigma), random) for each, sigma in zip(truth, levels)]
        return {array_key(signature, image.name): np.stack(degraded), array_key(signature, level.name): levels}

    kept, held_out = (each[array_key(signature, TARGET)] for each in (clean.calibration, clean.validation))
    spread = np.linspace(0, level.highest, len(kept), dtype=np.float32)
    return Samples(
        noisy(kept, spread),
        {**noisy(held_out, np.full(len(held_out), level.highest / 2, np.float32)), **clean.validation},
    )


def _pictures(folder: Path, height: int, width: int) -> NDArray[np.uint8]:
    """The middles of up to 64 pictures, (count, height, width, 3) uint8."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        raise ConversionError(f"'{folder}' has no images ({', '.join(sorted(IMAGE_SUFFIXES))}); give another folder")
    chosen = [paths[index] for index in np.unique(np.linspace(0, len(paths) - 1, _MOST_PICTURES, dtype=int))]
    return np.stack([_middle(to_photo(read_image(path)).pixels, height, width) for path in chosen])


def _middle(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    top, left = max(0, pixels.shape[0] - height) // 2, max(0, pixels.shape[1] - width) // 2
    return fill_by_reflection(pixels[top : top + height, left : left + width], height, width)


def _from_arrays(path: Path, contract: ModelContract) -> Samples:
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
    except Exception as problem:  # zipfile, zlib and numpy raise many kinds on damaged bytes
        raise ConversionError(f"'{path}' cannot be read: {problem}") from None
    samples: Stored = {}
    for signature in contract.signatures:
        named = {**{name: array for name, array in arrays.items() if "/" not in name}, **arrays_of(signature, arrays)}
        for spec in signature.inputs:
            if spec.name not in named:
                held = ", ".join(arrays) or "nothing"
                raise ContractError(f"'{path}' lacks '{array_key(signature, spec.name)}'; it has {held}")
            samples[array_key(signature, spec.name)] = _stored(path, spec, named[spec.name])
        pictures = [spec for spec in signature.outputs if spec.role.is_picture]
        if TARGET in named and pictures:
            samples[array_key(signature, TARGET)] = _stored(path, pictures[0], named[TARGET])
    return _split(samples, path)


def _stored(path: Path, spec: TensorSpec, array: NDArray[Any]) -> NDArray[Any]:
    """An array of samples in the dtype in which samples of its tensor are stored."""
    name, shape = spec.name, sample_shape(spec)
    if spec.role is Role.NOISE_LEVEL:
        array = array.reshape(len(array)) if array.size == len(array) else array
    if array.shape[1:] != shape:
        raise ContractError(f"'{path}': samples of '{name}' are of shape {array.shape[1:]}, expected {shape}")
    if array.dtype == np.uint8 and spec.role.is_picture:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        wanted = "uint8 (bytes) or float (real values)" if spec.role.is_picture else "float"
        raise ContractError(f"'{path}': samples of '{name}' are of type {array.dtype}, expected {wanted}")
    if not np.all(np.isfinite(array)):
        raise ContractError(f"'{path}': samples of '{name}' have values that are not finite")
    if not spec.role.is_picture:
        _require_level(path, spec, array)
        return array.astype(np.float32)
    low, high = sorted((spec.minimum, spec.maximum))
    margin = _TOLERANCE * (high - low)
    if array.min() < low - margin or array.max() > high + margin:
        raise ContractError(
            f"'{path}': '{name}' has values from {array.min():g} to {array.max():g}, its declared range is "
            f"[{spec.minimum:g}, {spec.maximum:g}]; store bytes as uint8, or real values within the range, or correct "
            "the range in the contract"
        )
    stored = np.rint((array - spec.minimum) / (spec.maximum - spec.minimum) * 255)
    return np.clip(stored, 0, 255).astype(np.uint8)


def _require_level(path: Path, spec: TensorSpec, array: NDArray[Any]) -> None:
    if spec.role is Role.NOISE_LEVEL and (array.min() < 0 or array.max() > spec.highest):
        raise ContractError(
            f"'{path}': '{spec.name}' has levels from {array.min():g} to {array.max():g}; they must lie within 0 and "
            f"its highest, {spec.highest:g} grey levels"
        )


def _split(samples: Stored, path: Path) -> Samples:
    counts = {key: len(array) for key, array in samples.items()}
    count = min(counts.values())
    if len(set(counts.values())) != 1:
        raise ContractError(f"'{path}' holds unequal numbers of samples: {counts}")
    if count < 2:
        raise ConversionError(
            f"'{path}' holds {count} samples; at least 2 are needed, one to calibrate and one held out"
        )
    held_out = np.arange(count) % _HELD_OUT_EVERY == min(count, _HELD_OUT_EVERY) - 1
    return Samples(
        {key: array[~held_out] for key, array in samples.items()},
        {key: array[held_out] for key, array in samples.items()},
    )


def _without_states(samples: Samples, contract: ModelContract) -> Samples:
    """Held-out samples without states, the truth with them only; of a sequence each is one of a single picture."""
    calibration = {key: array for key, array in samples.calibration.items() if not key.endswith(f"/{TARGET}")}
    states = {array_key(each, spec.name) for each in contract.signatures for spec in each.inputs if _is_state(spec)}
    validation = {key: array for key, array in samples.validation.items() if key not in states}
    if contract.task is Task.RESTORE_SEQUENCE:
        validation = {key: array[:, None] for key, array in validation.items()}
    return Samples(calibration, validation)


def _is_state(spec: TensorSpec) -> bool:
    return spec.role is Role.STATE


def real_arrays(path: Path, signature_name: str, names: tuple[str, ...]) -> dict[str, NDArray[np.float32]]:
    """The arrays of an .npz as a network without a contract takes them, first axis = sample.

    Raises:
        ConversionError: not an .npz, or it lacks an input.
    """
    if path.suffix.lower() != ".npz" or not path.is_file():
        raise ConversionError(
            f"without a contract litebrush cannot know which of the inputs {', '.join(names)} takes the pictures of "
            f"'{path}', nor their range; give a contract with --contract ('--print-contract' writes one to fill in), "
            "or an .npz of the inputs' real values"
        )
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {key.removeprefix(f"{signature_name}/"): array for key, array in stored.items()}
    except Exception as problem:  # zipfile, zlib and numpy raise many kinds on damaged bytes
        raise ConversionError(f"'{path}' cannot be read: {problem}") from None
    missing = [name for name in names if name not in arrays]
    if missing:
        raise ConversionError(f"'{path}' lacks {', '.join(missing)}; it has {', '.join(arrays) or 'nothing'}")
    return {name: arrays[name].astype(np.float32) for name in names}
