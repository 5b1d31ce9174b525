"""What decides the training of networks that draw pictures: one dataclass a family, whose fields are the sections."""

from __future__ import annotations

import math
from dataclasses import dataclass

from litebrush_train.config import require
from litebrush_train.recipes import CompressionRecipe, RunRecipe, TrainingRecipe

ARCHITECTURES = ("hinge", "dcgan")


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
