"""SavedModel or float .tflite to flatbuffer, in a process of its own.

The converter is C++ that can abort on a graph it does not like. It runs as ``python -m
litebrush_export.conversion``; see :mod:`litebrush_export.apart`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from litebrush.contract import Precision
from litebrush.errors import ConversionError
from litebrush_export.apart import answer, run_apart
from litebrush_export.handover import Handover, read_handover
from litebrush_export.quantization import quantize


def convert(folder: Path, precision: Precision, integer_type: str = "int8") -> bytes:
    """Convert a hand-over folder to one precision.

    int8 uses the quantization-aware model's learned ranges where the hand-over has one, and ranges calibrated
    on the representative dataset otherwise. A SavedModel goes through TensorFlow's converter; a float .tflite, and
    whatever becomes int16x8, through litert-quantizer.

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
        run_apart(f"conversion to {precision.value}", __name__, str(folder), precision.value, integer_type, str(out))
        return out.read_bytes()


def _convert_here(handover: Handover, precision: Precision, integer_type: str) -> bytes:
    if handover.network.is_file():
        if precision is Precision.INT8 and integer_type != "int8":
            raise ConversionError(
                f"a float .tflite cannot be quantized to {integer_type} inputs and outputs; export float32 for this "
                "target, or give the SavedModel that the file was made of"
            )
        return quantize(handover.network.read_bytes(), precision, handover.representative_dataset())
    import tensorflow as tf

    learned_ranges = precision is Precision.INT8 and handover.quantization_aware_model is not None
    source = handover.quantization_aware_model if learned_ranges else handover.network
    names = [signature.name for signature in handover.contract.signatures]
    converter = tf.lite.TFLiteConverter.from_saved_model(str(source), signature_keys=names)
    if precision is Precision.INT16X8:  # TensorFlow's own gives networks that no interpreter loads
        return quantize(bytes(converter.convert()), precision, handover.representative_dataset())
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
    answer(_main)
