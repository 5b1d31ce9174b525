"""``gan``: pictures drawn from noise, by class where the folder has class folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray

from litebrush.contract import ModelContract, Provenance
from litebrush.samples import Arrays
from litebrush.tasks import Task
from litebrush.tensors import Role, Signature, TensorSpec
from litebrush_train.adversarial import AdversarialLearner
from litebrush_train.augmentation import RANDOM_NUMBERS
from litebrush_train.compression.structure import Structure
from litebrush_train.contact_sheet import grid
from litebrush_train.families.generative import Generative
from litebrush_train.generation_quality import Labels
from litebrush_train.generative_recipes import GanRecipe
from litebrush_train.handover import Network
from litebrush_train.learner import Batch, Losses, Networks, SupervisedLearner
from litebrush_train.models.gan import discriminator, generator, truncated
from litebrush_train.pictures import ImageFolder, Picture, Pictures
from litebrush_train.pipeline import Example
from litebrush_train.recipes import TrainingRecipe
from litebrush_train.square_pictures import one_hot, read_squares, require_classes

GENERATOR = "generator"
_DRAWN_STREAM = 2**63
_MEASURED_STREAM = 3
_PREVIEW_COLUMNS = 8
_PREVIEWS = 64
_VALIDATION_PICTURES = 64


class PicturesAndLatents:
    """Real pictures, mirrored half of the time, with fresh latents for as many generated ones."""

    def __init__(self, pictures: Pictures, labels: NDArray[np.int64], classes: int, latent: int) -> None:
        """Draw from ``pictures`` with ``labels``; ``classes`` is 0 where there are none."""
        self._pictures, self._labels, self._classes, self._latent = pictures, labels, classes, latent

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Of an example's tensors."""
        label = {"label": (self._classes,)} if self._classes else {}
        return {
            "image": self._pictures[0].shape,
            "latent": (self._latent,),
            "augmentation": (2 * RANDOM_NUMBERS,),
            **label,
        }

    def example(self, random: np.random.Generator) -> Example:
        """A picture in [-1, 1], a latent, numbers for augmentation and the picture's label, one-hot."""
        number = int(random.integers(len(self._pictures)))
        picture = self._pictures[number]
        mirrored = picture[:, ::-1] if random.integers(2) else picture
        label = {"label": one_hot(self._labels[number], self._classes)} if self._classes else {}
        return Example(
            {
                "image": mirrored / np.float32(127.5) - 1,
                "latent": random.standard_normal(self._latent, np.float32),
                "augmentation": random.random(2 * RANDOM_NUMBERS, np.float32),
                **label,
            },
            (self._pictures.stored[number].path,),
        )


