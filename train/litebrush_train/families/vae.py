"""``vae``: pictures as short vectors and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from litebrush.contract import ModelContract, Provenance
from litebrush.metrics import psnr_db, ssim
from litebrush.samples import Arrays
from litebrush.tasks import Task
from litebrush.tensors import Role, Signature, TensorSpec
from litebrush_train.compression.structure import Structure
from litebrush_train.contact_sheet import grid
from litebrush_train.families.generative import Generative
from litebrush_train.generation_quality import Labels
from litebrush_train.generative_recipes import VaeRecipe
from litebrush_train.handover import Network
from litebrush_train.learner import Batch, Losses, Networks, SupervisedLearner
from litebrush_train.models.vae import begin_as_principal_components, decoder, encoder
from litebrush_train.pictures import ImageFolder, Picture, Pictures
from litebrush_train.pipeline import Example
from litebrush_train.recipes import TrainingRecipe
from litebrush_train.square_pictures import read_squares

ENCODER, DECODER = "encoder", "decoder"
_SHOWN = 8
_OBSERVED = 64
_SKETCHED = 4096  # pictures whose principal components the networks begin with
_VALIDATION_STREAM = 2**63
_LARGEST_SHIFT = 1 / 16  # of a side


class SquareSource:
    """Square pictures, a little shifted, mirrored half of the time, with noise for the reparameterization."""

    def __init__(self, pictures: Pictures, latent: int) -> None:
        """Draw from ``pictures``."""
        self._pictures, self._latent = pictures, latent

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Of an example's tensors."""
        return {"image": self._pictures[0].shape, "noise": (self._latent,)}

    def example(self, random: np.random.Generator) -> Example:
        """A picture in [0, 1] and standard normal noise."""
        number = int(random.integers(len(self._pictures)))
        picture = _shifted(self._pictures[number], random)
        mirrored = picture[:, ::-1] if random.integers(2) else picture
        tensors = {"image": mirrored * np.float32(1 / 255), "noise": random.standard_normal(self._latent, np.float32)}
        return Example(tensors, (self._pictures.stored[number].path,))


