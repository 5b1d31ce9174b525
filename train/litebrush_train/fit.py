"""The optimization loop: one phase of a run, resumable at its last checkpoint."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras
from tqdm import tqdm

from litebrush.errors import TrainingError
from litebrush.metrics import psnr_db
from litebrush_train.config import PhaseRecipe
from litebrush_train.data import Samples

_SMOOTHING = 0.98


@dataclass(frozen=True)
class Phase:
    """One phase of optimization and where it lives.

    Attributes:
        name: shown in the progress bar and in the log.
        recipe: steps, rate, batch and patch size.
        folder: checkpoints are kept here.
        batches: the batches from a given first step on.
    """

    name: str
    recipe: PhaseRecipe
    folder: Path
    batches: Callable[[int], tf.data.Dataset]


class LogFile:
    """``log.csv`` of a run: a line a checkpoint. A kill between a checkpoint and its line loses the line."""

    _COLUMNS = ("phase", "step", "loss", "learning_rate", "validation_psnr_db")

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, phase: str, step: int, loss: float, learning_rate: float, validation_psnr_db: float) -> None:
        """Add one line, with the header before the first."""
        is_new = not self._path.exists()
        with self._path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(self._COLUMNS)
            writer.writerow([phase, step, f"{loss:.6f}", f"{learning_rate:.3e}", f"{validation_psnr_db:.3f}"])


def fit(model: keras.Model, phase: Phase, validation: Samples, checkpoint_every: int, log: LogFile) -> None:
    """Minimize the mean absolute error until the phase's last step, from its last checkpoint if there is one.

    The batch of a step and the learning rate depend on the step alone, so an interrupted and resumed phase
    ends with the same weights as an uninterrupted one.

    Raises:
        TrainingError: the loss or a weight became NaN or infinite.
    """
    recipe = phase.recipe
    if recipe.steps == 0:
        return
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, recipe.steps)
    optimizer = keras.optimizers.Adam(schedule, jit_compile=False)
    optimizer.build(model.trainable_variables)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer)
    manager = tf.train.CheckpointManager(checkpoint, str(phase.folder), max_to_keep=2)
    manager.restore_or_initialize()
    first_step = int(optimizer.iterations)
    if first_step == recipe.steps:
        return
    train_step = _train_step(model, optimizer)
    smoothed_loss: float | None = None
    with tqdm(total=recipe.steps, initial=first_step, desc=phase.name, unit=" steps", dynamic_ncols=True) as bar:
        for step, (inputs, target) in enumerate(phase.batches(first_step), start=first_step + 1):
            loss = float(train_step(inputs, target))
            if not np.isfinite(loss):
                raise _diverged(f"the loss became {loss}", step, phase, manager)
            smoothed_loss = loss if smoothed_loss is None else _SMOOTHING * smoothed_loss + (1 - _SMOOTHING) * loss
            bar.update()
            if step % checkpoint_every == 0 or step == recipe.steps:
                if not all(np.isfinite(weights).all() for weights in model.get_weights()):
                    raise _diverged("a weight became infinite or no number", step, phase, manager)
                manager.save(step)
                quality = validation_psnr_db(model, validation)
                log.append(phase.name, step, smoothed_loss, float(schedule(step)), quality)
                bar.set_postfix(loss=f"{smoothed_loss:.5f}", validation=f"{quality:.2f} dB")


def _diverged(what: str, step: int, phase: Phase, manager: tf.train.CheckpointManager) -> TrainingError:
    return TrainingError(
        f"{what} at step {step} of {phase.name}; begin again in a new --out with a lower {phase.name}.learning_rate "
        f"(the last good checkpoint is {manager.latest_checkpoint or 'none: it came before the first'})"
    )


def _train_step(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> Callable[..., tf.Tensor]:
    @tf.function
    def train_step(inputs: dict[str, tf.Tensor], target: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.abs(model(inputs, training=True) - target))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    return train_step


def validation_psnr_db(model: keras.Model, samples: Samples) -> float:
    """Mean PSNR in decibels of the restored samples, rounded and clipped to 8 bits."""
    restored = model.predict(samples.inputs(), batch_size=8, verbose=0)
    pictures = np.rint(np.clip(restored, 0, 1) * 255).astype(np.uint8)
    return float(np.mean([psnr_db(picture, truth) for picture, truth in zip(pictures, samples.clean)]))
