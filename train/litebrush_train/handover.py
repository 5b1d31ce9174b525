"""The hand-over from training to export: a folder, so that no Keras object crosses the line.

handover/
    contract.json                task, tensors, tiling, provenance
    saved_model/                 one named signature, static shapes, batch 1
    quantization_aware_model/    the same with learned quantization ranges, where training went that far
    calibration.npz              representative dataset, from training pictures
    validation.npz               degraded pictures with their truth, from pictures that training never saw
    golden.npz                   a small picture and what Keras makes of it

The arrays of the .npz files are named after the model's inputs and hold stored values: pictures as uint8,
noise levels in grey levels. ``target`` is the truth.
"""

from __future__ import annotations

import math
from importlib.metadata import version
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras

from litebrush.atomic import atomic_folder
from litebrush.contract import ModelContract, Provenance, Role, Task, TensorSpec, Tiling
from litebrush.verification import fill_by_reflection
from litebrush_train.compression import pin_picture_ranges
from litebrush_train.config import Recipe
from litebrush_train.data import ImageFolder, Samples, draw_samples
from litebrush_train.models.cnn import BLOCK_SIZE, receptive_field_radius

SIGNATURE = "restore"
_CALIBRATION_NOISE_LEVELS = 6
_VALIDATION_NOISE_LEVEL = 25.0
_VALIDATION_PICTURES = 12
_GOLDEN_SIDE = 64
_PICTURE_LAYERS = ("with_noise_level", "restored")


def write_handover(
    folder: Path,
    contract: ModelContract,
    model: keras.Model,
    quantized_model: keras.Model | None,
    images: ImageFolder,
    recipe: Recipe,
) -> Path:
    """Write the folder whole or not at all, in the place of an older one.

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
    with atomic_folder(folder) as temporary:
        (temporary / "contract.json").write_text(contract.to_json(), encoding="utf-8")
        _save(model, contract, temporary / "saved_model")
        if quantized_model is not None:
            pin_picture_ranges(quantized_model, _PICTURE_LAYERS)
            _save(quantized_model, contract, temporary / "quantization_aware_model")
        _write_samples(calibration, temporary / "calibration.npz")
        _write_samples(validation, temporary / "validation.npz", target=validation.clean)
        _write_golden(model, validation, side, temporary / "golden.npz")
    return folder


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
    return ModelContract(
        name="denoise",
        task=Task.RESTORE,
        signature=SIGNATURE,
        inputs=(
            TensorSpec("image", Role.IMAGE, (1, side, side, 3)),
            TensorSpec("noise_level", Role.NOISE_LEVEL, (1, half, half, 1), highest=recipe.noise.highest),
        ),
        outputs=(TensorSpec("restored", Role.IMAGE, (1, side, side, 3)),),
        tiling=Tiling(halo=receptive_field_radius(recipe.model), alignment=BLOCK_SIZE, resizable=True),
        provenance=Provenance(
            training_data=training_data,
            training_data_sha256=images_sha256,
            licence=licence,
            recipe=recipe.to_dict(),
            versions={name: version(name) for name in ("litebrush", "tensorflow", "tf-keras")},
        ),
    )


def _save(model: keras.Model, contract: ModelContract, folder: Path) -> None:
    tensors = {spec.name: tf.TensorSpec(spec.shape, tf.float32, name=spec.name) for spec in contract.inputs}

    @tf.function
    def restore(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {contract.outputs[0].name: model(inputs, training=False)}

    module = tf.Module()
    module.model = model
    tf.saved_model.save(module, str(folder), signatures={SIGNATURE: restore.get_concrete_function(**tensors)})


def _write_samples(samples: Samples, path: Path, **more: np.ndarray) -> None:
    np.savez_compressed(path, image=samples.noisy, noise_level=samples.noise_levels, **more)


def _write_golden(model: keras.Model, samples: Samples, side: int, path: Path) -> None:
    picture = samples.noisy[0, :_GOLDEN_SIDE, :_GOLDEN_SIDE]
    level = samples.noise_levels[0]
    filled = fill_by_reflection(picture, side, side)
    inputs = Samples(filled[None], level[None], filled[None]).inputs()
    expected = model.predict(inputs, verbose=0)[0, :_GOLDEN_SIDE, :_GOLDEN_SIDE]
    np.savez_compressed(path, picture=picture, noise_level=np.int64(level), expected=expected)
