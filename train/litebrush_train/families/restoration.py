"""What the families share that turn a degraded photograph into a picture or a mask."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray

from litebrush.contract import ModelContract, Provenance, Tiling
from litebrush.metrics import psnr_db, ssim
from litebrush.samples import Arrays
from litebrush.tasks import Task
from litebrush.tensors import Role, Signature, TensorSpec
from litebrush_train.contact_sheet import grid
from litebrush_train.families.family import Family, RecipeType
from litebrush_train.handover import Network
from litebrush_train.learner import Batch, Losses, Networks, SupervisedLearner
from litebrush_train.patches import NOISE_LEVEL, PatchSource, Sample, draw_samples, inputs_of, stacked
from litebrush_train.pictures import ImageFolder, Picture, load_image_folders
from litebrush_train.recipes import TrainingRecipe

MODEL = "model"
_OBSERVED = 12
_OBSERVED_SIDE = 128
_SHOWN = 6
_VALIDATION_SAMPLES = 12
_ROLES = {"image": Role.IMAGE, NOISE_LEVEL: Role.NOISE_LEVEL, "mask": Role.MASK}


class Restoration(Family[RecipeType]):
    """One network, degraded photograph in, picture or mask out.

    Class attributes:
        task: of the contract.
        signature: name of the one signature.
        output: name of its output tensor.
        validation_turn: the turn of :meth:`spoil_in_turn` that all of the hand-over's held-out samples take; None
            lets them go round.
    """

    task: ClassVar[Task] = Task.RESTORE
    signature: ClassVar[str] = "restore"
    output: ClassVar[str] = "restored"
    validation_turn: ClassVar[int | None] = None

    @abstractmethod
    def network(self, height: int | None = None, width: int | None = None) -> keras.Model:
        """A fresh network, inputs named as the tensors of :meth:`spoil`."""

    @abstractmethod
    def tiling(self) -> Tiling:
        """How large pictures are cut."""

    @abstractmethod
    def spoil(self, clean: Picture, random: np.random.Generator) -> Sample:
        """Degrade a patch for training."""

    @abstractmethod
    def spoil_in_turn(self, clean: Picture, random: np.random.Generator, number: int) -> Sample:
        """Degrade a picture for looking at, with strengths that go round with ``number``."""

    def losses(self, networks: Networks, batch: Batch, step: tf.Tensor) -> Losses:
        """What is minimized: the mean absolute error."""
        return {"distance": tf.reduce_mean(tf.abs(self._run(networks[MODEL], batch) - batch["target"]))}

    def figures(self, outputs: NDArray[np.uint8], samples: tuple[Sample, ...]) -> Mapping[str, float]:
        """Quality of outputs, (count, H, W, channels), in 8 bits: mean PSNR and SSIM."""
        pairs = [(output, sample.target) for output, sample in zip(outputs, samples)]
        return {
            "psnr_db": float(np.mean([psnr_db(output, truth) for output, truth in pairs])),
            "ssim": float(np.mean([ssim(output, truth) for output, truth in pairs])),
        }

    def read(self, folders: tuple[Path, ...], store: Path) -> ImageFolder:  # noqa: D102
        self.recipe.patches.require_multiples_of(self.tiling().alignment)
        return load_image_folders(
            folders, self.recipe.run.validation_share, self.recipe.patches.patch_size, store=store
        )

    def networks(self, images: ImageFolder) -> Networks:  # noqa: D102
        return {MODEL: self.network()}

    def source(self, images: ImageFolder) -> PatchSource:  # noqa: D102
        patches = self.recipe.patches
        return PatchSource(images.training, patches.patch_size, self.spoil, patches.reduction)

    def typical_inputs(self, images: ImageFolder) -> Mapping[str, Mapping[str, NDArray[np.float32]]]:  # noqa: D102
        return {MODEL: inputs_of(self._observed(images, training=True))}

    def contract(self, images: ImageFolder, provenance: Provenance) -> ModelContract:  # noqa: D102
        side = self.recipe.patches.tile_size
        sample = self.spoil(np.zeros((side, side, 3), np.uint8), np.random.default_rng(0))
        shapes = {name: tensor.shape for name, tensor in sample.tensors().items()}
        channels = sample.target.shape[2]
        inputs = tuple(self.tensor_spec(name, (1, *shapes[name])) for name in sample.inputs)
        role = Role.IMAGE if channels == 3 else Role.MASK
        outputs = (TensorSpec(self.output, role, (1, side, side, channels)),)
        return ModelContract(
            name=self.recipe.run.name,
            task=self.task,
            signatures=(Signature(self.signature, inputs, outputs),),
            tiling=self.tiling(),
            provenance=provenance,
        )

    def tensor_spec(self, name: str, shape: tuple[int, ...]) -> TensorSpec:
        """One input of the contract."""
        return TensorSpec(name, _ROLES[name], shape)

    def handed(self, networks: Networks, contract: ModelContract) -> tuple[Network, ...]:  # noqa: D102
        network = networks[MODEL]

        def restore(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return {self.output: network(inputs, training=False)}

        return (Network(contract.signatures[0], restore, network),)

    def calibration(self, images: ImageFolder) -> Arrays:  # noqa: D102
        samples = draw_samples(
            images.training,
            self.recipe.run.calibration_images,
            self.recipe.patches.tile_size,
            self.recipe.run.seed,
            self.spoil_in_turn,
        )
        return stacked(samples, self.signature, with_target=False)

    def validation(self, images: ImageFolder) -> Arrays:  # noqa: D102
        samples = draw_samples(
            images.validation,
            _VALIDATION_SAMPLES,
            self.recipe.patches.tile_size,
            self.recipe.run.seed,
            self._spoil_for_validation,
        )
        return stacked(samples, self.signature, with_target=True)

    def _spoil_for_validation(self, clean: Picture, random: np.random.Generator, number: int) -> Sample:
        return self.spoil_in_turn(clean, random, number if self.validation_turn is None else self.validation_turn)

    def _run(self, network: keras.Model, batch: Batch) -> tf.Tensor:
        return network({name: batch[name] for name in network.input_names if name in batch}, training=True)

    def refiner(  # noqa: D102
        self,
        networks: Networks,
        original: Networks,
        recipe: TrainingRecipe,
        images: ImageFolder,
        ends_of_step: tuple[Callable[[], None], ...],
    ) -> SupervisedLearner:
        samples = self._observed(images, training=False)

        def outputs(networks: Networks, count: int) -> NDArray[np.uint8]:
            real = networks[MODEL](inputs_of(samples[:count]), training=False).numpy()
            return np.rint(np.clip(real, 0, 1) * 255).astype(np.uint8)

        def preview(networks: Networks) -> Picture:
            made = outputs(networks, _SHOWN)
            rows = ([sample.inputs["image"] for sample in samples[:_SHOWN]], made, [s.target for s in samples[:_SHOWN]])
            return grid([np.broadcast_to(shown, (*shown.shape[:2], 3)) for row in rows for shown in row], _SHOWN)

        return SupervisedLearner(
            networks,
            recipe,
            self.losses,
            lambda networks: self.figures(outputs(networks, _OBSERVED), samples),
            preview,
            ends_of_step,
        )

    def _observed(self, images: ImageFolder, training: bool) -> tuple[Sample, ...]:
        pictures = images.training if training else images.validation
        return draw_samples(pictures, _OBSERVED, _OBSERVED_SIDE, self.recipe.run.seed, self.spoil_in_turn)