class Vae(Generative[VaeRecipe]):
    """An encoder to mean and log-variance, and a decoder; on a device both are deterministic."""

    fits_pictures = True
    draws_by_class = False

    def read(self, folders: tuple[Path, ...], store: Path) -> ImageFolder:  # noqa: D102
        return read_squares(folders, self.recipe.model.side, self.recipe.run.validation_share, store)

    def networks(self, images: ImageFolder) -> Networks:  # noqa: D102
        encoding, decoding = encoder(self.recipe.model), decoder(self.recipe.model)
        begin_as_principal_components(encoding, decoding, _first(images.training, _SKETCHED))
        return {ENCODER: encoding, DECODER: decoding}

    def source(self, images: ImageFolder) -> SquareSource:  # noqa: D102
        return SquareSource(images.training, self.recipe.model.latent)

    def losses(self, networks: Networks, batch: Batch, step: tf.Tensor, warm_up_steps: float) -> Losses:
        """Squared error of a picture drawn from the latent's distribution, and that distribution's divergence.

        The negative evidence lower bound of Kingma and Welling 2014, by their reparameterization; the divergence's
        weight grows from zero over the warm-up.
        """
        mean, log_variance = networks[ENCODER](batch["image"], training=True)
        latent = mean + tf.exp(0.5 * log_variance) * batch["noise"]
        made = networks[DECODER](latent, training=True)
        error = tf.reduce_mean(tf.reduce_sum(tf.square(made - batch["image"]), [1, 2, 3]))
        divergence = 0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(log_variance) - 1 - log_variance, 1)
        divergence = tf.reduce_mean(divergence)
        warmth = tf.minimum(1.0, (tf.cast(step, tf.float32) + 1) / max(1.0, warm_up_steps))
        loss = error + self.recipe.divergence.weight * warmth * divergence
        return {"loss": loss, "squared_error": error, "divergence": divergence}

    def refiner(  # noqa: D102
        self,
        networks: Networks,
        original: Networks,
        recipe: TrainingRecipe,
        images: ImageFolder,
        ends_of_step: tuple[Callable[[], None], ...],
    ) -> SupervisedLearner:
        count = min(_OBSERVED, len(images.validation))
        truth = np.stack([images.validation[number] for number in range(count)])

        def made(networks: Networks, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
            mean, _ = networks[ENCODER](pictures / np.float32(255), training=False)
            return _to_bytes(networks[DECODER](mean, training=False).numpy())

        def evaluate(networks: Networks) -> Mapping[str, float]:
            pairs = list(zip(made(networks, truth), truth))
            return {
                "psnr_db": float(np.mean([psnr_db(picture, wanted) for picture, wanted in pairs])),
                "ssim": float(np.mean([ssim(picture, wanted) for picture, wanted in pairs])),
            }

        def preview(networks: Networks) -> Picture:
            shown = truth[:_SHOWN]
            drawn = self.drawn(networks, len(shown), None, images)
            return grid([*shown, *made(networks, shown), *drawn], len(shown))

        is_fresh = networks is original
        losses = partial(self.losses, warm_up_steps=self.recipe.divergence.warm_up * recipe.steps if is_fresh else 0)
        measure = self.measured(images)
        return SupervisedLearner(networks, recipe, losses, evaluate, preview, ends_of_step, measure)

    def drawn(  # noqa: D102
        self, networks: Networks, count: int, labels: Labels | None, images: ImageFolder
    ) -> NDArray[np.uint8]:
        return _to_bytes(networks[DECODER](self._latents(count), training=False).numpy())

    def _latents(self, count: int) -> NDArray[np.float32]:
        random = np.random.Generator(np.random.Philox(key=[self.recipe.run.seed, _VALIDATION_STREAM]))
        return random.standard_normal((count, self.recipe.model.latent), np.float32)

    def structures(self) -> Mapping[str, Structure]:  # noqa: D102
        return {ENCODER: Structure(ranges={"image": (0.0, 1.0)}), DECODER: Structure(pictures=("image",))}

    def typical_inputs(self, images: ImageFolder) -> Mapping[str, Mapping[str, NDArray[np.float32]]]:  # noqa: D102
        pictures = _first(images.training, _OBSERVED) / np.float32(255)
        return {ENCODER: {"image": pictures}, DECODER: {"latent": self._latents(len(pictures))}}

    def contract(self, images: ImageFolder, provenance: Provenance) -> ModelContract:  # noqa: D102
        side, latent = self.recipe.model.side, self.recipe.model.latent
        image = TensorSpec("image", Role.IMAGE, (1, side, side, 3))
        vector = TensorSpec("latent", Role.LATENT, (1, latent))
        return ModelContract(
            name=self.recipe.run.name,
            task=Task.AUTOENCODE,
            signatures=(Signature("encode", (image,), (vector,)), Signature("decode", (vector,), (image,))),
            tiling=None,
            provenance=provenance,
        )

    def handed(self, networks: Networks, contract: ModelContract) -> tuple[Network, ...]:  # noqa: D102
        def encode(image: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"latent": networks[ENCODER](image, training=False)[0]}

        def decode(latent: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"image": networks[DECODER](latent, training=False)}

        encoding, decoding = contract.signatures
        return Network(encoding, encode, networks[ENCODER]), Network(decoding, decode, networks[DECODER])

    def calibration(self, images: ImageFolder) -> Arrays:  # noqa: D102
        return self._arrays(images.training, self.recipe.run.calibration_images)

    def validation(self, images: ImageFolder) -> Arrays:  # noqa: D102
        return self._arrays(images.validation, _OBSERVED)

    def _arrays(self, pictures: Pictures, count: int) -> Arrays:
        chosen = _first(pictures, count)
        return {"encode/image": chosen, "decode/latent": self._latents(len(chosen))}


def _first(pictures: Pictures, count: int) -> NDArray[np.uint8]:
    """Evenly spread over all, so that every class is among them."""
    numbers = np.linspace(0, len(pictures) - 1, min(count, len(pictures))).astype(int)
    return np.stack([pictures[int(number)] for number in numbers])


def _shifted(picture: Picture, random: np.random.Generator) -> Picture:
    """The picture moved by a few pixels; at its edges it goes on with its last ones."""
    side = len(picture)
    reach = round(side * _LARGEST_SHIFT)
    top, left = random.integers(2 * reach, size=2, endpoint=True)
    grown = np.pad(picture, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    return grown[top : top + side, left : left + side]


def _to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
