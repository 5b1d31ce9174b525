"""Photographs of any size through a network of a fixed size."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import ModelContract, Precision
from litebrush.encoding import PictureEncoding
from litebrush.engine import Array, Engine
from litebrush.errors import ContractError, ImageError
from litebrush.image import ImageLike, Photo, Pixels, to_photo
from litebrush.noise import estimate_noise_level
from litebrush.runner import require_tensors
from litebrush.tasks import Task
from litebrush.tensors import Role, TensorSpec
from litebrush.tiling import AxisPlan, Span, plan_axis

CPU_TILE_LIMIT = 512
SMALLEST_SIDE = 8

NoiseLevel = float | Literal["auto"]
Progress = Callable[[int, int], None]
_Image = TypeVar("_Image", bound=ImageLike)


@dataclass(frozen=True)
class _Tile:
    rows: Span
    columns: Span


class Restorer:
    """Makes photographs better: removes noise, or the traces of compression.

        >>> restorer = litebrush.load("denoise")
        >>> clean = restorer(photo, noise_level=25)

    One restorer may be called from several threads; the calls take turns.

    Attributes:
        contract: what the model promises.
        engine: the interpreter and its version.
        accelerator: what the network really runs on.
        precision: arithmetic of the model.
        tile_limit: longest side of a tile in pixels, where the network can be resized. Results do not depend on it,
            memory does.
    """

    def __init__(self, contract: ModelContract, engine: Engine, tile_limit: int = CPU_TILE_LIMIT) -> None:
        """Join a contract and an engine that has loaded its network.

        Raises:
            ContractError: the network's tensors are not those of the contract, or ``tile_limit`` does not suit it.
        """
        if contract.task is not Task.RESTORE or contract.tiling is None:
            raise ContractError(
                f"'{contract.name}' is a model of task '{contract.task.value}', not '{Task.RESTORE.value}'"
            )
        self.contract = contract
        self.engine = engine.name
        self.accelerator = engine.accelerator
        self._engine = engine
        self._signature = contract.signature
        require_tensors(self._signature, engine)
        self._image = self._signature.input(Role.IMAGE)
        self._output = self._signature.output(Role.IMAGE)
        self._encode = PictureEncoding(self._image, engine.inputs[self._image.name])
        self._decode = PictureEncoding(self._output, engine.outputs[self._output.name])
        self._noise_level: TensorSpec | None = None
        if self._signature.has_input(Role.NOISE_LEVEL):
            self._noise_level = self._signature.input(Role.NOISE_LEVEL)
            self._encode_level = PictureEncoding(self._noise_level, engine.inputs[self._noise_level.name])
        self._lock = threading.Lock()
        self._tiling = tiling = contract.tiling
        self._resizable = tiling.resizable and engine.resizable
        if self._resizable and (tile_limit % tiling.alignment or tile_limit <= tiling.overlap):
            raise ContractError(
                f"tile_limit is {tile_limit}; it must be a multiple of {tiling.alignment} above {tiling.overlap} pixels"
            )
        self.tile_limit = tile_limit

    @property
    def precision(self) -> Precision | None:
        """Arithmetic of the model."""
        return self.contract.precision

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
        """
        taken_apart = to_photo(photo)
        require_size(taken_apart)
        level = self.noise_level_for(taken_apart.pixels, noise_level)
        restored = self.restore_pixels(taken_apart.pixels, level, progress)
        return taken_apart.with_pixels(restored)  # type: ignore[return-value]

    def noise_level_for(self, pixels: Pixels, noise_level: NoiseLevel) -> float | None:
        """The noise level in grey levels that a picture is restored with: the one asked for, or an estimate.

        None where the model is not told the noise level.

        Raises:
            ImageError: a noise level that the model was not trained for.
        """
        if self._noise_level is None:
            if noise_level != "auto":
                raise ImageError(
                    f"a noise level of {noise_level} was asked; '{self.contract.name}' takes none, leave it at 'auto'"
                )
            return None
        highest = self._noise_level.highest
        if noise_level == "auto":
            return min(estimate_noise_level(pixels), highest)
        if not 0 <= noise_level <= highest:
            raise ImageError(f"a noise level of {noise_level} was asked; '{self.contract.name}' knows 0 to {highest:g}")
        return float(noise_level)

    def restore_pixels(self, pixels: Pixels, noise_level: float | None, progress: Progress | None = None) -> Pixels:
        """Restore (H, W, 3) uint8 RGB pixels; memory beyond the result is bounded by one tile.

        The noise level is one that :meth:`noise_level_for` gave.
        """
        rows, columns = (self._plan(side, axis) for axis, side in enumerate(pixels.shape[:2]))
        restored = np.empty(pixels.shape, np.uint8)
        total = len(rows.spans) * len(columns.spans)
        with self._lock:
            self._engine.resize(self._shapes_for(rows.size, columns.size))
            for done, tile in enumerate(_tiles(rows, columns), start=1):
                self.run_tile(_cut(pixels, tile, rows.size, columns.size), noise_level)
                self._keep(tile, restored)
                if progress is not None:
                    progress(done, total)
        return restored

    def run_tile(self, tile: Pixels, noise_level: float | None) -> Array:
        """Run the network once on a picture of exactly its present size, without waiting for other threads.

        Returns:
            View of the output tensor, (1, H, W, 3) in the tensor's own dtype, valid until the next run.
        """
        self._encode.encode(tile, self._engine.input(self._image.name)[0])
        if self._noise_level is not None and noise_level is not None:
            self._encode_level.encode_value(noise_level, self._engine.input(self._noise_level.name))
        self._engine.invoke()
        return self._engine.output(self._output.name)

    def _keep(self, tile: _Tile, restored: Pixels) -> None:
        rows, columns = tile.rows, tile.columns
        inside = (
            slice(rows.keep_start - rows.start, rows.keep_stop - rows.start),
            slice(columns.keep_start - columns.start, columns.keep_stop - columns.start),
        )
        target = restored[rows.keep_start : rows.keep_stop, columns.keep_start : columns.keep_stop]
        self._decode.decode(self._engine.output(self._output.name)[0][inside], target)

    def _plan(self, length: int, axis: int) -> AxisPlan:
        tiling = self._tiling
        limit = self.tile_limit if self._resizable else self._image.shape[1 + axis]
        return plan_axis(length, limit, tiling.halo, tiling.alignment, self._resizable)

    def _shapes_for(self, height: int, width: int) -> dict[str, tuple[int, ...]]:
        def scaled(shape: tuple[int, ...]) -> tuple[int, ...]:
            factor_rows, factor_columns = self._image.shape[1] // shape[1], self._image.shape[2] // shape[2]
            return (1, height // factor_rows, width // factor_columns, shape[3])

        return {spec.name: scaled(spec.shape) for spec in self._signature.inputs}


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


def _tiles(rows: AxisPlan, columns: AxisPlan) -> Iterator[_Tile]:
    return (_Tile(row, column) for row in rows.spans for column in columns.spans)


def _cut(pixels: Pixels, tile: _Tile, height: int, width: int) -> NDArray[np.uint8]:
    cut = pixels[tile.rows.start : tile.rows.start + height, tile.columns.start : tile.columns.start + width]
    missing = (height - cut.shape[0], width - cut.shape[1])
    return np.pad(cut, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric") if any(missing) else cut
