"""What decides a training run: one dataclass a family, whose fields are the sections of its TOML file."""

from __future__ import annotations

import math
from dataclasses import dataclass

from litebrush_train.config import require

COMPRESSIONS = ("none", "qat", "prune", "prune-2:4", "cluster", "prune-qat", "channels")
ARCHITECTURES = ("hinge", "dcgan")
ARITHMETICS = ("float32", "mixed_bfloat16")


def _require_even_side(name: str, side: int, least: int) -> None:
    require(side >= least and side % 2 == 0, f"{name} is {side}; it must be even and at least {least} pixels")


@dataclass(frozen=True)
class RunRecipe:
    """What concerns the run as a whole.

    Attributes:
        name: of the model; its files are called after it.
        seed: decides weights, patches and noise; two runs with one seed on one machine are equal.
        validation_share: share of the files that training never sees; parity tables are computed on them.
        checkpoint_every: steps between two checkpoints.
        calibration_images: pictures handed to the exporter as representative dataset.
        arithmetic: of the first phase: ``float32``, or ``mixed_bfloat16``, which is faster on processors with
            AVX512-BF16 or AMX and slower on all others. Networks are compressed in float32.
    """

    name: str
    seed: int = 0
    validation_share: float = 0.05
    checkpoint_every: int = 500
    calibration_images: int = 32
    arithmetic: str = "float32"

    def __post_init__(self) -> None:
        allowed = self.name.replace("-", "").replace("_", "").isalnum() and self.name.isascii()
        require(allowed, f"name is '{self.name}'; use letters, digits, - and _")
        require(0 <= self.seed < 2**32, f"seed is {self.seed}; expected 0 to 4294967295")
        require(
            0 < self.validation_share < 1,
            f"validation_share is {self.validation_share}; expected a number between 0 and 1",
        )
        require(self.checkpoint_every >= 1, f"checkpoint_every is {self.checkpoint_every}; it must be at least 1")
        require(self.calibration_images >= 1, f"calibration_images is {self.calibration_images}; it must be at least 1")
        require(self.arithmetic in ARITHMETICS, f"arithmetic is '{self.arithmetic}'; there is {', '.join(ARITHMETICS)}")


@dataclass(frozen=True)
class TrainingRecipe:
    """Optimization by Adam, whose rate falls from ``learning_rate`` to zero along half a cosine."""

    steps: int
    learning_rate: float
    batch_size: int = 16

    def __post_init__(self) -> None:
        require(self.steps >= 0, f"steps is {self.steps}; it cannot be negative")
        require(
            0 < self.learning_rate < math.inf, f"learning_rate is {self.learning_rate}; it must be above 0 and finite"
        )
        require(self.batch_size >= 1, f"batch_size is {self.batch_size}; it must be at least 1")


@dataclass(frozen=True)
class CompressionRecipe(TrainingRecipe):
    """Training on with a compressed network; each method takes ``steps`` (``prune-qat``: twice).

    Attributes:
        method: ``none``; ``qat``: quantization-aware training; ``prune``: the smallest weights become zero, wherever
            they are; ``prune-2:4``: two of every four; ``cluster``: each layer keeps few distinct weights;
            ``prune-qat``: pruned, then quantization-aware; ``channels``: whole channels go, the network gets smaller.
        sparsity: share of the weights (``prune``) or channels (``channels``) that go.
        clusters: distinct weights a layer.
    """

    method: str = "qat"
    sparsity: float = 0.5
    clusters: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.method in COMPRESSIONS, f"method is '{self.method}'; there is {', '.join(COMPRESSIONS)}")
        require(0 < self.sparsity < 1, f"sparsity is {self.sparsity}; expected a number between 0 and 1")
        require(self.clusters >= 2, f"clusters is {self.clusters}; it must be at least 2")


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


@dataclass(frozen=True)
class AutoencoderRecipe:
    """The two networks of a variational autoencoder.

    Attributes:
        side: of the square pictures, 64 or 128 pixels.
        latent: length of the latent vector.
        channels: of the first and last hidden layer; each layer further in has twice as many, up to 96.
    """

    side: int = 64
    latent: int = 128
    channels: int = 32

    def __post_init__(self) -> None:
        require(self.side in (64, 128), f"side is {self.side}; it is 64 or 128 pixels")
        require(self.latent >= 1, f"latent is {self.latent}; it must be at least 1")
        require(self.channels >= 1, f"channels is {self.channels}; it must be at least 1")


@dataclass(frozen=True)
class DivergenceRecipe:
    """The Kullback-Leibler term of the loss.

    Attributes:
        weight: of the divergence in nats a picture, against the squared error summed over a picture.
        warm_up: share of the steps over which the weight grows from zero.
    """

    weight: float = 1.0
    warm_up: float = 0.2

    def __post_init__(self) -> None:
        require(0 <= self.weight < math.inf, f"weight is {self.weight}; it cannot be negative")
        require(0 <= self.warm_up <= 1, f"warm_up is {self.warm_up}; expected a number between 0 and 1")


