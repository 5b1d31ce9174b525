"""Photographs of any size through a model that makes them better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

import numpy as np

from litebrush.contract import ModelContract
from litebrush.engine import Engine
from litebrush.errors import ImageError
from litebrush.image import ImageLike, Photo, Pixels, to_photo
from litebrush.noise import estimate_noise_level
from litebrush.tasks import Task
from litebrush.tensors import Role, Signature
from litebrush.tiled_model import TiledModel
from litebrush.tiled_network import CPU_TILE_LIMIT, Progress

SMALLEST_SIDE = 8

NoiseLevel = float | Literal["auto"]
_Image = TypeVar("_Image", bound=ImageLike)


class Restorer(TiledModel):
    """Makes photographs better: removes noise, or the traces of compression.

    >>> restorer = litebrush.load("denoise")
    >>> clean = restorer(photo, noise_level=25)
    """

    task = Task.RESTORE

    def __init__(
        self, contract: ModelContract, engines: Mapping[str, Engine], tile_limit: int = CPU_TILE_LIMIT
    ) -> None:
        """As :class:`litebrush.tiled_model.TiledModel`."""
        super().__init__(contract, engines, tile_limit)
        self._input = contract.signature.input(Role.IMAGE).name
        self._output = contract.signature.output(Role.IMAGE).name

    def __call__(self, photo: _Image, noise_level: NoiseLevel = "auto", progress: Progress | None = None) -> _Image:
        """Restore one photograph.

        Args:
            photo: PIL image of any mode but F, or uint8 array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA;
                at least 8 pixels on a side.
            noise_level: standard deviation of the noise in grey levels, or ``"auto"`` to estimate it; a model that
                is not told the noise level takes ``"auto"`` only.
            progress: called with (tiles done, tiles in all) after each tile.

        Returns:
            The same kind of picture, upright; transparency, EXIF and colour profile are kept.

        Raises:
            ImageError: a picture that is not supported or too small, or a noise level the model was not trained for.
            EngineError: the model is closed, or the interpreter failed.
        """
        taken_apart = to_photo(photo)
        require_size(taken_apart)
        level = self.noise_level_for(taken_apart.pixels, noise_level)
        restored = self.restore_pixels(taken_apart.pixels, level, progress)
        return taken_apart.with_pixels(restored)  # type: ignore[return-value]

    def noise_level_for(self, pixels: Pixels, noise_level: NoiseLevel) -> float | None:
        """The noise level in grey levels that a picture is restored with; see :func:`noise_level_for`."""
        return noise_level_for(self.contract.name, self.contract.signature, pixels, noise_level)

    def restore_pixels(self, pixels: Pixels, noise_level: float | None, progress: Progress | None = None) -> Pixels:
        """Restore (H, W, 3) uint8 RGB pixels; memory beyond the result is bounded by one tile.

        The noise level is one that :meth:`noise_level_for` gave.
        """
        restored = np.empty(pixels.shape, np.uint8)
        plan = self.network.plan(*pixels.shape[:2])
        with self._in_turn():
            self.network.run(plan, {self._input: pixels}, {self._output: restored}, noise_level, progress)
        return restored


def noise_level_for(model: str, signature: Signature, pixels: Pixels, asked: NoiseLevel) -> float | None:
    """The noise level in grey levels that a network is told: the one asked for, or an estimate.

    Args:
        model: its name, for the error.
        signature: of the network.
        pixels: (H, W, 3) uint8 RGB, to estimate from.
        asked: grey levels, or ``"auto"``.

    Returns:
        None for a network that is not told.

    Raises:
        ImageError: a noise level that the model was not trained for.
    """
    if not signature.has_input(Role.NOISE_LEVEL):
        if asked != "auto":
            raise ImageError(f"a noise level of {asked} was asked; '{model}' takes none, leave it at 'auto'")
        return None
    highest = signature.input(Role.NOISE_LEVEL).highest
    if asked == "auto":
        return min(estimate_noise_level(pixels), highest)
    if not 0 <= asked <= highest:
        raise ImageError(f"a noise level of {asked} was asked; '{model}' knows 0 to {highest:g}")
    return float(asked)


def require_size(photo: Photo) -> None:
    """Refuse a picture of fewer than 8 pixels on a side.

    Raises:
        ImageError: with the picture's size.
    """
    height, width = photo.pixels.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        raise ImageError(
            f"a picture of {width}x{height} pixels is too small to repair; give one of at least "
            f"{SMALLEST_SIDE}x{SMALLEST_SIDE}"
        )
