"""What a model can be exported for."""

from __future__ import annotations

from dataclasses import dataclass

from litebrush.contract import Precision


@dataclass(frozen=True)
class Target:
    """A kind of device.

    Attributes:
        name: as it is asked for.
        summary: in words.
        precisions: what is exported unless something else is asked for.
        integer_type: type of the inputs and outputs of an int8 file.
        io_types: types of inputs and outputs that the device's API can pass; None for all.
        tables: names of the operator tables that a model is checked against.
        runs_here: the export itself runs the model on such a device.
    """

    name: str
    summary: str
    precisions: tuple[Precision, ...]
    tables: tuple[str, ...]
    integer_type: str = "int8"
    io_types: tuple[str, ...] | None = None
    runs_here: bool = False


_ALL = (Precision.FLOAT32, Precision.FLOAT16, Precision.DYNAMIC, Precision.INT8)
_SMALL = (Precision.FLOAT16, Precision.INT8)

TARGETS = {
    target.name: target
    for target in (
        Target("cpu", "any CPU, by XNNPACK", _ALL, ("xnnpack",), runs_here=True),
        Target("pi4", "Raspberry Pi 4", (Precision.FLOAT32, Precision.INT8), ("xnnpack",)),
        Target("pi5", "Raspberry Pi 5", (Precision.INT8,), ("xnnpack",)),
        Target("jetson", "NVIDIA Jetson", _SMALL, ("xnnpack", "gpu")),
        Target("android-gpu", "GPU of an Android phone", (Precision.FLOAT16,), ("gpu",)),
        Target("android-nnapi", "NNAPI, Android 8.1 to 14 (legacy)", _SMALL, ("nnapi",)),
        Target("android-npu", "NPU of an Android phone", (Precision.INT8,), ("qualcomm", "mediatek")),
        Target("edgetpu", "Coral Edge TPU", (Precision.INT8,), ("edgetpu",)),
        Target(
            "web",
            "a browser, by LiteRT.js",
            _SMALL,
            ("xnnpack", "gpu"),
            integer_type="uint8",
            io_types=("FLOAT32", "INT32", "UINT8"),
        ),
    )
}
