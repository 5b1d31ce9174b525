"""What a network can be asked to run on, and how near to the promise it must come there.

    >>> [candidate.name for candidate in accelerators_to_try("auto")]
    ['gpu', 'npu', 'cpu']
    >>> [candidate.name for candidate in accelerators_to_try("/usr/lib/libdelegate.so")]
    ['delegate:/usr/lib/libdelegate.so']

Whether a machine has an accelerator that works is known only when a network was loaded on it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum

from litebrush.contract import Golden, Precision
from litebrush.errors import AcceleratorError

AUTO = "auto"

HALF_PRECISION_TOLERANCE = 1 / 255
"""How far a float16 model may be off on an accelerator, in the unit of :attr:`litebrush.contract.Golden.tolerance`.

A GPU with half-precision arithmetic uses it for float16 models. Of a picture this is one grey level of 8 bits: the
result is then no worse than what rounding to bytes does to it anyway. The shipped denoiser computed in half precision
is off by 0.0007 (docs/accelerators.md).
"""

OTHER_ROUNDING_TOLERANCE = 1 / 16
"""How far an 8-bit model may be off in an interpreter that is not exact, in the same unit.

Each operator rounds, so it adds up over a network. The shipped denoiser is off by 0.016, four grey levels, at most
(docs/accelerators.md); a network that computes something else, by a third of the range and more.
"""

_WHOLE_NUMBERS = (Precision.INT8, Precision.INT16X8, Precision.MIXED)
_LIBRARY_SUFFIXES = (".so", ".dylib", ".dll")


class Accelerator(str, Enum):
    """What runs a network.

    CPU:      the interpreter with XNNPACK.
    GPU:      LiteRT's GPU accelerator; on Linux it is WebGPU on a Vulkan driver.
    NPU:      LiteRT's NPU accelerator, through the library of the NPU's vendor.
    EDGETPU:  Coral's Edge TPU: a delegate, the library of which has a name that is known.
    DELEGATE: any other delegate library; the interpreter runs on the CPU what the delegate does not take.
    """

    CPU = "cpu"
    GPU = "gpu"
    NPU = "npu"
    EDGETPU = "edgetpu"
    DELEGATE = "delegate"


@dataclass(frozen=True)
class Candidate:
    """An accelerator that may run a network.

    Attributes:
        accelerator: its kind.
        library: of a delegate: a path, or a name that the system's loader knows.
        remedy: of a delegate that does not work: what would.
    """

    accelerator: Accelerator
    library: str = ""
    remedy: str = "run it on the cpu"

    @property
    def name(self) -> str:
        """What a loaded model says of itself, and :func:`litebrush.load` takes."""
        kind = self.accelerator.value
        return f"{kind}:{self.library}" if self.accelerator is Accelerator.DELEGATE else kind


ON_CPU = Candidate(Accelerator.CPU)
_ON_GPU = Candidate(Accelerator.GPU)
_ON_NPU = Candidate(Accelerator.NPU)
_ON_EDGETPU = Candidate(
    Accelerator.EDGETPU,
    library="libedgetpu.so.1",
    remedy="an Edge TPU needs Coral's library (on Debian: libedgetpu1-std from coral.ai/software), the device plugged "
    "in, and a file that was exported with --target edgetpu and compiled with edgetpu_compiler; or run it on the cpu",
)
_CANDIDATES = {
    ON_CPU.name: (ON_CPU,),
    _ON_GPU.name: (_ON_GPU,),
    _ON_NPU.name: (_ON_NPU,),
    _ON_EDGETPU.name: (_ON_EDGETPU,),
    AUTO: (_ON_GPU, _ON_NPU, ON_CPU),
}


def accelerators_to_try(asked: str) -> tuple[Candidate, ...]:
    """What was asked for, in the order to try it: the first that works is taken.

    Args:
        asked: ``"cpu"``, ``"gpu"``, ``"npu"``, ``"edgetpu"``; the path of a delegate library, with or without
            ``"delegate:"`` before it; or ``"auto"`` for the GPU or the NPU where there is one, and the CPU otherwise.

    Raises:
        AcceleratorError: litebrush cannot reach such an accelerator, or there is none of this name.
    """
    if asked in _CANDIDATES:
        return _CANDIDATES[asked]
    if asked == "nnapi":
        raise AcceleratorError(
            "NNAPI is a part of Android 8.1 to 14 that apps reach, and Python does not",
            "export with --target android-nnapi and load the file in the app, or run it here on cpu or gpu",
        )
    library = asked.removeprefix(f"{Accelerator.DELEGATE.value}:")
    if library and (library != asked or os.sep in asked or asked.endswith(_LIBRARY_SUFFIXES)):
        return (Candidate(Accelerator.DELEGATE, library),)
    raise AcceleratorError(
        f"no accelerator is called '{asked}'",
        "there is cpu, gpu, npu, edgetpu, the path of a delegate library, and auto for the best of cpu, gpu and npu",
    )


def keeps_promise(precision: Precision | None, accelerator: str) -> bool:
    """Whether what a model of a precision promises can be had there: whole numbers on a GPU or an NPU cannot."""
    compiled = accelerator in (Accelerator.GPU.value, Accelerator.NPU.value)
    return not (compiled and precision in _WHOLE_NUMBERS)


def require_precision(precision: Precision | None, accelerator: Accelerator) -> None:
    """Refuse a precision whose promise an accelerator cannot keep; see :func:`keeps_promise`.

    Raises:
        AcceleratorError: whole numbers on a GPU, which computes them in float; or on an NPU, for which LiteRT tells no
            scales.
    """
    if precision is None or keeps_promise(precision, accelerator.value):
        return
    why = (
        f"a GPU computes {precision.value} in float, so that what the model promises cannot be verified"
        if accelerator is Accelerator.GPU
        else f"of a {precision.value} model on an NPU LiteRT tells no scales, so that litebrush cannot feed it"
    )
    name = accelerator.value
    raise AcceleratorError(
        why, f"ask for precision float16 or float32 on the {name}, or run {precision.value} on the cpu"
    )


def replay_tolerance(golden: Golden, precision: Precision | None, accelerator: str, exact: bool = True) -> float:
    """How far a replay of the golden result may be off, in the unit of :attr:`litebrush.contract.Golden.tolerance`.

    Args:
        golden: what the model promises.
        precision: of the model.
        accelerator: what it was replayed on.
        exact: whether the engine gives the promised bits; see :attr:`litebrush.engine.Engine.exact`.
    """
    if golden.output_sha256 and not exact:
        return OTHER_ROUNDING_TOLERANCE
    if accelerator != ON_CPU.name and computes_in_half(precision):
        return max(golden.tolerance, HALF_PRECISION_TOLERANCE)
    return golden.tolerance


def computes_in_half(precision: Precision | None) -> bool:
    """Whether a GPU may compute a model in half precision; all others it computes in float32."""
    return precision is Precision.FLOAT16
