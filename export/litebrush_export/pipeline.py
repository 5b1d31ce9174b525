"""From a hand-over to files that prove themselves: convert, check, describe, write."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from litebrush.contract import Golden, Measurement, ModelContract, Precision
from litebrush.engine import LiteRtEngine
from litebrush.errors import ConversionError
from litebrush.metrics import psnr_db
from litebrush.modelfile import GoldenPair, ModelFile, write_model
from litebrush.restorer import Restorer
from litebrush.verification import replay, sha256_of
from litebrush_export.conversion import convert
from litebrush_export.handover import Handover, read_handover
from litebrush_export.modelcard import write_model_card
from litebrush_export.operators import float_operators
from litebrush_export.parity import Parity, mean_psnr_db, restore_validation

_CONVERSION_TOLERANCE = 1e-3
_REPLAY_TOLERANCE = {Precision.FLOAT32: 1e-4, Precision.FLOAT16: 1e-4, Precision.DYNAMIC: 4 / 255, Precision.INT8: 0.0}
_PARALLEL_CONVERSIONS = 2


@dataclass(frozen=True)
class Exported:
    """One file that was written, and how it compares."""

    path: Path
    parity: Parity


def export(
    folder: Path,
    precisions: tuple[Precision, ...],
    out: Path,
    on_step: Callable[[str], None] = lambda _: None,
) -> tuple[Exported, ...]:
    """Write one self-describing .tflite a precision, and ``MODEL_CARD.md``.

    Nothing is written before every precision has been converted and checked.

    Args:
        folder: the hand-over.
        precisions: what to write; float32 is always converted, for comparison.
        out: folder for the files, made if needed.
        on_step: told what is being done, in words.

    Raises:
        ConversionError: the hand-over is incomplete, a conversion failed, or float32 differs from the trained network.
        ModelFileError: a file could not be written.

    """
    handover = read_handover(folder)
    _make_folder(out)
    on_step("converting")
    flatbuffers = _convert_all(folder, precisions)
    on_step("comparing with the trained network")
    _require_faithful(handover, flatbuffers[Precision.FLOAT32])
    truth = handover.validation["target"]
    reference = restore_validation(_restorer(handover.contract, flatbuffers[Precision.FLOAT32]), handover)
    exported = []
    for precision in precisions:
        on_step(f"measuring {precision.value}")
        restored = restore_validation(_restorer(handover.contract, flatbuffers[precision]), handover)
        to_truth = mean_psnr_db(restored, truth)
        model = _describe(handover, precision, flatbuffers[precision], to_truth)
        path = out / f"{model.contract.name}-{precision.value}.tflite"
        write_model(model, path)
        parity = Parity(
            precision=precision,
            size_bytes=path.stat().st_size,
            psnr_to_truth_db=to_truth,
            psnr_to_float32_db=psnr_db(restored, reference),
            float_operators=float_operators(flatbuffers[precision]),
        )
        exported.append(Exported(path, parity))
    write_model_card(handover.contract, tuple(file.parity for file in exported), out / "MODEL_CARD.md")
    return tuple(exported)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ConversionError(f"cannot make the folder '{out}': {problem.strerror}; choose another --out") from None


def _convert_all(folder: Path, precisions: tuple[Precision, ...]) -> dict[Precision, bytes]:
    wanted = tuple(dict.fromkeys((Precision.FLOAT32, *precisions)))
    with ThreadPoolExecutor(_PARALLEL_CONVERSIONS) as pool:
        return dict(zip(wanted, pool.map(lambda precision: convert(folder, precision), wanted)))


def _restorer(contract: ModelContract, flatbuffer: bytes) -> Restorer:
    return Restorer(contract, LiteRtEngine(flatbuffer, contract.signature, threads=1))


def _require_faithful(handover: Handover, float32: bytes) -> None:
    expected = handover.golden["expected"]
    output = replay(
        _restorer(handover.contract, float32), handover.golden["picture"], int(handover.golden["noise_level"])
    )
    difference = float(np.max(np.abs(output[0, : expected.shape[0], : expected.shape[1]] - expected)))
    if not difference <= _CONVERSION_TOLERANCE:
        raise ConversionError(
            f"the converted float32 network differs from the trained one by {difference:.2g} "
            f"(at most {_CONVERSION_TOLERANCE:g} is allowed); report it together with the hand-over"
        )


def _describe(handover: Handover, precision: Precision, flatbuffer: bytes, psnr_to_truth_db: float) -> ModelFile:
    picture, level = handover.golden["picture"], int(handover.golden["noise_level"])
    output = replay(_restorer(handover.contract, flatbuffer), picture, level)
    exact = _REPLAY_TOLERANCE[precision] == 0
    provenance = handover.contract.provenance
    contract = dataclasses.replace(
        handover.contract,
        precision=precision,
        golden=Golden(level, _REPLAY_TOLERANCE[precision], sha256_of(output) if exact else ""),
        provenance=dataclasses.replace(
            provenance, versions={**provenance.versions, "ai-edge-litert": version("ai-edge-litert")}
        ),
        quality=(Measurement("PSNR of held-out pictures at the noise level 25", round(psnr_to_truth_db, 3), "dB"),),
    )
    return ModelFile(flatbuffer, contract, GoldenPair(picture, output[0, : picture.shape[0], : picture.shape[1]]))
