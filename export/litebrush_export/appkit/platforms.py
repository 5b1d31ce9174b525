"""The platforms that an app can be generated for, and what each takes."""

from __future__ import annotations

from dataclasses import dataclass

from litebrush.contract import Precision


@dataclass(frozen=True)
class Platform:
    """Where models are embedded.

    Attributes:
        name: of its folder of templates.
        runs: what runs the models there.
        dtypes: names of the tensor types that can go in and come out.
        preferred: which file of a shipped model is taken by its name, the first that there is.
        models_folder, golden_folder: where the models and their golden results go in the project.
    """

    name: str
    runs: str
    dtypes: tuple[str, ...]
    preferred: tuple[Precision, ...]
    models_folder: str
    golden_folder: str


_ALL_DTYPES = ("float32", "uint8", "int8", "int16")
_FLOAT_FIRST = (Precision.FLOAT16, Precision.FLOAT32, Precision.INT8)
_FLOAT_ONLY = (Precision.FLOAT16, Precision.FLOAT32, Precision.DYNAMIC)
_INTEGERS_FIRST = (Precision.INT8, Precision.FLOAT32)

PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform("web", "LiteRT.js", ("float32", "uint8"), _FLOAT_ONLY, "public/models", "public/golden"),
        Platform(
            "android",
            "LiteRT for Android",
            _ALL_DTYPES,
            _FLOAT_FIRST,
            "runtime/src/main/assets/models",
            "runtime/src/main/assets/golden",
        ),
        Platform(
            "ios",
            "LiteRT for iOS",
            _ALL_DTYPES,
            _FLOAT_FIRST,
            "Sources/LitebrushRuntime/Resources/models",
            "Sources/LitebrushRuntime/Resources/golden",
        ),
        Platform("c", "the TensorFlow Lite C API", _ALL_DTYPES, _INTEGERS_FIRST, "models", "golden"),
    )
}
