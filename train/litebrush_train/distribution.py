"""One machine or several: how a run is spread, by tf.distribute."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from litebrush.errors import RecipeError, TrainingError
from litebrush_train.pipeline import Batches

STRATEGIES = ("mirrored", "multiworker")


@dataclass(frozen=True)
class Distribution:
    """How a run is spread over devices and machines.

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

    def require_divisible(self, batch_size: int) -> None:
        """Refuse a batch that cannot be shared evenly.

        Raises:
            RecipeError: with the numbers.
        """
        replicas = self.strategy.num_replicas_in_sync
        if batch_size % replicas:
            raise RecipeError(f"a batch of {batch_size} cannot be shared by {replicas} replicas; give a multiple")

    def dataset(self, batches: Batches, first_step: int, last_step: int) -> tf.data.Dataset:
        """The batches, each replica getting its share of each."""
        replicas = self.strategy.num_replicas_in_sync
        if replicas == 1:
            return batches.dataset(first_step, last_step)
        local = replicas // self.workers

        def shares(context: tf.distribute.InputContext) -> tf.data.Dataset:
            first = context.input_pipeline_id * local
            of_each = tuple(batches.dataset(first_step, last_step, first + own, replicas) for own in range(local))
            return of_each[0] if local == 1 else tf.data.Dataset.choose_from_datasets(of_each, _in_turn(local))

        return self.strategy.distribute_datasets_from_function(shares)

    def own_folder(self, folder: Path) -> Path:
        """Where this process writes checkpoints: all must save, only the chief's are kept."""
        return folder if self.is_chief else Path(tempfile.mkdtemp(prefix="litebrush-worker-"))

    @contextmanager
    def watching_for_lost_workers(self) -> Iterator[None]:
        """Turn the loss of another worker into words.

        Raises:
            TrainingError: another worker does not answer any more.
        """
        try:
            yield
        except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.InternalError) as problem:
            if self.workers == 1:
                raise
            reason = str(problem).splitlines()[0]
            raise TrainingError(
                f"worker {self.worker} of {self.workers} lost the others ({reason}); start all workers again "
                "with --resume"
            ) from None


def _in_turn(count: int) -> tf.data.Dataset:
    return tf.data.Dataset.range(count).repeat()


def distribution(strategy: str | None) -> Distribution:
    """How to spread a run: None for one device, ``mirrored`` or ``multiworker``. Call it before any other TensorFlow.

    ``multiworker`` reads ``TF_CONFIG``, which every worker gets with its own task index::

        {"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}

    Raises:
        RecipeError: ``TF_CONFIG`` is missing or not of this form.
    """
    if strategy is None:
        return Distribution(tf.distribute.get_strategy())
    if strategy == "mirrored":
        return Distribution(tf.distribute.MirroredStrategy())
    try:
        config = json.loads(os.environ["TF_CONFIG"])
        workers, worker = len(config["cluster"]["worker"]), int(config["task"]["index"])
    except (KeyError, TypeError, ValueError) as problem:
        raise RecipeError(
            f"multiworker needs the variable TF_CONFIG ({type(problem).__name__}: {problem}); set it on each worker to "
            '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
        ) from None
    return Distribution(tf.distribute.MultiWorkerMirroredStrategy(), worker, workers)