class Gan(Generative[GanRecipe]):
    """A generator and its discriminator."""

    fits_pictures = True
    draws_by_class = True

    def read(self, folders: tuple[Path, ...], store: Path) -> ImageFolder:  # noqa: D102
        images = read_squares(folders, self.recipe.model.side, self.recipe.run.validation_share, store)
        require_classes(images)
        return images

    def networks(self, images: ImageFolder) -> Networks:  # noqa: D102
        return {GENERATOR: generator(self.recipe.model, len(images.classes))}

    def source(self, images: ImageFolder) -> PicturesAndLatents:  # noqa: D102
        labels = images.labels(images.training) if images.classes else np.zeros(len(images.training), np.int64)
        return PicturesAndLatents(images.training, labels, len(images.classes), self.recipe.model.latent)

    def learner(self, networks: Networks, images: ImageFolder) -> AdversarialLearner:  # noqa: D102
        return AdversarialLearner(
            self.recipe.model.architecture,
            networks[GENERATOR],
            discriminator(self.recipe.model, len(images.classes)),
            self.recipe.training,
            self.measured(images),
            lambda average: self._sheet(average, images),
        )

    def finished(self, networks: Networks) -> Networks:  # noqa: D102
        return {GENERATOR: truncated(networks[GENERATOR], self.recipe.model)}

    def refiner(  # noqa: D102
        self,
        networks: Networks,
        original: Networks,
        recipe: TrainingRecipe,
        images: ImageFolder,
        ends_of_step: tuple[Callable[[], None], ...],
    ) -> SupervisedLearner:
        def losses(networks: Networks, batch: Batch, step: tf.Tensor) -> Losses:
            inputs = {name: batch[name] for name in ("latent", "label") if name in batch}
            wanted = original[GENERATOR](inputs, training=False)
            return {"distance": tf.reduce_mean(tf.abs(networks[GENERATOR](inputs, training=True) - wanted))}

        return SupervisedLearner(
            networks,
            recipe,
            losses,
            lambda networks: {},
            lambda networks: self._sheet(networks[GENERATOR], images),
            ends_of_step,
            self.measured(images),
        )

    def drawn(  # noqa: D102
        self, networks: Networks, count: int, labels: Labels | None, images: ImageFolder
    ) -> NDArray[np.uint8]:
        inputs = {"latent": self._latents(count, _MEASURED_STREAM)}
        if labels is not None:
            inputs["label"] = one_hot(labels, len(images.classes))
        return pictures_of(networks[GENERATOR], inputs)

    def structures(self) -> Mapping[str, Structure]:  # noqa: D102
        return {GENERATOR: Structure(ranges={"label": (0.0, 1.0)})}

    def typical_inputs(self, images: ImageFolder) -> Mapping[str, Mapping[str, NDArray[np.float32]]]:  # noqa: D102
        return {GENERATOR: self._draws(images, self.recipe.run.calibration_images, 1)}

    def contract(self, images: ImageFolder, provenance: Provenance) -> ModelContract:  # noqa: D102
        side, latent, classes = self.recipe.model.side, self.recipe.model.latent, len(images.classes)
        label = (TensorSpec("label", Role.LABEL, (1, classes)),) if classes else ()
        image = TensorSpec("image", Role.IMAGE, (1, side, side, 3), minimum=-1.0, maximum=1.0)
        return ModelContract(
            name=self.recipe.run.name,
            task=Task.GENERATE,
            signatures=(Signature("generate", (TensorSpec("latent", Role.LATENT, (1, latent)), *label), (image,)),),
            labels=images.classes,
            tiling=None,
            provenance=provenance,
        )

    def handed(self, networks: Networks, contract: ModelContract) -> tuple[Network, ...]:  # noqa: D102
        def generate(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"image": networks[GENERATOR](inputs, training=False)}

        return (Network(contract.signature, generate, networks[GENERATOR]),)

    def calibration(self, images: ImageFolder) -> Arrays:  # noqa: D102
        return self._stored(images, self.recipe.run.calibration_images, 1)

    def validation(self, images: ImageFolder) -> Arrays:  # noqa: D102
        return self._stored(images, _VALIDATION_PICTURES, 2)

    def _stored(self, images: ImageFolder, count: int, stream: int) -> Arrays:
        return {f"generate/{name}": array for name, array in self._draws(images, count, stream).items()}

    def _draws(self, images: ImageFolder, count: int, stream: int) -> dict[str, NDArray[np.float32]]:
        """Latents, and labels that go round the classes: the same for the same stream."""
        latents = self._latents(count, stream)
        if not images.classes:
            return {"latent": latents}
        return {"latent": latents, "label": one_hot(np.arange(count) % len(images.classes), len(images.classes))}

    def _latents(self, count: int, stream: int) -> NDArray[np.float32]:
        random = np.random.Generator(np.random.Philox(key=[self.recipe.run.seed, _DRAWN_STREAM + stream]))
        return random.standard_normal((count, self.recipe.model.latent), np.float32)

    def _sheet(self, network: keras.Model, images: ImageFolder) -> Picture:
        return grid(pictures_of(network, self._draws(images, _PREVIEWS, 0)), _PREVIEW_COLUMNS)


def pictures_of(network: keras.Model, inputs: Mapping[str, NDArray[np.float32]]) -> NDArray[np.uint8]:
    """What a generator makes of its inputs, (count, side, side, 3) uint8 RGB."""
    made = network(dict(inputs), training=False).numpy()
    return np.rint((np.clip(made, -1, 1) + 1) * 127.5).astype(np.uint8)
