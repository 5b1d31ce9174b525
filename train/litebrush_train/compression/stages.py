"""Which stages each method of compression takes, and what a stage does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray

from litebrush_train.compression.channels import drop_channels, require_droppable
from litebrush_train.compression.clustering import cluster, strip_clusters, too_small_to_cluster
from litebrush_train.compression.equalization import equalize
from litebrush_train.compression.pruning import (
    dense_under_two_of_four,
    masks_renewal,
    prune,
    prune_two_of_four,
    strip_masks,
)
from litebrush_train.compression.quantization import (
    learn_ranges,
    quantization_aware,
    require_quantizable,
    settle_ranges,
)
from litebrush_train.compression.structure import Structure
from litebrush_train.recipes import CompressionRecipe

Inputs = Mapping[str, NDArray[np.float32]]


class Stage(ABC):
    """Training on with a changed network.

    Attributes:
        name: of the phase.
        quantizes: whether the finished network carries ranges of 8-bit arithmetic.
    """

    name: ClassVar[str]
    quantizes: ClassVar[bool] = False

    def require(self, network: keras.Model, structure: Structure) -> None:  # noqa: B027
        """Refuse, with RecipeError, what this stage cannot take; to be called before any training."""

    @abstractmethod
    def begin(
        self, network: keras.Model, recipe: CompressionRecipe, structure: Structure, typical_inputs: Inputs
    ) -> keras.Model:
        """The network to train; the given one stays as it is.

        Args:
            network: a functional model.
            recipe: steps, sparsity, clusters.
            structure: what its layers do not say.
            typical_inputs: float32 by input name, typical of what the network will see.
        """

    def left_alone(self, network: keras.Model, recipe: CompressionRecipe) -> tuple[str, ...]:
        """Names of the layers with kernels that this stage will not compress."""
        return ()

    def end_of_step(self, network: keras.Model) -> Callable[[], None] | None:
        """What the learner of the begun network calls in the graph after each optimization step."""
        return None

    def finish(self, network: keras.Model) -> keras.Model:
        """The trained network without what only training needs."""
        return network


class Pruning(Stage):
    """The smallest weights of each kernel become zero."""

    name = "pruning"

    def begin(  # noqa: D102
        self, network: keras.Model, recipe: CompressionRecipe, structure: Structure, typical_inputs: Inputs
    ) -> keras.Model:
        return prune(network, recipe)

    def end_of_step(self, network: keras.Model) -> Callable[[], None]:  # noqa: D102
        return masks_renewal(network)

    def finish(self, network: keras.Model) -> keras.Model:  # noqa: D102
        return strip_masks(network)


class PruningTwoOfFour(Pruning):
    """Two of every four weights along the input channels become zero."""

    def begin(  # noqa: D102
        self, network: keras.Model, recipe: CompressionRecipe, structure: Structure, typical_inputs: Inputs
    ) -> keras.Model:
        return prune_two_of_four(network)

    def left_alone(self, network: keras.Model, recipe: CompressionRecipe) -> tuple[str, ...]:  # noqa: D102
        return dense_under_two_of_four(network)


class Clustering(Stage):
    """Each kernel keeps few distinct weights."""

    name = "clustering"

    def begin(  # noqa: D102
        self, network: keras.Model, recipe: CompressionRecipe, structure: Structure, typical_inputs: Inputs
    ) -> keras.Model:
        return cluster(network, recipe.clusters)

    def left_alone(self, network: keras.Model, recipe: CompressionRecipe) -> tuple[str, ...]:  # noqa: D102
        return too_small_to_cluster(network, recipe.clusters)

    def finish(self, network: keras.Model) -> keras.Model:  # noqa: D102
        return strip_clusters(network)


class ChannelPruning(Stage):
    """Whole channels go."""

    name = "channel_pruning"

    def require(self, network: keras.Model, structure: Structure) -> None:  # noqa: D102
        require_droppable(network, structure.groups)

    def begin(  # noqa: D102
        self, network: keras.Model, recipe: CompressionRecipe, structure: Structure, typical_inputs: Inputs
    ) -> keras.Model:
        return drop_channels(network, structure.groups, recipe.sparsity, typical_inputs)


class QuantizationAwareTraining(Stage):
    """8-bit arithmetic is simulated, after equalization of the groups; ranges are learned that are not known."""

    name = "quantization_aware_training"
    quantizes = True
    _preserve_zeros: ClassVar[bool] = False

    def require(self, network: keras.Model, structure: Structure) -> None:  # noqa: D102
        require_quantizable(network, self._preserve_zeros)

    def begin(  # noqa: D102
        self, network: keras.Model, recipe: CompressionRecipe, structure: Structure, typical_inputs: Inputs
    ) -> keras.Model:
        equalized = equalize(network, structure.groups)
        quantized = quantization_aware(
            equalized, typical_inputs, structure.ranges, structure.tied, preserve_zeros=self._preserve_zeros
        )
        learn_ranges(quantized, (*structure.ranges, *(output for _, output in structure.tied)))
        return quantized

    def finish(self, network: keras.Model) -> keras.Model:  # noqa: D102
        settle_ranges(network)
        return network


class SparseQuantizationAwareTraining(QuantizationAwareTraining):
    """The same, and weights that are zero stay zero."""

    _preserve_zeros = True


STAGES: Mapping[str, tuple[Stage, ...]] = {
    "none": (),
    "qat": (QuantizationAwareTraining(),),
    "prune": (Pruning(),),
    "prune-2:4": (PruningTwoOfFour(),),
    "cluster": (Clustering(),),
    "prune-qat": (Pruning(), SparseQuantizationAwareTraining()),
    "channels": (ChannelPruning(),),
}
