"""What a trained denoiser promises, and its hand-over."""

from __future__ import annotations

import math
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray

from litebrush.contract import ModelContract, Provenance, Tiling
from litebrush.samples import array_key
from litebrush.tasks import Task
from litebrush.tensors import TARGET, Role, Signature, TensorSpec
from litebrush_train.compression import pin_picture_ranges
from litebrush_train.config import Recipe
from litebrush_train.data import ImageFolder, Samples, draw_samples
from litebrush_train.handover import Network, write_handover
from litebrush_train.models.cnn import BLOCK_SIZE, receptive_field_radius

_CALIBRATION_NOISE_LEVELS = 6
_VALIDATION_NOISE_LEVEL = 25.0
_VALIDATION_PICTURES = 12
_PICTURE_LAYERS = ("with_noise_level", "restored")


def hand_over_denoiser(
    folder: Path,
    contract: ModelContract,
    model: keras.Model,
    quantized_model: keras.Model | None,
    images: ImageFolder,
    recipe: Recipe,
) -> Path:
    """Write a denoiser's hand-over folder.

    Args:
        folder: where.
        contract: of the model.
        model: inputs ``image`` and ``noise_level``, one output.
        quantized_model: the same after quantization-aware training, or None.
        images: where calibration (training pictures) and validation (held-out pictures) come from.
        recipe: seed, sizes and noise levels.
    """
    side = recipe.run.tile_size
    levels = tuple(np.linspace(recipe.noise.lowest, recipe.noise.highest, _CALIBRATION_NOISE_LEVELS))
    calibration = draw_samples(images.training, levels, recipe.run.calibration_images, side, recipe.run.seed)
    level = float(np.clip(_VALIDATION_NOISE_LEVEL, math.ceil(recipe.noise.lowest), math.floor(recipe.noise.highest)))
    validation = draw_samples(images.validation, (level,), _VALIDATION_PICTURES, side, recipe.run.seed)
    signature = contract.signature
    quantized: tuple[Network, ...] = ()
    if quantized_model is not None:
        pin_picture_ranges(quantized_model, _PICTURE_LAYERS)
        quantized = (_network(signature, quantized_model),)
    return write_handover(
        folder,
        contract,
        networks=(_network(signature, model),),
        quantized=quantized,
        calibration=_stored(signature, calibration),
        validation={**_stored(signature, validation), array_key(signature, TARGET): validation.clean},
    )


def denoiser_contract(recipe: Recipe, images_sha256: str, training_data: str, licence: str) -> ModelContract:
    """What a denoiser of this recipe promises.

    Args:
        recipe: decides shapes, halo and the highest noise level.
        images_sha256: digest of the training images.
        training_data: the images, by name and licence, in words.
        licence: of the weights, as an SPDX identifier.

    Raises:
        ContractError: a network that is too deep for the recipe's tile size.
    """
    side = recipe.run.tile_size
    half = side // BLOCK_SIZE
    restore = Signature(
        name="restore",
        inputs=(
            TensorSpec("image", Role.IMAGE, (1, side, side, 3)),
            TensorSpec("noise_level", Role.NOISE_LEVEL, (1, half, half, 1), highest=recipe.noise.highest),
        ),
        outputs=(TensorSpec("restored", Role.IMAGE, (1, side, side, 3)),),
    )
    return ModelContract(
        name="denoise",
        task=Task.RESTORE,
        signatures=(restore,),
        tiling=Tiling(halo=receptive_field_radius(recipe.model), alignment=BLOCK_SIZE, resizable=True),
        provenance=Provenance(
            training_data=training_data,
            training_data_sha256=images_sha256,
            licence=licence,
            recipe=recipe.to_dict(),
            versions={name: version(name) for name in ("litebrush", "tensorflow", "tf-keras")},
        ),
    )


def _network(signature: Signature, model: keras.Model) -> Network:
    def restore(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {signature.output(Role.IMAGE).name: model(inputs, training=False)}

    return Network(signature, restore, model)


def _stored(signature: Signature, samples: Samples) -> dict[str, NDArray[Any]]:
    image, level = signature.input(Role.IMAGE).name, signature.input(Role.NOISE_LEVEL).name
    return {array_key(signature, image): samples.noisy, array_key(signature, level): samples.noise_levels}
