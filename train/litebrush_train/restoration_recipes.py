"""What decides the training of a network for photographs: one dataclass a family, whose fields are the sections."""

from __future__ import annotations

from dataclasses import dataclass

from litebrush_train.config import require
from litebrush_train.recipes import CompressionRecipe, RunRecipe, TrainingRecipe


def _require_even_side(name: str, side: int, least: int) -> None:
    require(side >= least and side % 2 == 0, f"{name} is {side}; it must be even and at least {least} pixels")


@dataclass(frozen=True)
class PatchRecipe:
    """What training sees of a photograph.

    Attributes:
        patch_size: side in pixels of the patches that training draws.
        tile_size: side in pixels of the exported model's static input.
        reduction: how many times smaller photographs are shown at most, at least 1; each time drawn evenly from 1 to
            it. Reduced photographs have more detail a pixel, which a folder of smooth ones lacks.
    """

    patch_size: int = 64
    tile_size: int = 256
    reduction: float = 1.0

    def __post_init__(self) -> None:
        _require_even_side("patch_size", self.patch_size, 16)
        _require_even_side("tile_size", self.tile_size, 64)
        require(1 <= self.reduction <= 16, f"reduction is {self.reduction}; expected a number from 1 to 16")

    def require_multiples_of(self, alignment: int) -> None:
        """Refuse patches that a network of several scales cannot halve as often as it must.

        Raises:
            RecipeError: the side is not a multiple.
        """
        require(
            self.patch_size % alignment == 0,
            f"patches.patch_size is {self.patch_size}; with these model settings it must be a multiple of {alignment}",
        )


@dataclass(frozen=True)
class RestorerRecipe:
    """A residual network at half resolution, and in its middle a part of it at a quarter.

    Attributes:
        channels: between the residual blocks at half resolution.
        inner_channels: within each of them, between its two convolutions.
        blocks: how many there are.
        coarse_channels, coarse_blocks: the same at a quarter, within blocks too; 0 blocks = there is no such part.
    """

    channels: int = 32
    inner_channels: int = 64
    blocks: int = 4
    coarse_channels: int = 64
    coarse_blocks: int = 1

    def __post_init__(self) -> None:
        for name in ("channels", "inner_channels", "blocks", "coarse_channels"):
            require(getattr(self, name) >= 1, f"{name} is {getattr(self, name)}; it must be at least 1")
        require(self.coarse_blocks >= 0, f"coarse_blocks is {self.coarse_blocks}; it cannot be negative")


@dataclass(frozen=True)
class NoiseRecipe:
    """Gaussian noise: standard deviation drawn evenly between two bounds, in 8-bit grey levels."""

    lowest: float = 0.0
    highest: float = 50.0

    def __post_init__(self) -> None:
        require(
            0 <= self.lowest < self.highest <= 255,
            f"lowest, highest are {self.lowest}, {self.highest}; expected 0 <= lowest < highest <= 255",
        )


@dataclass(frozen=True)
class DenoiseRecipe:
    """A photograph without its noise, whose level is told."""

    model: RestorerRecipe
    noise: NoiseRecipe
    patches: PatchRecipe
    training: TrainingRecipe
    compression: CompressionRecipe
    run: RunRecipe


@dataclass(frozen=True)
class JpegRecipe:
    """JPEG compression with halved chroma, its quality as Pillow counts it.

    Attributes:
        lowest, highest: between which the quality is drawn evenly.
        fine_share: share of the patches whose quality is 90 to 100 instead, to learn what is to be left alone.
    """

    lowest: int = 5
    highest: int = 95
    fine_share: float = 0.2

    def __post_init__(self) -> None:
        require(
            1 <= self.lowest < self.highest <= 95,
            f"lowest, highest are {self.lowest}, {self.highest}; expected 1 <= lowest < highest <= 95",
        )
        require(0 <= self.fine_share < 1, f"fine_share is {self.fine_share}; expected a number from 0 to below 1")


@dataclass(frozen=True)
class DeblockRecipe:
    """A photograph without the blocks and rings of JPEG, whose quality is not told."""

    model: RestorerRecipe
    jpeg: JpegRecipe
    patches: PatchRecipe
    training: TrainingRecipe
    compression: CompressionRecipe
    run: RunRecipe


@dataclass(frozen=True)
class MaskRecipe:
    """What is missing or damaged.

    Attributes:
        folder: of masks of film damage, 8-bit, 255 = opaque; without one all damage is drawn.
        largest_hole: side in pixels; the smallest is 3.
    """

    folder: str = ""
    largest_hole: int = 48

    def __post_init__(self) -> None:
        require(self.largest_hole >= 6, f"largest_hole is {self.largest_hole}; it must be at least 6 pixels")


@dataclass(frozen=True)
class InpaintRecipe:
    """A photograph with what a mask says is missing filled in."""

    model: RestorerRecipe
    masks: MaskRecipe
    patches: PatchRecipe
    training: TrainingRecipe
    compression: CompressionRecipe
    run: RunRecipe


@dataclass(frozen=True)
class DetectorRecipe:
    """Convolutions at several scales, the finest half resolution.

    Attributes:
        channels: at the finest scale; each coarser one has as many more, up to ``widest``.
        levels: scales below the finest.
        widest: most channels.
    """

    channels: int = 24
    levels: int = 4
    widest: int = 80

    def __post_init__(self) -> None:
        for name in ("channels", "levels"):
            require(getattr(self, name) >= 1, f"{name} is {getattr(self, name)}; it must be at least 1")
        require(self.channels <= self.widest, f"channels is {self.channels}; it is at most widest, {self.widest}")

    def width(self, level: int) -> int:
        """Channels ``level`` scales below the finest."""
        return min(self.widest, self.channels * (1 + level))


@dataclass(frozen=True)
class DamageRecipe:
    """Where a photograph is scratched, dusty or stained."""

    model: DetectorRecipe
    masks: MaskRecipe
    patches: PatchRecipe
    training: TrainingRecipe
    compression: CompressionRecipe
    run: RunRecipe


@dataclass(frozen=True)
class SparseCodingRecipe:
    """Convolutional sparse coding.

    Attributes:
        atoms: filters of the dictionary.
        stride: pixels between two places of a filter; a filter is three strides wide and high.
        iterations: of soft thresholding, each with weights of its own.
        sparsity_weight: of the mean absolute code in the loss.
    """

    atoms: int = 96
    stride: int = 2
    iterations: int = 3
    sparsity_weight: float = 0.0

    def __post_init__(self) -> None:
        for name in ("atoms", "iterations"):
            require(getattr(self, name) >= 1, f"{name} is {getattr(self, name)}; it must be at least 1")
        require(self.stride in (2, 4), f"stride is {self.stride}; it is 2 or 4 pixels")
        require(self.sparsity_weight >= 0, f"sparsity_weight is {self.sparsity_weight}; it cannot be negative")


@dataclass(frozen=True)
class SparseRecipe:
    """A photograph without its noise, as a sum of few atoms of a learned dictionary."""

    model: SparseCodingRecipe
    noise: NoiseRecipe
    patches: PatchRecipe
    training: TrainingRecipe
    compression: CompressionRecipe
    run: RunRecipe
