"""An ONNX file that proves itself, for ONNX Runtime and TensorRT: made, measured, verified, written."""

from __future__ import annotations

import dataclasses
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from litebrush.contract import ModelContract, Precision
from litebrush.errors import ConversionError
from litebrush.latency import measure_latency, time_ratio
from litebrush.loading import verify
from litebrush.modelfile import ModelFile, write_model
from litebrush.verification import Verification
from litebrush_export.description import describe, require_faithful
from litebrush_export.exported import Exported
from litebrush_export.figures import FIGURES
from litebrush_export.handover import read_handover
from litebrush_export.judge import Judge
from litebrush_export.onnx_conversion import to_onnx
from litebrush_export.parity import Parity
from litebrush_export.picture_error import measure_error
from litebrush_export.pipeline import make_folder
from litebrush_export.trial import truth_of
from litebrush_export.variants import Order, make_variants

FLOAT = (Precision.FLOAT32, Precision.FLOAT16)
"""What ONNX files are made of; 16-bit weights are widened."""


@dataclass(frozen=True)
class OnnxFile:
    """What was written.

    Attributes:
        path: where.
        verification: of its golden result, which LiteRT gave, by ONNX Runtime.
    """

    path: Path
    verification: Verification


def convert_file(model: ModelFile, out: Path) -> OnnxFile:
    """Write a litebrush model of float32, or of float32 with 16-bit weights, as ``NAME.onnx``, with what it promises.

    Raises:
        ConversionError: it is of another precision, has two networks, or cannot be converted.
        VerificationError: ONNX Runtime does not reproduce the golden result.
        ModelFileError: the file could not be written.
    """
    contract = model.contract
    if contract.precision not in FLOAT:
        precision = contract.precision.value if contract.precision else "unknown"
        raise ConversionError(
            f"'{contract.name}' is of precision {precision}; ONNX files are made of float32 or float16, from which "
            "TensorRT and ONNX Runtime make lower precisions themselves"
        )
    _require_one_network(contract)
    make_folder(out)
    in_float32 = dataclasses.replace(contract, precision=Precision.FLOAT32, verdicts=())
    network = to_onnx(model.flatbuffer, contract.signature.name)
    return _written(ModelFile(network, in_float32, model.golden), out)


def export_onnx(
    folder: Path, order: Order, out: Path, on_step: Callable[[str], None] = lambda _: None
) -> tuple[OnnxFile, Exported]:
    """Write a hand-over as ``NAME.onnx``, and compare it with LiteRT on its held-out samples.

    Args:
        folder: the hand-over.
        order: of float32 alone.
        out: folder for the file, made if needed.
        on_step: told what is being done, in words.

    Raises:
        ConversionError: the hand-over is incomplete or has two networks, or a conversion failed.
        VerificationError, ModelFileError: as :func:`convert_file`.
    """
    handover = read_handover(folder)
    _require_one_network(handover.contract)
    make_folder(out)
    variants = make_variants(folder, handover, order, on_step)
    require_faithful(handover, variants.dense)
    judge = Judge(handover, variants.float32)
    to_truth = judge.judge(variants.float32) if truth_of(handover) is not None else None
    on_step("converting to ONNX")
    model = describe(judge, Precision.FLOAT32, variants.float32, to_truth)
    onnx = dataclasses.replace(model, flatbuffer=to_onnx(model.flatbuffer, model.contract.signature.name))
    on_step("comparing with LiteRT")
    pictures = judge.pictures(onnx.flatbuffer)
    run, run_in_litert = judge.run_once(onnx.flatbuffer), judge.run_once(variants.float32)
    written = _written(onnx, out)
    parity = Parity(
        precision=Precision.FLOAT32,
        size_bytes=written.path.stat().st_size,
        measured_on=judge.measured_on,
        figure=FIGURES[handover.contract.task],
        to_truth=None if to_truth is None else judge.judge_pictures(pictures),
        error=measure_error(pictures, judge.reference),
        float_operators=Counter(),
        latency=measure_latency(run, least_runs=5, least_seconds=0.5),
        relative_time=time_ratio(run, run_in_litert, least_seconds=0.5),
    )
    return written, Exported(written.path, parity, lints=())


def _require_one_network(contract: ModelContract) -> None:
    if len(contract.signatures) > 1:
        raise ConversionError(
            f"'{contract.name}' has the networks {' and '.join(each.name for each in contract.signatures)}, and an "
            "ONNX file holds one; use its .tflite file"
        )


def _written(model: ModelFile, out: Path) -> OnnxFile:
    path = out / f"{model.contract.name}{model.suffix}"
    with tempfile.TemporaryDirectory(prefix=".litebrush-", dir=out) as staging:
        staged = Path(staging) / path.name
        write_model(model, staged)
        verification = verify(staged)
        staged.replace(path)
    return OnnxFile(path, verification)
