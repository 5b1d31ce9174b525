"""A network of a fixed size, run over pictures of any size."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import ModelContract, Tiling
from litebrush.encoding import PictureEncoding, Requantization, quantize
from litebrush.engine import Array, Engine
from litebrush.errors import ContractError
from litebrush.tensors import Role, TensorSpec
from litebrush.tiling import AxisPlan, Span, plan_axis

CPU_TILE_LIMIT = 512

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PicturePlan:
    """How a picture is cut.

    Attributes:
        rows, columns: the tiles along each axis.
    """

    rows: AxisPlan
    columns: AxisPlan

    @property
    def tiles(self) -> Iterator[tuple[Span, Span]]:
        """All tiles, row by row."""
        return ((row, column) for row in self.rows.spans for column in self.columns.spans)

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return len(self.rows.spans) * len(self.columns.spans)

    @property
    def height(self) -> int:
        """Rows that the tiles read together, padding included."""
        return self.rows.spans[-1].start + self.rows.size

    @property
    def width(self) -> int:
        """Columns that the tiles read together, padding included."""
        return self.columns.spans[-1].start + self.columns.size


class TiledNetwork:
    """One signature of a network; pictures, masks and states of any size go through it tile by tile.

    A state is cut as the picture is, at its own scale: so a recurrent network, too, gives the same over tiles as over
    the whole picture.

    Attributes:
        tiling: the contract's, with a halo of whole places of the states.
        tile_limit: longest side of a tile in pixels, where the network can be resized. Results do not depend on it,
            memory does.
    """

    def __init__(self, contract: ModelContract, engine: Engine, tile_limit: int = CPU_TILE_LIMIT) -> None:
        """Join a contract that has a tiling and the engine of its one signature.

        Raises:
            ContractError: ``tile_limit`` does not suit the tiling, or a state cannot be cut as the picture is.
        """
        assert contract.tiling is not None  # the contracts of tiled tasks have one
        self._signature = contract.signature
        self._engine = engine
        self._image = self._signature.input(Role.IMAGE)
        self._encodings = {
            spec.name: PictureEncoding(spec, info)
            for specs, tensors in ((self._signature.inputs, engine.inputs), (self._signature.outputs, engine.outputs))
            for spec, info in ((spec, tensors[spec.name]) for spec in specs)
            if spec.role.has_bytes
        }
        self._handovers = {
            pair.output: Requantization(engine.outputs[pair.output], engine.inputs[pair.input])
            for pair in contract.states
        }
        self._require_places(contract.tiling.alignment)
        self.tiling = _with_whole_places(contract.tiling, [self._divisor(spec) for spec in self._states])
        self._resizable = self.tiling.resizable and engine.resizable
        if self._resizable and (tile_limit % self.tiling.alignment or tile_limit <= self.tiling.overlap):
            raise ContractError(
                f"tile_limit is {tile_limit}; it must be a multiple of {self.tiling.alignment} above "
                f"{self.tiling.overlap} pixels"
            )
        if min(self._image.shape[1:3]) <= self.tiling.overlap:
            raise ContractError(
                f"a tile of {self._image.shape[1]}x{self._image.shape[2]} has nothing left inside a halo of "
                f"{self.tiling.halo} pixels, which is whole places of the states"
            )
        self.tile_limit = tile_limit

    def plan(self, height: int, width: int) -> PicturePlan:
        """How a picture of this size is cut."""
        return PicturePlan(self._axis(height, 0), self._axis(width, 1))

    def state_shape(self, spec: TensorSpec, plan: PicturePlan) -> tuple[int, ...]:
        """Shape, (h, w, C), of a state that belongs to a whole picture."""
        return (plan.height // self._divisor(spec), plan.width // self._divisor(spec), spec.shape[-1])

    def zero_states(self, plan: PicturePlan) -> dict[str, Array]:
        """States that stand for zero, by input name, of :meth:`state_shape`, as the network takes them."""
        zero = np.zeros((), np.float32)
        return {
            spec.name: np.full(self.state_shape(spec, plan), quantize(zero, self._engine.inputs[spec.name]))
            for spec in self._states
        }

    def run(
        self,
        plan: PicturePlan,
        inputs: Mapping[str, Array],
        outputs: Mapping[str, Array],
        noise_level: float | None = None,
        progress: Progress | None = None,
        wanted: NDArray[np.bool_] | None = None,
    ) -> None:
        """Run the network over a picture.

        Args:
            plan: of the picture's size.
            inputs: by tensor name, pictures (H, W, 3) and masks (H, W, 1) in bytes, and states of
                :meth:`state_shape` as the input tensor stores them.
            outputs: arrays of the same kinds to be filled, states as the input that they become stores them. What is
                not asked for is not read. A state cannot be written over the one that is read.
            noise_level: in grey levels, for a network that is told.
            progress: called with (tiles done, tiles in all) after each tile.
            wanted: (H, W). A tile that would give no pixel where this is true is not run, and its part of the outputs
                stays as it was.
        """
        self._engine.resize(self._shapes(plan))
        for done, (row, column) in enumerate(plan.tiles, start=1):
            own_part = (slice(row.keep_start, row.keep_stop), slice(column.keep_start, column.keep_stop))
            if wanted is None or wanted[own_part].any():
                for spec in self._signature.inputs:
                    self._feed(spec, plan, row, column, inputs, noise_level)
                self._engine.invoke()
                for spec in self._signature.outputs:
                    if spec.name in outputs:
                        self._keep(spec, plan, row, column, outputs[spec.name])
            if progress is not None:
                progress(done, plan.count)

    def _feed(
        self,
        spec: TensorSpec,
        plan: PicturePlan,
        row: Span,
        column: Span,
        inputs: Mapping[str, Array],
        noise_level: float | None,
    ) -> None:
        tensor = self._engine.input(spec.name)
        if spec.role is Role.NOISE_LEVEL:
            assert noise_level is not None  # the caller knows that the network is told
            self._encodings[spec.name].encode_value(noise_level, tensor)
            return
        divisor = self._divisor(spec)
        cut = _cut(
            inputs[spec.name],
            (row.start // divisor, column.start // divisor),
            (plan.rows.size // divisor, plan.columns.size // divisor),
        )
        if spec.role.is_picture:
            self._encodings[spec.name].encode(cut, tensor[0])
        else:
            tensor[0] = cut

    def _keep(self, spec: TensorSpec, plan: PicturePlan, row: Span, column: Span, output: Array) -> None:
        divisor = self._divisor(spec)
        rows = _kept(row, plan.rows, divisor, output.shape[0])
        columns = _kept(column, plan.columns, divisor, output.shape[1])
        target = output[rows, columns]
        first = (rows.start - row.start // divisor, columns.start - column.start // divisor)
        inside = tuple(slice(start, start + side) for start, side in zip(first, target.shape))
        values = self._engine.output(spec.name)[0][inside]
        if spec.role.is_picture:
            self._encodings[spec.name].decode(values, target)
        else:
            self._handovers[spec.name](values, target)

    def _axis(self, length: int, axis: int) -> AxisPlan:
        limit = self.tile_limit if self._resizable else self._image.shape[1 + axis]
        return plan_axis(length, limit, self.tiling.halo, self.tiling.alignment, self._resizable)

    @property
    def _states(self) -> list[TensorSpec]:
        """Those that go in."""
        return [spec for spec in self._signature.inputs if spec.role is Role.STATE]

    def _require_places(self, alignment: int) -> None:
        height, width = self._image.shape[1:3]
        for spec in self._states:
            if len(spec.shape) != 4 or height // spec.shape[1] != width // spec.shape[2]:
                raise ContractError(
                    f"state '{spec.name}' of shape {spec.shape} cannot be cut as a picture of {height}x{width} is; "
                    "each side must stand for as many pixels as the other"
                )
            if alignment % self._divisor(spec):
                raise ContractError(
                    f"a place of state '{spec.name}' is {self._divisor(spec)} pixels a side, tiles are aligned to "
                    f"{alignment}; make the alignment a multiple of that"
                )

    def _divisor(self, spec: TensorSpec) -> int:
        """Pixels of the picture's side for one of the tensor's."""
        return self._image.shape[1] // spec.shape[1]

    def _shapes(self, plan: PicturePlan) -> dict[str, tuple[int, ...]]:
        return {
            spec.name: (
                1,
                plan.rows.size // self._divisor(spec),
                plan.columns.size // self._divisor(spec),
                spec.shape[3],
            )
            for spec in self._signature.inputs
        }


def _with_whole_places(tiling: Tiling, divisors: list[int]) -> Tiling:
    """With a halo of whole places of the states, so that none is cut and each kept one lies a halo from the cut."""
    place = math.lcm(*divisors)
    return dataclasses.replace(tiling, halo=-(-tiling.halo // place) * place)


def _kept(span: Span, axis: AxisPlan, divisor: int, length: int) -> slice:
    """Which rows or columns of a result a tile gives; the last tile of a state gives the padding, too."""
    is_last = span is axis.spans[-1]
    return slice(span.keep_start // divisor, length if is_last else span.keep_stop // divisor)


def _cut(array: NDArray[Any], start: tuple[int, int], size: tuple[int, int]) -> NDArray[Any]:
    cut = array[start[0] : start[0] + size[0], start[1] : start[1] + size[1]]
    missing = (size[0] - cut.shape[0], size[1] - cut.shape[1])
    return np.pad(cut, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric") if any(missing) else cut
