"""What decides a training run, whatever is trained: the sections of a TOML file that each family has."""

from __future__ import annotations

import math
from dataclasses import dataclass

from litebrush_train.config import require

COMPRESSIONS = ("none", "qat", "prune", "prune-2:4", "cluster", "prune-qat", "channels")
ARITHMETICS = ("float32", "mixed_bfloat16")


@dataclass(frozen=True)
class RunRecipe:
    """What concerns the run as a whole.

    Attributes:
        name: of the model; its files are called after it.
        seed: decides weights, patches and noise; two runs with one seed on one machine are equal.
        validation_share: share of the files that training never sees; parity tables are computed on them.
        checkpoint_every: steps between two checkpoints.
        calibration_images: pictures handed to the exporter as representative dataset.
        arithmetic: ``float32``, or ``mixed_bfloat16``, which is faster on processors with AVX512-BF16 or AMX and
            slower on all others. Compression uses it for convolutions of more than a pixel only.
    """

    name: str
    seed: int = 0
    validation_share: float = 0.05
    checkpoint_every: int = 500
    calibration_images: int = 32
    arithmetic: str = "float32"

    def __post_init__(self) -> None:
        allowed = self.name.replace("-", "").replace("_", "").isalnum() and self.name.isascii()
        require(allowed, f"name is '{self.name}'; use letters, digits, - and _")
        require(0 <= self.seed < 2**32, f"seed is {self.seed}; expected 0 to 4294967295")
        require(
            0 < self.validation_share < 1,
            f"validation_share is {self.validation_share}; expected a number between 0 and 1",
        )
        require(self.checkpoint_every >= 1, f"checkpoint_every is {self.checkpoint_every}; it must be at least 1")
        require(self.calibration_images >= 1, f"calibration_images is {self.calibration_images}; it must be at least 1")
        require(self.arithmetic in ARITHMETICS, f"arithmetic is '{self.arithmetic}'; there is {', '.join(ARITHMETICS)}")


@dataclass(frozen=True)
class TrainingRecipe:
    """Optimization by Adam, whose rate falls from ``learning_rate`` to zero along half a cosine."""

    steps: int
    learning_rate: float
    batch_size: int = 16

    def __post_init__(self) -> None:
        require(self.steps >= 0, f"steps is {self.steps}; it cannot be negative")
        require(
            0 < self.learning_rate < math.inf, f"learning_rate is {self.learning_rate}; it must be above 0 and finite"
        )
        require(self.batch_size >= 1, f"batch_size is {self.batch_size}; it must be at least 1")


@dataclass(frozen=True)
class CompressionRecipe(TrainingRecipe):
    """Training on with a compressed network; each method takes ``steps`` (``prune-qat``: twice).

    Attributes:
        method: ``none``; ``qat``: quantization-aware training; ``prune``: the smallest weights become zero, wherever
            they are; ``prune-2:4``: two of every four; ``cluster``: each layer keeps few distinct weights;
            ``prune-qat``: pruned, then quantization-aware; ``channels``: whole channels go, the network gets smaller.
        sparsity: share of the weights (``prune``) or channels (``channels``) that go.
        clusters: distinct weights a layer.
    """

    method: str = "qat"
    sparsity: float = 0.5
    clusters: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.method in COMPRESSIONS, f"method is '{self.method}'; there is {', '.join(COMPRESSIONS)}")
        require(0 < self.sparsity < 1, f"sparsity is {self.sparsity}; expected a number between 0 and 1")
        require(self.clusters >= 2, f"clusters is {self.clusters}; it must be at least 2")
