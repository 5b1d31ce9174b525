"""Channels that are one and the same in several layers, and their common scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray

_ROUNDS = 2
_LEAST_IMPORTANCE = 1e-2
_SMALLEST_WEIGHT = 1e-12


@dataclass(frozen=True)
class ChannelGroup:
    """Channels that are one and the same wherever they appear: a scale taken from each producer goes to each consumer.

    Attributes:
        producers: convolutions that write the channels, directly or through ReLU, sums and depth-to-space; before that
            last a convolution writes each channel once for every place of a block.
        consumers: convolutions that read them.
    """

    producers: tuple[str, ...]
    consumers: tuple[str, ...]


def equalize(model: keras.Model, groups: tuple[ChannelGroup, ...]) -> keras.Model:
    """A model that computes the same, with channels scaled so that 8 bits serve all of them.

    Cross-layer equalization (Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias
    Correction"): a positive factor moves through ReLU and sums. Each channel is scaled until the consumers' largest
    relative weight for it is that of the other channels; a channel that matters little then takes little of the range
    that all channels of a tensor share.
    """
    equalized = keras.models.clone_model(model)
    equalized.set_weights(model.get_weights())
    for _ in range(_ROUNDS):
        for group in groups:
            importance = np.max([_relative_weights(equalized.get_layer(name)) for name in group.consumers], axis=0)
            scale = importance.max() / np.maximum(importance, _LEAST_IMPORTANCE * importance.max())
            scale /= np.exp(np.mean(np.log(scale)))
            for name in group.producers:
                kernel, *bias = equalized.get_layer(name).get_weights()
                of_filters = np.tile(scale, kernel.shape[-1] // scale.size)
                equalized.get_layer(name).set_weights([kernel / of_filters, *(values / of_filters for values in bias)])
            for name in group.consumers:
                kernel, *bias = equalized.get_layer(name).get_weights()
                equalized.get_layer(name).set_weights([kernel * scale[:, None], *bias])
    return equalized


def _relative_weights(layer: keras.layers.Layer) -> NDArray[np.float32]:
    """For each input channel, its largest weight in any filter, relative to that filter's largest weight."""
    largest = np.abs(layer.get_weights()[0]).max(axis=(0, 1))  # (input channels, filters)
    return (largest / np.maximum(largest.max(axis=0), _SMALLEST_WEIGHT)).max(axis=1)
