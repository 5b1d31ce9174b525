"""Replaying the golden result that a model carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litebrush.accelerators import replay_tolerance
from litebrush.contract import ModelContract
from litebrush.engine import Array, Engine
from litebrush.errors import VerificationError
from litebrush.modelfile import ModelFile
from litebrush.runner import SignatureRunner
from litebrush.samples import Arrays, array_key, arrays_of, kept_corner
from litebrush.tensors import TensorSpec


@dataclass(frozen=True)
class Verification:
    """A golden result that was reproduced.

    Attributes:
        contract: of the model.
        engine, accelerator: what it was replayed on.
        largest_difference: over all outputs, in the unit of :attr:`litebrush.contract.Golden.tolerance`.
        identical: every bit of each whole output was as promised. For a model with a tolerance this is known for
            the stored corner of the outputs only.
    """

    contract: ModelContract
    engine: str
    accelerator: str
    largest_difference: float
    identical: bool


def sha256_of(output: Array) -> str:
    """Digest of a tensor's bytes."""
    return hashlib.sha256(np.ascontiguousarray(output).tobytes()).hexdigest()


def deviation(spec: TensorSpec, found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Largest difference of real values, in the unit of :attr:`litebrush.contract.Golden.tolerance`."""
    unit = abs(spec.maximum - spec.minimum) if spec.role.has_bytes else max(1.0, float(np.max(np.abs(expected))))
    return float(np.max(np.abs(found.astype(np.float64) - expected.astype(np.float64)))) / unit


def verify_golden(model: ModelFile, engines: Mapping[str, Engine]) -> Verification:
    """Replay the golden result of a freshly loaded model.

    Args:
        model: the file.
        engines: by signature, the engines that have loaded it, at their static shape.

    Raises:
        VerificationError: the result is not the promised one.
        ContractError: the network's tensors are not those of the contract.
    """
    golden = model.contract.golden
    if golden is None:
        raise VerificationError(f"'{model.contract.name}' promises no golden result; export it again")
    differences: list[float] = []
    identical = True
    for signature in model.contract.signatures:
        runner = SignatureRunner(signature, engines[signature.name])
        engine = runner.engine
        tolerance = replay_tolerance(golden, model.contract.precision, engine.accelerator, engine.exact)
        stored = arrays_of(signature, model.golden)
        outputs = runner.run(stored)
        for spec in signature.outputs:
            difference = _difference(runner, stored, spec, outputs[spec.name])
            key = array_key(signature, spec.name)
            promised = golden.output_sha256.get(key)
            same = difference == 0 and promised in (None, sha256_of(outputs[spec.name]))
            bits_demanded = promised is not None and engine.exact
            if not (same or (not bits_demanded and difference <= tolerance)):
                limit = None if bits_demanded else tolerance
                raise VerificationError(_complaint(model.contract.name, key, engine, limit, difference))
            differences.append(difference)
            identical = identical and same
    return Verification(model.contract, engine.name, engine.accelerator, max(differences), identical)


def _difference(runner: SignatureRunner, stored: Arrays, spec: TensorSpec, output: Array) -> float:
    expected = stored[spec.name]
    if output.dtype != expected.dtype:
        raise VerificationError(
            f"the golden result '{runner.signature.name}/{spec.name}' is of {expected.dtype}, the network gives "
            f"{output.dtype}; export the model again"
        )
    kept = output[kept_corner(runner.signature, stored, spec)]
    return deviation(spec, runner.real(spec.name, kept), runner.real(spec.name, expected))


def _complaint(model: str, key: str, engine: Engine, tolerance: float | None, difference: float) -> str:
    allowed = (
        f"equal bits were promised, the largest difference in the stored corner is {difference:.2g}"
        if tolerance is None
        else f"the largest difference is {difference:.2g}, {tolerance:.2g} is allowed"
    )
    return (
        f"'{model}' does not reproduce its golden result '{key}' on {engine.name} ({engine.accelerator}): {allowed}; "
        "report it with this line"
    )
