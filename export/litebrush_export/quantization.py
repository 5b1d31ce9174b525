"""A float32 flatbuffer to a smaller precision, without what it was made from; only processes of their own run this."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import Precision
from litebrush.errors import MissingExtraError
from litebrush_export.packing import pack, unpack
from litebrush_export.rewrites.integer_rearrangement import move_integers

CalibrationSample = tuple[str, dict[str, NDArray[np.float32]]]
_Ranges = dict[str, dict[str, Any]]


def quantize(flatbuffer: bytes, precision: Precision, samples: Iterable[CalibrationSample]) -> bytes:
    """Quantize a network with litert-quantizer.

    Args:
        flatbuffer: a network in float32.
        precision: what to make of it; float32 gives it back.
        samples: for int8 and int16x8, signature and real values by input name; ranges are the widest over all of them.

    Raises:
        MissingExtraError: litert-quantizer is not installed.
    """
    if precision is Precision.FLOAT32:
        return flatbuffer
    try:
        from litert_quantizer import quantizer, recipe
    except ImportError as problem:
        raise MissingExtraError(
            f"this needs litert-quantizer ({problem}); type: pip install 'litebrush[export]'"
        ) from None
    if precision is Precision.FLOAT16:
        work = quantizer.Quantizer(flatbuffer)
        _ask_for_half_weights(work)
        return _values_inside(work.quantize().quantized_model)
    if precision is Precision.DYNAMIC:
        work = quantizer.Quantizer(flatbuffer, recipe.dynamic_wi8_afp32())
        return _values_inside(work.quantize().quantized_model)
    bits = recipe.static_wi8_ai16() if precision is Precision.INT16X8 else recipe.static_wi8_ai8()
    work = quantizer.Quantizer(flatbuffer, bits)
    quantized = _values_inside(work.quantize(_widest_ranges(work, samples)).quantized_model)
    return move_integers(quantized) if precision is Precision.INT8 else quantized


def _values_inside(flatbuffer: bytes | bytearray) -> bytes:
    """All values inside of the flatbuffer: litert-quantizer puts those of larger networks behind it."""
    return pack(unpack(bytes(flatbuffer)))


def _ask_for_half_weights(work: Any) -> None:
    from litert_quantizer import algorithm_manager, qtyping

    weights = qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT)
    config = qtyping.OpQuantizationConfig(
        weight_tensor_config=weights, compute_precision=qtyping.ComputePrecision.FLOAT
    )
    work.update_quantization_recipe(
        ".*", qtyping.TFLOperationName.ALL_SUPPORTED, config, algorithm_manager.AlgorithmName.FLOAT_CASTING
    )


def _widest_ranges(work: Any, samples: Iterable[CalibrationSample]) -> _Ranges:
    """Calibrated sample by sample: within one run litert-quantizer averages ranges, which would clip the extremes."""
    widest: _Ranges = {}
    for signature, inputs in samples:
        for tensor, found in work.calibrate({signature: [inputs]}, num_threads=1).items():
            known = widest.setdefault(tensor, dict(found))
            if "min" in found and "max" in found:
                known["min"] = np.minimum(known["min"], found["min"])
                known["max"] = np.maximum(known["max"], found["max"])
    return widest
