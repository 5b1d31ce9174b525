"""From a hand-over to files that prove themselves: convert, check, describe, write."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from litebrush.contract import Golden, Measurement, ModelContract, Precision
from litebrush.engine import LiteRtEngine
from litebrush.errors import ConversionError
from litebrush.loading import verify
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

    Nothing is written before every precision has been converted and measured; each file is verified as it was written.

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
    models: list[tuple[ModelFile, float]] = []
    for precision in precisions:
        on_step(f"measuring {precision.value}")
        restored = restore_validation(_restorer(handover.contract, flatbuffers[precision]), handover)
        model = _describe(handover, precision, flatbuffers[precision], mean_psnr_db(restored, truth))
        models.append((model, psnr_db(restored, reference)))
    on_step("writing and verifying")
    exported = tuple(_write(model, out, handover.noise_level, to_float32) for model, to_float32 in models)
    write_model_card(handover.contract, tuple(file.parity for file in exported), out / "MODEL_CARD.md")
    return exported


def _write(model: ModelFile, out: Path, noise_level: int, psnr_to_float32_db: float) -> Exported:
    precision = model.contract.precision
    assert precision is not None  # _describe gave it one
    path = out / f"{model.contract.name}-{precision.value}.tflite"
    write_model(model, path)
    verify(path)
    parity = Parity(
        precision=precision,
        noise_level=noise_level,
        size_bytes=path.stat().st_size,
        psnr_to_truth_db=model.contract.quality[0].value,
        psnr_to_float32_db=psnr_to_float32_db,
        float_operators=float_operators(model.flatbuffer),
    )
    return Exported(path, parity)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ConversionError(f"cannot make the folder '{out}': {problem.strerror}; choose another --out") from None
    if not os.access(out, os.W_OK):
        raise ConversionError(f"the folder '{out}' may not be written to by you; choose another --out")


def _convert_all(folder: Path, precisions: tuple[Precision, ...]) -> dict[Precision, bytes]:
    wanted = tuple(dict.fromkeys((Precision.FLOAT32, *precisions)))
    with ThreadPoolExecutor(_PARALLEL_CONVERSIONS) as pool:
        return dict(zip(wanted, pool.map(lambda precision: convert(folder, precision), wanted)))


def _restorer(contract: ModelContract, flatbuffer: bytes) -> Restorer:
    return Restorer(contract, LiteRtEngine(flatbuffer, contract.signature, threads=1))


def _require_faithful(handover: Handover, float32: bytes) -> None:
    expected = handover.golden["expected"]
    output = replay(_restorer(handover.contract, float32), handover.golden["picture"], handover.noise_level)
    difference = float(np.max(np.abs(output[0, : expected.shape[0], : expected.shape[1]] - expected)))
    if not difference <= _CONVERSION_TOLERANCE:
        raise ConversionError(
            f"the converted float32 network differs from the trained one by {difference:.2g} "
            f"(at most {_CONVERSION_TOLERANCE:g} is allowed); report it together with the hand-over"
        )


def _describe(handover: Handover, precision: Precision, flatbuffer: bytes, psnr_to_truth_db: float) -> ModelFile:
    picture, level = handover.golden["picture"], handover.noise_level
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
        quality=(Measurement(f"PSNR of held-out pictures, noise level {level}", round(psnr_to_truth_db, 3), "dB"),),
    )
    return ModelFile(flatbuffer, contract, GoldenPair(picture, output[0, : picture.shape[0], : picture.shape[1]]))
