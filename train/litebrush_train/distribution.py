"""One device or several, one machine or several: how a run is spread, by tf.distribute."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tqdm import tqdm

from litebrush.errors import RecipeError, TrainingError
from litebrush_train.pipeline import Batches

_LOSSES = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
    tf.errors.UnavailableError,
)
_FORM = '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Distribution:
    """What shares each batch.

    Attributes:
        strategy: of tf.distribute.
        worker: number of this process, from 0; the first is the chief, which writes the run's folder.
        workers: number of processes.
    """

    strategy: tf.distribute.Strategy
    worker: int = 0
    workers: int = 1

    @property
    def is_chief(self) -> bool:
        """Whether this process writes checkpoints, logs and the hand-over."""
        return self.worker == 0

    @property
    def replicas(self) -> int:
        """Devices of all processes that share a batch."""
        return int(self.strategy.num_replicas_in_sync)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Where networks and optimizers are made: all their variables hold the same on all replicas at all times.

        What a replica assigns in a step, such as the moving averages of a batch normalization, becomes the mean over
        the replicas at once. The chief then can save and use networks without the others.
        """
        with ExitStack() as stack:
            stack.enter_context(self.strategy.scope())
            if self.replicas > 1:
                stack.enter_context(tf.variable_creator_scope(_averaged))
            yield

    def dataset(self, batches: Batches, first_step: int, last_step: int) -> tf.data.Dataset:
        """The batches, each replica getting its share of each."""
        if self.replicas == 1:
            return batches.dataset(first_step, last_step)
        local = self.replicas // self.workers

        def shares(context: tf.distribute.InputContext) -> tf.data.Dataset:
            first = context.input_pipeline_id * local
            of_each = [batches.dataset(first_step, last_step, first + own, self.replicas) for own in range(local)]
            in_turn = tf.data.Dataset.range(local).repeat()
            return of_each[0] if local == 1 else tf.data.Dataset.choose_from_datasets(of_each, in_turn)

        return self.strategy.distribute_datasets_from_function(shares)

    def meet(self) -> None:
        """Wait until all workers have come as far as this."""
        if self.workers > 1:
            self.strategy.reduce(tf.distribute.ReduceOp.SUM, self.strategy.run(lambda: tf.ones(())), None)

    def part(self) -> None:
        """End together: the others wait for the chief, whose work is done by now whoever is lost."""
        try:
            self.meet()
        except _LOSSES:
            if not self.is_chief:
                raise


def _averaged(create: Any, **kwargs: Any) -> tf.Variable:
    if tf.as_dtype(kwargs.get("dtype") or tf.float32).is_floating:
        kwargs["aggregation"] = tf.VariableAggregation.MEAN
        kwargs["synchronization"] = tf.VariableSynchronization.AUTO
    return create(**kwargs)


@dataclass(frozen=True)
class Cluster:
    """The processes that a run was started as; nothing is connected yet.

    Attributes:
        strategy: None, ``mirrored`` or ``multiworker``.
        worker: number of this process, from 0; the first is the chief.
        workers: number of processes.
    """

    strategy: str | None = None
    worker: int = 0
    workers: int = 1

    @classmethod
    def of(cls, strategy: str | None) -> Cluster:
        """From what the command line says; ``multiworker`` reads the variable ``TF_CONFIG``.

        Raises:
            RecipeError: ``TF_CONFIG`` is missing, or not of the form that the message shows.
        """
        return cls(strategy, *_read_tf_config()) if strategy == "multiworker" else cls(strategy)

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the run's folder."""
        return self.worker == 0

    @property
    def replicas(self) -> int:
        """Devices that will share a batch; those of another machine are taken to be as many as here."""
        if self.strategy is None:
            return 1
        if self.workers > 1:
            return self.workers * max(1, len(tf.config.list_physical_devices("GPU")))
        return len(_local_devices())

    def require_divisible(self, batch_size: int) -> None:
        """Refuse a batch that cannot be shared evenly.

        Raises:
            RecipeError: with the numbers.
        """
        replicas = self.replicas
        if batch_size % replicas:
            raise RecipeError(
                f"training.batch_size is {batch_size}, which {replicas} replicas cannot share evenly; "
                f"give a multiple of {replicas}"
            )

    def connect(self) -> Distribution:
        """Wait for the other workers. To be called before TensorFlow computes anything.

        Raises:
            TrainingError: this worker cannot listen where ``TF_CONFIG`` says, or the others do not come.
        """
        if self.workers == 1:
            if self.replicas > 1:
                return Distribution(tf.distribute.MirroredStrategy(_local_devices()))
            if self.strategy is not None:
                tqdm.write(f"--strategy {self.strategy} finds one device, which takes each batch whole")
            return ONE_DEVICE
        tqdm.write(f"{self._name} waits for the others")
        try:
            return Distribution(tf.distribute.MultiWorkerMirroredStrategy(), self.worker, self.workers)
        except tf.errors.OpError as problem:
            raise TrainingError(f"{self._name} cannot join the others ({_reason(problem)}); check TF_CONFIG") from None

    @contextmanager
    def watching_for_lost_workers(self) -> Iterator[None]:
        """Turn the loss of another worker into words.

        Raises:
            TrainingError: another worker does not answer any more.
        """
        try:
            yield
        except _LOSSES as problem:
            if self.workers == 1:
                raise
            raise TrainingError(
                f"{self._name} lost others ({_reason(problem)}); see what they said last, then start all workers again "
                "with --resume"
            ) from None

    @property
    def _name(self) -> str:
        return f"worker {self.worker + 1} of {self.workers} (index {self.worker} in TF_CONFIG)"


ONE_DEVICE = Distribution(tf.distribute.get_strategy())


def _reason(problem: tf.errors.OpError) -> str:
    """What went wrong, without the name of the operation."""
    return re.sub(r"^\{\{.*?\}\} ", "", problem.message).partition("\n")[0]


def _local_devices() -> list[str]:
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return [device.name for device in devices]


def _read_tf_config() -> tuple[int, int]:
    """Number of this worker, and of all."""
    text = os.environ.get("TF_CONFIG")
    if text is None:
        raise RecipeError(f"multiworker needs the variable TF_CONFIG on each worker, with its own index: {_FORM}")
    try:
        config = json.loads(text)
        addresses, kind, worker = config["cluster"]["worker"], config["task"]["type"], int(config["task"]["index"])
    except (KeyError, TypeError, ValueError) as problem:
        reason = f"{type(problem).__name__}: {problem}"
        raise RecipeError(f"TF_CONFIG is not understood ({reason}); expected {_FORM}") from None
    if not isinstance(addresses, list) or list(config["cluster"]) != ["worker"] or kind != "worker":
        raise RecipeError(f"TF_CONFIG may list workers only, the first of which is the chief; expected {_FORM}")
    workers = len(addresses)
    if not 0 <= worker < workers:
        raise RecipeError(f"TF_CONFIG lists {workers} workers, and index {worker} is none of 0 to {workers - 1}")
    return worker, workers
