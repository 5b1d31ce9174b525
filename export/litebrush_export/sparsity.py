"""What zeros in the kernels brought."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from litebrush.contract import Precision
from litebrush.errors import ConversionError
from litebrush_export.pruning import LayerZeros, zeros_by_layer

_SPARSE = 0.25
_MOST_COMPRESSED = 9


@dataclass(frozen=True)
class Sparsity:
    """One line of the sparsity table. Kernels are dense: no sparse arithmetic is used anywhere.

    Attributes:
        layers: zeros of each kernel.
        size_bytes: of the flatbuffer.
        zipped_bytes: of the same, deflated, as it travels in an app or over a network.
    """

    layers: tuple[LayerZeros, ...]
    size_bytes: int
    zipped_bytes: int

    @property
    def share(self) -> float:
        """Zeros among all kernel weights, 0 to 1."""
        return share_of_zeros(self.layers)


def share_of_zeros(layers: Sequence[LayerZeros]) -> float:
    """Zeros among all kernel weights, 0 to 1."""
    return sum(layer.zeros for layer in layers) / max(1, sum(layer.weights for layer in layers))


def is_sparse(flatbuffer: bytes) -> bool:
    """Whether a quarter of the kernel weights or more are zero, which no network is by chance."""
    return share_of_zeros(zeros_by_layer(flatbuffer)) >= _SPARSE


def require_zeros_kept(float32: bytes, flatbuffer: bytes, precision: Precision) -> None:
    """Refuse a conversion that made weights of zeros.

    Raises:
        ConversionError: a precision has fewer zeros than the float32 network that it was made from.
    """
    before, after = (sum(layer.zeros for layer in zeros_by_layer(each)) for each in (float32, flatbuffer))
    if after < before:
        raise ConversionError(
            f"{precision.value} kept {after} of the {before} zero weights of float32; report it with the source"
        )


def describe_sparsity(flatbuffer: bytes) -> Sparsity:
    """A line of the table."""
    return Sparsity(
        layers=zeros_by_layer(flatbuffer),
        size_bytes=len(flatbuffer),
        zipped_bytes=len(zlib.compress(flatbuffer, _MOST_COMPRESSED)),
    )
