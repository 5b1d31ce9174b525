"""What learns: networks with their optimizers, one step at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import tensorflow as tf
import tf_keras as keras

from litebrush_train.pictures import Picture
from litebrush_train.recipes import TrainingRecipe

Batch = Mapping[str, tf.Tensor]
Losses = Mapping[str, tf.Tensor]
Networks = Mapping[str, keras.Model]


class Learner(Protocol):
    """What :func:`litebrush_train.fit.fit` drives, keeps and looks at."""

    @property
    def networks(self) -> Networks:
        """Those that reach a device, by name."""

    @property
    def kept(self) -> Mapping[str, tf.Module]:
        """All that a checkpoint holds: networks, optimizers with their schedules, averages."""

    @property
    def steps_done(self) -> int:
        """Optimization steps behind it."""

    @property
    def learning_rate(self) -> float:
        """At the next step."""

    def learn(self, batch: Batch) -> Losses:
        """One optimization step on one replica's share of a batch; runs inside a tf.function."""

    def evaluate(self) -> Mapping[str, float]:
        """Figures on what training never sees, by name with unit, such as ``psnr_db``."""

    def measure(self) -> Mapping[str, float]:
        """Figures that take too long for every checkpoint."""

    def preview(self) -> Picture:
        """A picture of how far it is."""


class SupervisedLearner:
    """Networks that minimize one loss together, by Adam along half a cosine."""

    def __init__(
        self,
        networks: Networks,
        recipe: TrainingRecipe,
        losses: Callable[[Networks, Batch, tf.Tensor], Losses],
        evaluate: Callable[[Networks], Mapping[str, float]],
        preview: Callable[[Networks], Picture],
        ends_of_step: tuple[Callable[[], None], ...] = (),
        measure: Callable[[Networks], Mapping[str, float]] = lambda networks: {},
    ) -> None:
        """Join networks and what they shall minimize.

        Args:
            networks: by name.
            recipe: steps and rate.
            losses: (networks, batch, step) to scalars by name, means over the batch; the first is minimized.
            evaluate, preview: of the networks.
            ends_of_step: called in the graph after each step, such as to renew the masks of pruned weights.
            measure: of the networks, now and then.
        """
        self.networks = networks
        self._variables = [variable for model in networks.values() for variable in model.trainable_variables]
        self._schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, max(1, recipe.steps))
        self._optimizer = keras.optimizers.Adam(self._schedule, jit_compile=False)
        self._optimizer.build(self._variables)
        self._losses = losses
        self._evaluate = evaluate
        self._measure = measure
        self._preview = preview
        self._ends_of_step = ends_of_step

    @property
    def kept(self) -> Mapping[str, tf.Module]:
        """Networks and optimizer."""
        return {**self.networks, "optimizer": self._optimizer}

    @property
    def steps_done(self) -> int:
        """Of the optimizer."""
        return int(self._optimizer.iterations.numpy())

    @property
    def learning_rate(self) -> float:
        """Of the schedule."""
        return float(self._schedule(self._optimizer.iterations))

    def learn(self, batch: Batch) -> Losses:
        """One step of Adam."""
        with tf.GradientTape() as tape:
            losses = self._losses(self.networks, batch, self._optimizer.iterations)
            replicas = tf.distribute.get_strategy().num_replicas_in_sync
            minimized = next(iter(losses.values())) / replicas
        self._optimizer.apply_gradients(zip(tape.gradient(minimized, self._variables), self._variables))
        for end_of_step in self._ends_of_step:
            end_of_step()
        return losses

    def evaluate(self) -> Mapping[str, float]:
        """Of the networks."""
        return self._evaluate(self.networks)

    def measure(self) -> Mapping[str, float]:
        """Of the networks."""
        return self._measure(self.networks)

    def preview(self) -> Picture:
        """Of the networks."""
        return self._preview(self.networks)
