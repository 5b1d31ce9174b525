"""Untrained networks of each family, handed over as training does it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import tf_keras as keras

from litebrush.contract import ModelContract, Tiling
from litebrush.tasks import Task
from litebrush.tensors import Signature
from litebrush_train.handover import Network, write_handover
from litebrush_train.models.rnn import ALIGNMENT, STATE_RANGE, cell, receptive_field_radius
from litebrush_train.sequence_recipes import SequenceModelRecipe
from made.contracts import IMAGE, LABELS, NOISE_LEVEL, RESTORED, STATES, make_task_contract
from made.networks import shaken
from made.pictures import photo_pixels

COUNT, STEPS = 4, 3
FAMILIES = (Task.INPAINT, Task.DETECT, Task.GENERATE, Task.AUTOENCODE, Task.RESTORE_SEQUENCE)


def make_handover(task: Task, folder: Path) -> Path:
    """A hand-over of small made samples; the networks' weights are the same each time."""
    keras.utils.set_random_seed(3)
    contract = make_task_contract(task)
    models = {
        Task.INPAINT: _inpainter,
        Task.DETECT: _detector,
        Task.GENERATE: _generator,
        Task.AUTOENCODE: _autoencoder,
        Task.RESTORE_SEQUENCE: _recurrent,
    }[task]()
    networks = tuple(_network(signature, model) for signature, model in zip(contract.signatures, models))
    return write_handover(folder, contract, networks, (), _calibration(contract), _validation(contract))


def make_cell_handover(folder: Path) -> Path:
    """A small one of the recurrent networks that are trained, for pictures of any size."""
    keras.utils.set_random_seed(3)
    recipe = SequenceModelRecipe(channels=8, blocks=1, coarse_blocks=0, state_channels=16)
    network = shaken(cell(recipe), 0.08)
    before, after = (replace(state, shape=(1, 32, 32, recipe.state_channels)) for state in STATES)
    step = Signature("restore", (replace(IMAGE, name="frame"), NOISE_LEVEL, before), (RESTORED, after))
    contract = replace(
        make_task_contract(Task.RESTORE_SEQUENCE),
        signatures=(step,),
        tiling=Tiling(receptive_field_radius(recipe), ALIGNMENT, resizable=True),
    )
    states = np.random.default_rng(0).uniform(*STATE_RANGE, (COUNT, *before.shape[1:])).astype(np.float32)
    levels = {axes: np.full(axes, 25, np.float32) for axes in ((COUNT,), (2, STEPS))}
    calibration = {
        "restore/frame": _pictures(COUNT),
        "restore/noise_level": levels[COUNT,],
        "restore/state": states,
    }
    validation = {
        "restore/frame": _pictures(2, STEPS),
        "restore/noise_level": levels[2, STEPS],
        "restore/target": _pictures(2, STEPS),
    }
    networks = (Network(step, lambda **inputs: dict(zip(("restored", "next_state"), network(inputs))), network),)
    return write_handover(folder, contract, networks, (), calibration, validation)


def _network(signature: Signature, model: keras.Model) -> Network:
    names = [spec.name for spec in signature.outputs]
    return Network(signature, lambda **inputs: dict(zip(names, _listed(model(inputs)))), model)


def _listed(outputs):
    return outputs if isinstance(outputs, list) else [outputs]


def _convolution(channels: int, activation: str | None = None, **kwargs) -> keras.layers.Layer:
    return keras.layers.Conv2D(channels, 3, padding="same", activation=activation, **kwargs)


def _inpainter() -> tuple[keras.Model]:
    image, mask = keras.Input((64, 64, 3), 1, name="image"), keras.Input((64, 64, 1), 1, name="mask")
    x = _convolution(4, "relu")(keras.layers.Concatenate()([image, mask]))
    return (keras.Model([image, mask], keras.layers.Add()([image, _convolution(3)(x)])),)


def _detector() -> tuple[keras.Model]:
    image = keras.Input((64, 64, 3), 1, name="image")
    return (keras.Model(image, _convolution(1, "sigmoid")(_convolution(4, "relu")(image))),)


def _generator() -> tuple[keras.Model]:
    latent, label = keras.Input((8,), 1, name="latent"), keras.Input((len(LABELS),), 1, name="label")
    return (keras.Model([latent, label], _decoded(keras.layers.Concatenate()([latent, label]))),)


def _autoencoder() -> tuple[keras.Model, keras.Model]:
    image, latent = keras.Input((64, 64, 3), 1, name="image"), keras.Input((8,), 1, name="latent")
    x = _convolution(4, "relu", strides=8)(image)
    return (
        keras.Model(image, keras.layers.Dense(8)(keras.layers.Flatten()(x))),
        keras.Model(latent, _decoded(latent)),
    )


def _decoded(x):
    x = keras.layers.Reshape((8, 8, 4))(keras.layers.Dense(256, "relu")(x))
    x = keras.layers.UpSampling2D(8, interpolation="nearest")(x)
    return _convolution(3, "sigmoid")(x)


def _recurrent() -> tuple[keras.Model]:
    """A network that remembers an average at half resolution."""
    image, level = keras.Input((64, 64, 3), 1, name="image"), keras.Input((32, 32, 1), 1, name="noise_level")
    state = keras.Input((32, 32, 4), 1, name="state")
    x = _convolution(4, "relu", strides=2)(image)
    next_state = _convolution(4, "tanh")(keras.layers.Concatenate()([x, level, state]))
    remembered = keras.layers.UpSampling2D(2, interpolation="nearest")(next_state)
    restored = keras.layers.Add()([image, _convolution(3)(remembered)])
    return (keras.Model([image, level, state], [restored, next_state]),)


def _pictures(*axes: int) -> np.ndarray:
    count = int(np.prod(axes))
    return np.stack([photo_pixels(64, 64, seed) for seed in range(count)]).reshape(*axes, 64, 64, 3)


def _masks(*axes: int) -> np.ndarray:
    return np.where(_pictures(*axes)[..., :1] > 150, 255, 0).astype(np.uint8)


def _latents(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def _inputs(contract: ModelContract, *axes: int) -> dict[str, np.ndarray]:
    made = {
        "image": _pictures(*axes),
        "mask": _masks(*axes),
        "noise_level": np.full(axes, 25, np.float32),
        "latent": _latents(*axes, 8),
        "label": np.eye(len(LABELS), dtype=np.float32)[np.arange(int(np.prod(axes))) % len(LABELS)],
    }
    return {
        f"{signature.name}/{spec.name}": made[spec.name]
        for signature in contract.signatures
        for spec in signature.inputs
        if spec.name in made
    }


def _calibration(contract: ModelContract) -> dict[str, np.ndarray]:
    states = {"restore/state": np.tanh(_latents(COUNT, 32, 32, 4))} if contract.states else {}
    return {**_inputs(contract, COUNT), **states}


def _validation(contract: ModelContract) -> dict[str, np.ndarray]:
    axes = (2, STEPS) if contract.states else (COUNT,)
    truths = {
        Task.INPAINT: {"inpaint/target": _pictures(*axes)},
        Task.DETECT: {"detect/target": _masks(*axes)},
        Task.RESTORE_SEQUENCE: {"restore/target": _pictures(*axes)},
    }
    return {**_inputs(contract, *axes), **truths.get(contract.task, {})}
