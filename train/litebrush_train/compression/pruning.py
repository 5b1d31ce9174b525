"""Weights of zero: the smallest of a kernel, or two of every four that a dot product reads one after another."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras as keras
from tensorflow_model_optimization.python.core.sparsity.keras.pruning_wrapper import PruneLowMagnitude

from litebrush_train.recipes import CompressionRecipe

_PRUNABLE = (keras.layers.Conv2D, keras.layers.Conv2DTranspose, keras.layers.Dense)
_ORDERED_ALONG_INPUTS = (keras.layers.Conv2D, keras.layers.Dense)
_ZEROS_OF_EACH_GROUP = (2, 4)
_MASK_UPDATES = 100


class MaskedLayer(PruneLowMagnitude):
    """A layer whose kernel has a mask, renewed at the end of an optimization step and never in a forward pass.

    A network that is called several times a step, such as a recurrent cell, then counts one step and keeps one mask.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:  # noqa: D102
        return self.layer.call(inputs)

    def end_step(self) -> None:
        """Count the step, renew the mask when the schedule says so, and set the masked weights to zero."""
        self.pruning_step.assign_add(1)
        self.pruning_obj.conditional_mask_update()
        self.pruning_obj.weight_mask_op()


def prune(network: keras.Model, recipe: CompressionRecipe) -> keras.Model:
    """The network with masks on its kernels, whose sparsity rises to the recipe's within two thirds of the steps.

    The rise is cubic (Zhu and Gupta 2017, "To prune, or not to prune"); the last third trains what is left.
    """
    rise = max(1, 2 * recipe.steps // 3)
    frequency = max(1, rise // _MASK_UPDATES)
    schedule = tfmot.sparsity.keras.PolynomialDecay(
        initial_sparsity=0.0,
        final_sparsity=recipe.sparsity,
        begin_step=0,
        end_step=rise - rise % frequency,
        frequency=frequency,
    )
    return _masked(network, _is_prunable, lambda layer: MaskedLayer(layer, schedule))


def prune_two_of_four(network: keras.Model) -> keras.Model:
    """The network with masks that keep two of every four weights along a kernel's input channels, from the first step.

    That is the innermost axis of TensorFlow Lite's kernels. :func:`dense_under_two_of_four` names the layers left out.
    """
    return _masked(network, _fits_groups, lambda layer: MaskedLayer(layer, sparsity_m_by_n=_ZEROS_OF_EACH_GROUP))


def dense_under_two_of_four(network: keras.Model) -> tuple[str, ...]:
    """Names of the layers with kernels whose input channels are no multiple of four, or not innermost on a device."""
    return tuple(layer.name for layer in network.layers if _is_prunable(layer) and not _fits_groups(layer))


def masks_renewal(network: keras.Model) -> Callable[[], None]:
    """What a learner calls in the graph after each optimization step of a network with masks."""
    masked = [layer for layer in network.layers if isinstance(layer, MaskedLayer)]

    def renew() -> None:
        for layer in masked:
            layer.end_step()

    return renew


def strip_masks(network: keras.Model) -> keras.Model:
    """The plain network, its layers named as before; masked weights are zero."""
    return tfmot.sparsity.keras.strip_pruning(network)


def _is_prunable(layer: keras.layers.Layer) -> bool:
    return type(layer) in _PRUNABLE


def _fits_groups(layer: keras.layers.Layer) -> bool:
    return type(layer) in _ORDERED_ALONG_INPUTS and layer.kernel.shape[-2] % _ZEROS_OF_EACH_GROUP[1] == 0


def _masked(
    network: keras.Model,
    wanted: Callable[[keras.layers.Layer], bool],
    wrap: Callable[[keras.layers.Layer], MaskedLayer],
) -> keras.Model:
    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        copy = layer.__class__.from_config(layer.get_config())
        return wrap(copy) if wanted(layer) else copy

    masked = keras.models.clone_model(network, clone_function=clone)
    for layer in masked.layers:
        name = layer.layer.name if isinstance(layer, MaskedLayer) else layer.name
        layer.set_weights(network.get_layer(name).get_weights())
        if isinstance(layer, MaskedLayer):
            layer.pruning_step.assign(0)
    return masked
