"""Replaying the golden result that a model carries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import ModelContract
from litebrush.engine import Array
from litebrush.errors import VerificationError
from litebrush.modelfile import GoldenPair, ModelFile
from litebrush.restorer import Restorer


@dataclass(frozen=True)
class Verification:
    """A golden result that was reproduced.

    Attributes:
        contract: of the model.
        engine, accelerator: what it was replayed on.
        largest_difference: of the real output values, where the range of a picture is 1.
        identical: every bit of the whole output was as promised. For a model with a tolerance this is known for
            the stored corner of the output only.
    """

    contract: ModelContract
    engine: str
    accelerator: str
    largest_difference: float
    identical: bool


def fill_by_reflection(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Repeat a picture by reflection to the right and downwards until it has a given size."""
    missing = ((0, height - picture.shape[0]), (0, width - picture.shape[1]), (0, 0))
    return np.pad(picture, missing, mode="symmetric")


def replay(restorer: Restorer, picture: NDArray[np.uint8], noise_level: int) -> Array:
    """The output tensor, (1, H, W, 3) at the model's static shape, for a golden picture."""
    _, height, width, _ = restorer.contract.outputs[0].shape
    output: Array = restorer.run_tile(fill_by_reflection(picture, height, width), noise_level).copy()
    return output


def sha256_of(output: Array) -> str:
    """Digest of a tensor's bytes."""
    return hashlib.sha256(np.ascontiguousarray(output).tobytes()).hexdigest()


def verify_golden(model: ModelFile, restorer: Restorer, scale: float) -> Verification:
    """Replay the golden result of a freshly loaded model.

    Args:
        model: the file.
        restorer: the same model, loaded, at its static shape.
        scale: real value of one step of the output tensor; 1 for a float tensor.

    Raises:
        VerificationError: the result is not the promised one.
    """
    golden = model.contract.golden
    if golden is None:
        raise VerificationError(f"'{model.contract.name}' promises no golden result; export it again")
    output = replay(restorer, model.golden.picture, golden.noise_level)
    difference = _largest_difference(output, model.golden) * scale
    if golden.output_sha256:
        identical = sha256_of(output) == golden.output_sha256
        if not identical:
            raise VerificationError(
                f"'{model.contract.name}' does not reproduce its golden result on {restorer.engine} "
                f"({restorer.accelerator}): equal bits were promised, the largest difference in the stored corner is "
                f"{difference * 255:.2f} grey levels; report it with this line"
            )
    else:
        identical = difference == 0
        if not difference <= golden.tolerance:
            raise VerificationError(
                f"'{model.contract.name}' does not reproduce its golden result on {restorer.engine} "
                f"({restorer.accelerator}): the largest difference is {difference:.2g}, "
                f"{golden.tolerance:.2g} is allowed; report it with this line"
            )
    return Verification(model.contract, restorer.engine, restorer.accelerator, difference, identical)


def _largest_difference(output: Array, golden: GoldenPair) -> float:
    height, width = golden.expected.shape[:2]
    corner = output[0, :height, :width].astype(np.float64)
    return float(np.max(np.abs(corner - golden.expected.astype(np.float64))))
