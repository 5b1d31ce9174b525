"""Stored samples: what ``calibration.npz``, ``validation.npz`` and ``golden.npz`` hold.

Each array is called ``SIGNATURE/TENSOR`` (``restore/image``, ``encode/latent``); ``SIGNATURE/target`` is the truth.
Pictures and masks are uint8, noise levels are single values in grey levels, latents, labels and states are float32
real values. A sample has no batch axis. A picture smaller than its tensor is repeated by reflection, and of what the
network makes of it only the same corner is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litebrush.tasks import Task
from litebrush.tensors import Role, Signature, TensorSpec

Arrays = Mapping[str, NDArray[Any]]

_GOLDEN_SIDE = 64


def array_key(signature: Signature, tensor: str) -> str:
    """What a tensor's array is called."""
    return f"{signature.name}/{tensor}"


def arrays_of(signature: Signature, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays of one signature by tensor name."""
    prefix = array_key(signature, "")
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}


def fill_by_reflection(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Repeat a picture by reflection to the right and downwards until it has a given size."""
    missing = ((0, height - picture.shape[0]), (0, width - picture.shape[1]), (0, 0))
    return np.pad(picture, missing, mode="symmetric")


def real_values(spec: TensorSpec, stored: NDArray[Any]) -> NDArray[np.float32]:
    """One stored sample as the float32 tensor of ``spec.shape`` that it stands for."""
    values = fill_by_reflection(stored, *spec.shape[1:3]) if spec.role.is_picture else stored
    real = np.asarray(values, np.float32)
    if spec.role.has_bytes:
        real = np.float32(spec.minimum) + real / np.float32(255) * np.float32(spec.maximum - spec.minimum)
    return np.broadcast_to(real, spec.shape).astype(np.float32)


def is_sample(spec: TensorSpec, stored: NDArray[Any]) -> bool:
    """Whether an array is a stored sample of a tensor: its shape, its dtype, and numbers that it can stand for."""
    if spec.role.is_picture:
        fits = stored.ndim == 3 and all(0 < side <= most for side, most in zip(stored.shape, spec.shape[1:]))
        return fits and stored.shape[2] == spec.shape[3] and stored.dtype == np.uint8
    fits = stored.shape == sample_shape(spec) and stored.dtype == np.float32 and bool(np.isfinite(stored).all())
    return fits and (spec.role is not Role.NOISE_LEVEL or 0 <= float(stored) <= spec.highest)


def sample_shape(spec: TensorSpec) -> tuple[int, ...]:
    """Shape of a stored sample that fills its tensor."""
    return () if spec.role is Role.NOISE_LEVEL else spec.shape[1:]


def kept_corner(signature: Signature, sample: Arrays, output: TensorSpec) -> tuple[slice, ...]:
    """The part of an output tensor without its batch axis that is kept for a sample.

    The whole of it, unless the sample's picture is smaller than its tensor; then the same share of height and width.
    """
    whole = tuple(slice(side) for side in output.shape[1:])
    picture = next((spec for spec in signature.inputs if spec.role is Role.IMAGE), None)
    if picture is None or len(output.shape) != 4:
        return whole
    stored = sample[picture.name].shape
    rows, columns = (max(1, output.shape[axis] * stored[axis - 1] // picture.shape[axis]) for axis in (1, 2))
    return slice(rows), slice(columns), whole[2]


def golden_arrays(task: Task, signature: Signature, validation: Arrays, run: Callable[[Arrays], Arrays]) -> Arrays:
    """The first held-out sample, 64x64 pixels of a larger picture, and what a network makes of it.

    Args:
        task: of the network; held-out sequences have a second axis, time.
        signature: of the network, whose arrays are taken.
        validation: held-out samples of all signatures.
        run: float32 tensors by input name, states zero, to float32 tensors by output name.
    """
    arrays = arrays_of(signature, validation)
    axes = 2 if task is Task.RESTORE_SEQUENCE else 1
    sample: dict[str, NDArray[Any]] = {}
    inputs: dict[str, NDArray[np.float32]] = {}
    for spec in signature.inputs:
        if spec.role is Role.STATE:
            inputs[spec.name] = np.zeros(spec.shape, np.float32)
            continue
        first = np.asarray(arrays[spec.name][(0,) * axes])
        sample[spec.name] = first[:_GOLDEN_SIDE, :_GOLDEN_SIDE] if spec.role.is_picture else first
        inputs[spec.name] = real_values(spec, sample[spec.name])
    outputs = run(inputs)
    for spec in signature.outputs:
        sample[spec.name] = outputs[spec.name][0][kept_corner(signature, sample, spec)].astype(np.float32)
    return {array_key(signature, name): array for name, array in sample.items()}
