"""Cutting a picture so that the results of the pieces meet without a seam.

A convolutional network's result at a pixel depends on its receptive field only. Tiles overlap by twice
the receptive field's radius, the halo, and each contributes the part that lies at least a halo away from
every cut. A tile's edge that is the picture's edge is no cut: the network pads it there as it pads the
whole picture. So tiled and whole results are equal, and no blending is needed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """One tile along one axis, in pixels.

    Attributes:
        start: first pixel that the tile reads.
        keep_start, keep_stop: pixels of the result that are taken from this tile.
    """

    start: int
    keep_start: int
    keep_stop: int


@dataclass(frozen=True)
class AxisPlan:
    """All tiles along one axis.

    Attributes:
        size: length of every tile. The last may read past the picture's end, where it is padded.
        spans: the tiles, in order; their kept parts cover the axis exactly once.
    """

    size: int
    spans: tuple[Span, ...]


def plan_axis(length: int, limit: int, halo: int, alignment: int, resizable: bool) -> AxisPlan:
    """Cut one axis into as few equal tiles as possible.

    Args:
        length: pixels of the picture along the axis.
        limit: longest tile; a multiple of ``alignment`` and longer than two halos.
        halo: radius of the receptive field.
        alignment: tiles start at and measure multiples of this.
        resizable: tiles may be shorter than ``limit``; otherwise every tile is exactly that long.
    """
    padded = _round_up(length, alignment)
    if padded <= limit:
        return AxisPlan(padded if resizable else limit, (Span(0, 0, length),))
    overlap = _round_up(2 * halo, alignment)
    count = -(-(padded - overlap) // (limit - overlap))
    size = _round_up(-(-(padded + (count - 1) * overlap) // count), alignment) if resizable else limit
    starts = [min(index * (size - overlap), padded - size) for index in range(count)]
    cuts = [0, *(start + halo for start in starts[1:]), length]
    return AxisPlan(size, tuple(Span(*tile) for tile in zip(starts, cuts, cuts[1:])))


def _round_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple
