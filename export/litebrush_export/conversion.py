"""SavedModel to flatbuffer, in a process of its own.

The converter is C++ that can abort on a graph it does not like. It runs as ``python -m
litebrush_export.conversion``; when that process dies, the tool lives and says what happened.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from litebrush.contract import Precision
from litebrush.errors import ConversionError
from litebrush_export.handover import Handover, read_handover

_REPORTED_LINES = 3


def convert(folder: Path, precision: Precision, integer_type: str = "int8") -> bytes:
    """Convert a hand-over folder to one precision.

    int8 uses the quantization-aware model's learned ranges where the hand-over has one, and ranges calibrated
    on the representative dataset otherwise.

    Args:
        folder: the hand-over.
        precision: of the file.
        integer_type: type of the inputs and outputs in int8, ``int8`` or ``uint8``.

    Returns:
        The flatbuffer.

    Raises:
        ConversionError: the converter refused the model, or its process died.
    """
    with tempfile.TemporaryDirectory(prefix="litebrush-") as temporary:
        out = Path(temporary) / "model.tflite"
        arguments = [str(folder), precision.value, integer_type, str(out)]
        command = [sys.executable, "-m", "litebrush_export.conversion", *arguments]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"}
        finished = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if finished.returncode != 0 or not out.exists():
            raise ConversionError(_why(precision, finished.returncode, finished.stderr))
        return out.read_bytes()


def _why(precision: Precision, status: int, stderr: str) -> str:
    last_lines = [line.strip() for line in stderr.splitlines() if line.strip()][-_REPORTED_LINES:]
    how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
    return f"conversion to {precision.value} failed: the converter {how}; its last words: {' | '.join(last_lines)}"


def _convert_here(handover: Handover, precision: Precision, integer_type: str) -> bytes:
    import tensorflow as tf

    learned_ranges = precision is Precision.INT8 and handover.quantization_aware_model is not None
    source = handover.quantization_aware_model if learned_ranges else handover.saved_model
    names = [signature.name for signature in handover.contract.signatures]
    converter = tf.lite.TFLiteConverter.from_saved_model(str(source), signature_keys=names)
    if precision is not Precision.FLOAT32:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision is Precision.FLOAT16:
        converter.target_spec.supported_types = [tf.float16]
    if precision is Precision.INT8:
        converter.inference_input_type = converter.inference_output_type = tf.as_dtype(integer_type)
        if not learned_ranges:
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.representative_dataset = handover.representative_dataset
    return bytes(converter.convert())


def _main(folder: str, precision: str, integer_type: str, out: str) -> None:
    Path(out).write_bytes(_convert_here(read_handover(Path(folder)), Precision(precision), integer_type))


if __name__ == "__main__":
    _main(*sys.argv[1:])
