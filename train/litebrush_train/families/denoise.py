"""``denoise``: a photograph without its noise, whose level is told."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tf_keras as keras

from litebrush.contract import Tiling
from litebrush.noise import add_gaussian_noise
from litebrush.tensors import TensorSpec
from litebrush_train.compression.structure import Structure
from litebrush_train.families.restoration import MODEL, Restoration
from litebrush_train.learner import Batch, Losses, Networks
from litebrush_train.losses import root_mean_squares
from litebrush_train.models.cnn import restorer, restorer_alignment, restorer_channel_groups, restorer_radius
from litebrush_train.patches import NOISE_LEVEL, Sample
from litebrush_train.pictures import Picture
from litebrush_train.restoration_recipes import DenoiseRecipe, NoiseRecipe, SparseRecipe

_LEVELS_TO_LOOK_AT = (15.0, 25.0, 50.0)


def noisy(clean: Picture, level: float, random: np.random.Generator) -> Sample:
    """A picture with noise of a level in grey levels, which is told."""
    return Sample({"image": add_gaussian_noise(clean, level, random), NOISE_LEVEL: np.float32(level)}, clean)


def level_in_turn(noise: NoiseRecipe, number: int) -> float:
    """Noise levels 15, 25 and 50 in turn, as far as the recipe allows them."""
    return float(np.clip(_LEVELS_TO_LOOK_AT[number % len(_LEVELS_TO_LOOK_AT)], noise.lowest, noise.highest))


class Denoise(Restoration[DenoiseRecipe | SparseRecipe]):
    """Residual network at half resolution, trained on Gaussian noise."""

    validation_turn = 1  # noise level 25

    def network(self, height: int | None = None, width: int | None = None) -> keras.Model:  # noqa: D102
        return restorer(self.recipe.model, noise_level=True, height=height, width=width)

    def losses(self, networks: Networks, batch: Batch, step: tf.Tensor) -> Losses:
        """What is minimized: the root mean square error of a patch, in the mean over patches."""
        error = self._run(networks[MODEL], batch) - batch["target"]
        return {"distance": tf.reduce_mean(root_mean_squares(error))}

    def tiling(self) -> Tiling:  # noqa: D102
        model = self.recipe.model
        return Tiling(restorer_radius(model), restorer_alignment(model), resizable=True)

    def structures(self) -> dict[str, Structure]:  # noqa: D102
        groups = restorer_channel_groups(self.recipe.model)
        return {
            MODEL: Structure(
                groups, {"image": (0.0, 1.0), "noise_level": (0.0, 1.0)}, pictures=("with_noise_level", "restored")
            )
        }

    def spoil(self, clean: Picture, random: np.random.Generator) -> Sample:  # noqa: D102
        return noisy(clean, random.uniform(self.recipe.noise.lowest, self.recipe.noise.highest), random)

    def spoil_in_turn(self, clean: Picture, random: np.random.Generator, number: int) -> Sample:  # noqa: D102
        return noisy(clean, level_in_turn(self.recipe.noise, number), random)

    def tensor_spec(self, name: str, shape: tuple[int, ...]) -> TensorSpec:  # noqa: D102
        spec = super().tensor_spec(name, shape)
        return (
            TensorSpec(spec.name, spec.role, shape, highest=self.recipe.noise.highest) if name == NOISE_LEVEL else spec
        )
