"""Examples into batches, made ahead of the optimizer.

The examples of a step are a function of (seed, phase, step, place in the batch) alone. That makes a run repeatable
and a resumed run equal to one that was never interrupted, for there is no iterator state to save; and it lets each
of several workers make its own share of the same batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.float32]]

_PREFETCHED_BATCHES = 8
_PHASE_BITS = 48


@dataclass(frozen=True)
class Example:
    """One thing to learn from.

    Attributes:
        tensors: float32 arrays by name, without a batch axis.
        files: where it came from.
    """

    tensors: Tensors
    files: tuple[Path, ...] = ()


class ExampleSource(Protocol):
    """Where examples come from."""

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shape of each tensor of an example."""

    def example(self, random: np.random.Generator) -> Example:
        """An example that depends on the state of ``random`` alone."""


@dataclass(frozen=True)
class Batches:
    """The batches of one phase of a run.

    Attributes:
        source: of the examples.
        size: examples in a batch, over all workers.
        seed: of the run.
        phase: number of the phase; each draws other examples.
    """

    source: ExampleSource
    size: int
    seed: int
    phase: int = 0

    def examples(self, step: int, shard: int = 0, shards: int = 1) -> tuple[Example, ...]:
        """One shard of a step's batch."""
        share = self.size // shards
        key = [self.seed, (self.phase << _PHASE_BITS) + step]
        return tuple(
            self.source.example(np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, place])))
            for place in range(shard * share, (shard + 1) * share)
        )

    def files(self, step: int) -> tuple[Path, ...]:
        """The files that a step's batch came from, in order, each once."""
        return tuple(dict.fromkeys(file for example in self.examples(step) for file in example.files))

    def dataset(self, first_step: int, last_step: int, shard: int = 0, shards: int = 1) -> tf.data.Dataset:
        """Steps ``first_step`` (from 0) to before ``last_step``: float32 tensors (size / shards, ...) by name."""
        shapes = self.source.shapes
        share = self.size // shards

        def make(step: tf.Tensor) -> list[NDArray[np.float32]]:
            examples = self.examples(int(step), shard, shards)
            return [np.stack([example.tensors[name] for example in examples]) for name in shapes]

        def load(step: tf.Tensor) -> dict[str, tf.Tensor]:
            tensors = tf.numpy_function(make, [step], [tf.float32] * len(shapes), stateful=False)
            for name, tensor in zip(shapes, tensors):
                tensor.set_shape((share, *shapes[name]))
            return dict(zip(shapes, tensors))

        return tf.data.Dataset.range(first_step, last_step).map(load).prefetch(_PREFETCHED_BATCHES)
