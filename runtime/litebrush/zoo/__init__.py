"""The shipped models and their index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from litebrush.contract import Precision
from litebrush.errors import ModelFileError, UnknownModelError

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class ZooModel:
    """A model that comes with litebrush.

    Attributes:
        name: what :func:`litebrush.load` takes.
        summary: what it does, in a line.
        precisions: the files that are shipped.
        preferred: the one that is loaded when none is asked for.
    """

    name: str
    summary: str
    precisions: tuple[Precision, ...]
    preferred: Precision

    def closest(self, precision: Precision) -> Precision:
        """What to take where it is not shipped: float16 for float32, which computes the same with rounded weights."""
        if precision is Precision.FLOAT32 and precision not in self.precisions and Precision.FLOAT16 in self.precisions:
            return Precision.FLOAT16
        return precision

    def path(self, precision: Precision) -> Path:
        """Where the model's file lies."""
        return _FOLDER / f"{self.name}-{precision.value}.tflite"


MODELS = (
    ZooModel(
        name="clothing-gan",
        summary="draws pictures of clothes, 64x64, by class",
        precisions=(Precision.FLOAT16, Precision.INT8),
        preferred=Precision.INT8,
    ),
    ZooModel(
        name="clothing-vae",
        summary="turns pictures of clothes, 64x64, into 128 values and back",
        precisions=(Precision.FLOAT16, Precision.INT8),
        preferred=Precision.INT8,
    ),
    ZooModel(
        name="damage",
        summary="finds the scratches, dust and stains of a photograph",
        precisions=(Precision.FLOAT16, Precision.INT8),
        preferred=Precision.INT8,
    ),
    ZooModel(
        name="deblock",
        summary="removes the blocks and rings of JPEG compression from photographs",
        precisions=(Precision.FLOAT16, Precision.INT8),
        preferred=Precision.INT8,
    ),
    ZooModel(
        name="denoise",
        summary="removes Gaussian noise of level 0 to 50 from colour photographs",
        precisions=(Precision.FLOAT32, Precision.FLOAT16, Precision.DYNAMIC, Precision.INT8),
        preferred=Precision.INT8,
    ),
    ZooModel(
        name="denoise-sparse",
        summary="removes Gaussian noise of level 0 to 50: a sum of few atoms of a learned dictionary",
        precisions=(Precision.FLOAT16, Precision.INT8),
        preferred=Precision.INT8,
    ),
    ZooModel(
        name="denoise-video",
        summary="removes Gaussian noise of level 0 to 50 from colour video, frame by frame, with a memory",
        precisions=(Precision.FLOAT16, Precision.INT8),
        preferred=Precision.INT8,
    ),
    ZooModel(
        name="inpaint",
        summary="fills in what a mask says is missing of a photograph",
        precisions=(Precision.FLOAT16, Precision.INT8),
        preferred=Precision.INT8,
    ),
)


def find_shipped(name: str) -> ZooModel:
    """A shipped model by its name.

    Raises:
        UnknownModelError: none is called so.
    """
    for model in MODELS:
        if model.name == name:
            return model
    raise UnknownModelError(
        f"no shipped model is called '{name}'; there is {', '.join(model.name for model in MODELS)}. "
        "A file of your own must end in .tflite"
    )


def find_model(name: str, precision: Precision | None) -> Path:
    """The file of a shipped model.

    Raises:
        ModelFileError: no model of this name, or not in this precision.
    """
    model = find_shipped(name)
    chosen = precision or model.preferred
    if chosen not in model.precisions:
        shipped = ", ".join(shipped.value for shipped in model.precisions)
        raise ModelFileError(f"'{name}' is not shipped in {chosen.value}; there is {shipped}")
    return model.path(chosen)
