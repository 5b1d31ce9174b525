"""What a network can be asked to run on, and how near to the promise it must come there.

    >>> [accelerator.value for accelerator in accelerators_to_try("auto")]
    ['gpu', 'cpu']

Whether a machine has a GPU that works is known only when a network was loaded on it.
"""

from __future__ import annotations

from enum import Enum

from litebrush.contract import Golden, Precision
from litebrush.errors import AcceleratorError

AUTO = "auto"

HALF_PRECISION_TOLERANCE = 1 / 255
"""How far a float16 model may be off on a GPU, in the unit of :attr:`litebrush.contract.Golden.tolerance`.

A GPU with half-precision arithmetic uses it for float16 models. Of a picture this is one grey level of 8 bits: the
result is then no worse than what rounding to bytes does to it anyway. The shipped denoiser computed in half precision
is off by 0.0009 (docs/accelerators.md).
"""


_WHOLE_NUMBERS = (Precision.INT8, Precision.INT16X8, Precision.MIXED)


class Accelerator(str, Enum):
    """What runs a network.

    CPU: LiteRT's interpreter with XNNPACK.
    GPU: LiteRT's GPU accelerator; on Linux it is WebGPU on a Vulkan driver.
    """

    CPU = "cpu"
    GPU = "gpu"


_ELSEWHERE = {
    "nnapi": (
        "NNAPI is a part of Android 8.1 to 14 that apps reach, and litebrush does not",
        "export with --target android-nnapi and load the file in the app, or run it here on cpu or gpu",
    ),
    "npu": (
        "an NPU is reached through its vendor's library on the device, and litebrush has none",
        "export with --target android-npu and load the file in an Android app with LiteRT's NPU accelerator, or run it "
        "here on cpu or gpu",
    ),
    "edgetpu": (
        "an Edge TPU runs what Google's edgetpu_compiler made of a file, and litebrush does not load that",
        "export with --target edgetpu, compile the file and load it with PyCoral, or run it here on cpu or gpu",
    ),
}


def accelerators_to_try(asked: str) -> tuple[Accelerator, ...]:
    """What was asked for, in the order to try it: the first that works is taken.

    Args:
        asked: ``"cpu"``, ``"gpu"``, or ``"auto"`` for the GPU where there is one, and the CPU otherwise.

    Raises:
        AcceleratorError: litebrush cannot reach such an accelerator, or there is none of this name.
    """
    if asked == AUTO:
        return (Accelerator.GPU, Accelerator.CPU)
    if asked in _ELSEWHERE:
        raise AcceleratorError(*_ELSEWHERE[asked])
    try:
        return (Accelerator(asked),)
    except ValueError:
        raise AcceleratorError(
            f"no accelerator is called '{asked}'", "there is cpu, gpu, and auto for the better of them"
        ) from None


def keeps_promise(precision: Precision | None, accelerator: str) -> bool:
    """Whether what a model of a precision promises can be had there: whole numbers on a GPU cannot, which has none."""
    return not (accelerator == Accelerator.GPU.value and precision in _WHOLE_NUMBERS)


def require_precision(precision: Precision | None, accelerator: Accelerator) -> None:
    """Refuse a precision whose promise an accelerator cannot keep; see :func:`keeps_promise`.

    Raises:
        AcceleratorError: whole numbers on a GPU.
    """
    if precision is not None and not keeps_promise(precision, accelerator.value):
        raise AcceleratorError(
            f"a GPU computes {precision.value} in float, so that what the model promises cannot be verified",
            f"ask for precision float16 or float32 on the gpu, or run {precision.value} on the cpu",
        )


def replay_tolerance(golden: Golden, precision: Precision | None, accelerator: str) -> float:
    """How far a replay of the golden result may be off, in the unit of :attr:`litebrush.contract.Golden.tolerance`.

    Args:
        golden: what the model promises.
        precision: of the model.
        accelerator: what it was replayed on.
    """
    if accelerator == Accelerator.GPU.value and computes_in_half(precision):
        return max(golden.tolerance, HALF_PRECISION_TOLERANCE)
    return golden.tolerance


def computes_in_half(precision: Precision | None) -> bool:
    """Whether a GPU may compute a model in half precision; all others it computes in float32."""
    return precision is Precision.FLOAT16
