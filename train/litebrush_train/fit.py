"""The optimization loop: one phase of a run, resumable at its last checkpoint."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from litebrush.errors import TrainingError
from litebrush_train.distribution import Distribution
from litebrush_train.journal import Journal
from litebrush_train.learner import Learner, Losses
from litebrush_train.pipeline import Batches

_SMOOTHING = 0.98
_NAMED_FILES = 5
_SHOWN = ("_db", "f1", "FID", "accuracy", "ssim")
_MEASURED_EVERY = 4  # checkpoints; describing hundreds of pictures takes seconds


@dataclass(frozen=True)
class Phase:
    """One phase of optimization and where it lives.

    Attributes:
        name: shown in the progress bar and in the log.
        section: of the recipe, which decides about it.
        steps: all of them, those of an earlier process included.
        run: folder of the run.
        batches: what is learned from.
        checkpoint_every: steps between two checkpoints.
    """

    name: str
    section: str
    steps: int
    run: Path
    batches: Batches
    checkpoint_every: int

    @property
    def checkpoints(self) -> Path:
        """Folder of its checkpoints."""
        return self.run / "checkpoints" / self.name

    @property
    def finished(self) -> Path:
        """Folder of the networks that it ended with, without what only further training needs."""
        return _finished(self.run, self.name)

    @property
    def begun(self) -> bool:
        """Whether there is something to go on with."""
        return bool(tf.train.latest_checkpoint(str(self.checkpoints)) or finished_networks(self.run, self.name))


def finished_networks(run: Path, phase: str) -> dict[str, str]:
    """The checkpoints of the networks that a phase of a run ended with, by name; none if it did not end."""
    folders = _finished(run, phase).glob("*/")
    found = {folder.name: tf.train.latest_checkpoint(str(folder)) for folder in folders}
    return {name: path for name, path in found.items() if path}


def _finished(run: Path, phase: str) -> Path:
    return run / "finished" / phase


class _Means:
    """Losses smoothed over the last steps, and the share of the time that went into waiting for data."""

    def __init__(self) -> None:
        self.smoothed: dict[str, float] = {}
        self._waited = self._worked = 0.0
        self._steps = 0

    def add(self, losses: Mapping[str, float], waited: float, worked: float) -> None:
        for name, value in losses.items():
            before = self.smoothed.get(name, value)
            self.smoothed[name] = _SMOOTHING * before + (1 - _SMOOTHING) * value
        self._waited += waited
        self._worked += worked
        self._steps += 1

    def take(self) -> dict[str, float]:
        """The figures since the last call."""
        spent = self._waited + self._worked
        figures = {**self.smoothed, "seconds_a_step": spent / self._steps, "data_share": self._waited / spent}
        self._waited = self._worked = 0.0
        self._steps = 0
        return figures


def fit(learner: Learner, phase: Phase, distribution: Distribution) -> None:
    """Learn until the phase's last step, from its last checkpoint if there is one; a finished phase is just read.

    The batch of a step and the learning rate depend on the step alone, so an interrupted and resumed phase
    ends with the same weights as an uninterrupted one.

    Raises:
        TrainingError: a loss or a weight became NaN or infinite.
    """
    if phase.steps == 0:
        return
    networks = {name: tf.train.Checkpoint(network=network) for name, network in learner.networks.items()}
    finished = finished_networks(phase.run, phase.name)
    if finished.keys() >= networks.keys():
        for name, network in networks.items():
            network.restore(finished[name])
        return
    _go_on(learner, phase, distribution)
    if distribution.is_chief:
        for name, network in networks.items():
            network.save(str(phase.finished / name / "network"))


def _go_on(learner: Learner, phase: Phase, distribution: Distribution) -> None:
    checkpoint = tf.train.Checkpoint(**learner.kept)
    manager = tf.train.CheckpointManager(checkpoint, str(phase.checkpoints), max_to_keep=2)
    latest = tf.train.latest_checkpoint(str(phase.checkpoints))
    if latest:
        checkpoint.restore(latest)
    first_step = learner.steps_done
    if first_step >= phase.steps:
        return
    learn = _learn(learner, distribution.strategy)
    journal = Journal(phase.run, phase.name)
    means = _Means()
    quality: dict[str, float] = {}
    batches = iter(distribution.dataset(phase.batches, first_step, phase.steps))
    hidden = not distribution.is_chief
    with tqdm(total=phase.steps, initial=first_step, desc=phase.name, unit=" steps", disable=hidden) as bar:
        for step in range(first_step + 1, phase.steps + 1):
            began = time.perf_counter()
            batch = next(batches)
            received = time.perf_counter()
            losses = {name: float(value) for name, value in learn(batch).items()}
            means.add(losses, received - began, time.perf_counter() - received)
            for name, value in losses.items():
                if not np.isfinite(value):
                    raise _diverged(f"{name.replace('_', ' ')} became {value}", step, phase)
            bar.set_postfix_str(_in_short(means.smoothed, quality), refresh=False)
            bar.update()
            if step % phase.checkpoint_every == 0 or step == phase.steps:
                if not _finite(learner):
                    raise _diverged("a weight became infinite or no number", step, phase)
                if distribution.is_chief:
                    manager.save(step)
                    figures = {**means.take(), "learning_rate": learner.learning_rate, **learner.evaluate()}
                    if step % (_MEASURED_EVERY * phase.checkpoint_every) == 0 or step == phase.steps:
                        figures |= learner.measure()
                    journal.write(step, figures, learner.preview())
                    quality = {name: value for name, value in figures.items() if name.endswith(_SHOWN)}


def _learn(learner: Learner, strategy: tf.distribute.Strategy) -> tf.types.experimental.PolymorphicFunction:
    @tf.function
    @tf.autograph.experimental.do_not_convert  # no step branches on a tensor in Python; rewriting it takes seconds
    def learn(batch: Mapping[str, tf.Tensor]) -> Losses:
        losses = strategy.run(learner.learn, (batch,))
        return {name: strategy.reduce(tf.distribute.ReduceOp.MEAN, value, None) for name, value in losses.items()}

    return learn


def _finite(learner: Learner) -> bool:
    variables = (variable for part in learner.kept.values() for variable in part.variables)
    return all(bool(tf.reduce_all(tf.math.is_finite(value))) for value in variables if value.dtype.is_floating)


def _in_short(losses: Mapping[str, float], quality: Mapping[str, float]) -> str:
    return ", ".join(f"{name}={value:.4g}" for name, value in {**losses, **quality}.items())


def _diverged(what: str, step: int, phase: Phase) -> TrainingError:
    files = phase.batches.files(step - 1)
    named = ", ".join(f"'{file}'" for file in files[:_NAMED_FILES])
    more = f" and {len(files) - _NAMED_FILES} more" if len(files) > _NAMED_FILES else ""
    came_from = f" on a batch from {named}{more}" if files else ""
    latest = tf.train.latest_checkpoint(str(phase.checkpoints))
    return TrainingError(
        f"{what} at step {step} of {phase.name}{came_from}; begin again in a new --out with a lower "
        f"{phase.section}.learning_rate (the last good checkpoint is {latest or 'none: it came before the first'})"
    )