@dataclass(frozen=True)
class VaeRecipe:
    """Pictures as short vectors and back."""

    model: AutoencoderRecipe
    divergence: DivergenceRecipe
    training: TrainingRecipe
    compression: CompressionRecipe
    run: RunRecipe


@dataclass(frozen=True)
class GeneratorRecipe:
    """The two networks of a GAN.

    Attributes:
        architecture: ``hinge``: nearest upsampling and convolutions, hinge loss, spectral normalization, differentiable
            augmentation, averaged weights; ``dcgan``: the textbook's transposed convolutions (Radford et al. 2016).
        side: of the square pictures, 64 or 128 pixels.
        latent: length of the latent vector.
        channels: of the generator's last hidden layer; each layer before it has twice as many, up to 128.
        truncation: factor of the latents that the generator is handed over with, above 0 and at most 1. Below 1 it
            draws more typical pictures that differ less, as with StyleGAN's psi (Karras et al. 2019). Training does
            without.
    """

    architecture: str = "hinge"
    side: int = 64
    latent: int = 128
    channels: int = 16
    discriminator_channels: int = 32
    truncation: float = 1.0

    def __post_init__(self) -> None:
        require(0 < self.truncation <= 1, f"truncation is {self.truncation}; it is above 0 and at most 1")
        require(
            self.architecture in ARCHITECTURES,
            f"architecture is '{self.architecture}'; there is {', '.join(ARCHITECTURES)}",
        )
        require(self.side in (64, 128), f"side is {self.side}; it is 64 or 128 pixels")
        require(self.latent >= 1, f"latent is {self.latent}; it must be at least 1")
        require(self.channels >= 1, f"channels is {self.channels}; it must be at least 1")
        require(
            self.discriminator_channels >= 1,
            f"discriminator_channels is {self.discriminator_channels}; it must be at least 1",
        )


@dataclass(frozen=True)
class AdversarialRecipe(TrainingRecipe):
    """Adversarial training; the rate stays.

    Attributes:
        learning_rate: the generator's.
        discriminator_learning_rate: the discriminator's.
        average_half_life: steps after which a weight counts half in the averaged generator.
        class_weight: of the cross-entropy by which a discriminator that classifies learns the classes of real pictures,
            and the generator learns to draw what is recognised.
    """

    discriminator_learning_rate: float = 2e-4
    average_half_life: float = 500.0
    class_weight: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        rate = self.discriminator_learning_rate
        require(0 < rate < math.inf, f"discriminator_learning_rate is {rate}; it must be above 0 and finite")
        require(self.average_half_life > 0, f"average_half_life is {self.average_half_life}; it must be above 0")
        require(self.class_weight >= 0, f"class_weight is {self.class_weight}; it cannot be negative")


@dataclass(frozen=True)
class GanRecipe:
    """Pictures drawn from noise, by class where the folder has classes."""

    model: GeneratorRecipe
    training: AdversarialRecipe
    compression: CompressionRecipe
    run: RunRecipe


@dataclass(frozen=True)
class SequenceModelRecipe(RestorerRecipe):
    """A recurrent residual network; ``state_channels``, at half resolution, go from a frame to the next.

    Twelve of them are an average of the frames, the others of their features.
    """

    state_channels: int = 24

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.state_channels > 12, f"state_channels is {self.state_channels}; it must be more than 12")


@dataclass(frozen=True)
class ClipRecipe:
    """Short pieces of video, and what has happened to them besides noise.

    Attributes:
        frames: in a clip; training goes through so many steps of time.
        still_share: share of the scenes that are stills with synthetic motion, where there are videos too.
        fastest_px: the farthest that a point of a still moves from a frame to the next; 0 = stills stand still.
        stop_share: share of the moving stills whose motion suddenly stops.
        cut_share: share of the clips with a cut from a scene to another.
        flicker: largest standard deviation of the brightness over time, as a share of it; half of the clips have none.
        scratches: most moving scratches at once; half of the clips have none.
    """

    frames: int = 8
    still_share: float = 0.5
    fastest_px: float = 4.0
    stop_share: float = 0.1
    cut_share: float = 0.1
    flicker: float = 0.1
    scratches: int = 2

    def __post_init__(self) -> None:
        require(self.frames >= 2, f"frames is {self.frames}; a clip has at least 2")
        for name in ("still_share", "stop_share", "cut_share"):
            share = getattr(self, name)
            require(0 <= share <= 1, f"{name} is {share}; expected a number from 0 to 1")
        require(0 <= self.fastest_px <= 64, f"fastest_px is {self.fastest_px}; expected a number from 0 to 64")
        require(0 <= self.flicker <= 0.5, f"flicker is {self.flicker}; expected a number from 0 to 0.5")
        require(0 <= self.scratches <= 100, f"scratches is {self.scratches}; expected a number from 0 to 100")


@dataclass(frozen=True)
class RnnRecipe:
    """A video without its noise, whose level is told, its flicker and its scratches."""

    model: SequenceModelRecipe
    noise: NoiseRecipe
    clips: ClipRecipe
    patches: PatchRecipe
    training: TrainingRecipe
    compression: CompressionRecipe
    run: RunRecipe
