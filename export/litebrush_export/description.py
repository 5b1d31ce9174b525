"""A converted network as a model file: contract, golden result and what was measured."""

from __future__ import annotations

import dataclasses
from importlib.metadata import version

from litebrush.contract import Golden, Measurement, Precision
from litebrush.errors import ConversionError
from litebrush.modelfile import ModelFile
from litebrush.samples import array_key, arrays_of, kept_corner
from litebrush.verification import deviation, sha256_of
from litebrush_export.handover import Handover
from litebrush_export.judge import Judge
from litebrush_export.trial import open_runners

_CONVERSION_TOLERANCE = 1e-3
_REPLAY_TOLERANCE = {
    Precision.FLOAT32: 1e-4,
    Precision.FLOAT16: 1e-4,
    Precision.DYNAMIC: 4 / 255,
    Precision.INT8: 0.0,
    Precision.INT16X8: 1e-3,
    Precision.MIXED: 4 / 255,
}


def require_faithful(handover: Handover, float32: bytes) -> None:
    """Refuse a float32 conversion that differs from the network before conversion.

    Raises:
        ConversionError: with the largest difference.
    """
    runners = open_runners(handover.contract, float32)
    for signature in handover.contract.signatures:
        golden = arrays_of(signature, handover.golden)
        outputs = runners[signature.name].run(golden)
        for spec in signature.outputs:
            kept = outputs[spec.name][kept_corner(signature, golden, spec)]
            difference = deviation(spec, kept, golden[spec.name])
            if not difference <= _CONVERSION_TOLERANCE:
                raise ConversionError(
                    f"'{array_key(signature, spec.name)}' of the converted float32 network differs from the trained "
                    f"one by {difference:.2g} (at most {_CONVERSION_TOLERANCE:g} is allowed); report it together with "
                    "the hand-over"
                )


def describe(judge: Judge, precision: Precision, flatbuffer: bytes, to_truth: float | None) -> ModelFile:
    """Join a network with its contract and the golden result that it gives here.

    Args:
        judge: of the hand-over.
        precision: of the network.
        flatbuffer: the network.
        to_truth: its figure on the held-out samples; None where there is no truth.
    """
    contract = judge.handover.contract
    runners = open_runners(contract, flatbuffer)
    golden = dict(judge.handover.golden)
    digests = {}
    for signature in contract.signatures:
        sample = arrays_of(signature, golden)
        outputs = runners[signature.name].run(sample)
        for spec in signature.outputs:
            key = array_key(signature, spec.name)
            golden[key] = outputs[spec.name][kept_corner(signature, sample, spec)]
            digests[key] = sha256_of(outputs[spec.name])
    tolerance = _REPLAY_TOLERANCE[precision]
    what = f"{judge.figure.name} of {judge.measured_on}"
    contract = dataclasses.replace(
        contract,
        precision=precision,
        golden=Golden(tolerance, digests if tolerance == 0 else {}),
        provenance=dataclasses.replace(
            contract.provenance,
            versions={**contract.provenance.versions, "ai-edge-litert": version("ai-edge-litert")},
        ),
        quality=() if to_truth is None else (Measurement(what, round(to_truth, 3), judge.figure.unit),),
    )
    return ModelFile(flatbuffer, contract, golden)
