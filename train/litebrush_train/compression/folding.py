"""Batch normalization made part of the weights before it."""

from __future__ import annotations

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray


def fold_normalizations(network: keras.Model) -> keras.Model:
    """The network with each batch normalization after a dense layer or transposed convolution folded into it.

    It computes the same, as at inference; an activation that does nothing keeps the normalization's name and place.
    After other convolutions tensorflow-model-optimization folds by itself. After dense layers it does too, but their
    one scale for all weights is then lost and the converter leaves them in float.
    """
    folded = {layer.input.node.layer.name: layer for layer in network.layers if _folds(layer)}
    if not folded:
        return network
    normalizations = {layer.name for layer in folded.values()}

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        if layer.name in normalizations:
            return keras.layers.Activation("linear", name=layer.name)
        config = layer.get_config()
        return layer.__class__.from_config({**config, "use_bias": True} if layer.name in folded else config)

    plain = keras.models.clone_model(network, clone_function=clone)
    for layer in network.layers:
        if layer.name in folded:
            plain.get_layer(layer.name).set_weights(_folded(layer, folded[layer.name]))
        elif layer.name not in normalizations:
            plain.get_layer(layer.name).set_weights(layer.get_weights())
    return plain


def _folds(layer: keras.layers.Layer) -> bool:
    if not isinstance(layer, keras.layers.BatchNormalization):
        return False
    source = layer.input.node.layer
    return (
        type(source) in (keras.layers.Conv2DTranspose, keras.layers.Dense)
        and source.activation is keras.activations.linear
        and len(source.outbound_nodes) == 1
    )


def _folded(layer: keras.layers.Layer, normalization: keras.layers.BatchNormalization) -> list[NDArray[np.float32]]:
    kernel, *bias = layer.get_weights()
    scale = 1 / np.sqrt(normalization.moving_variance.numpy() + normalization.epsilon)
    if normalization.scale:
        scale = scale * normalization.gamma.numpy()
    shift = -normalization.moving_mean.numpy() * scale
    if normalization.center:
        shift = shift + normalization.beta.numpy()
    of_filters = scale if kernel.ndim == 2 else scale[:, None]  # (inputs, units) or (height, width, filters, inputs)
    return [kernel * of_filters, shift + (bias[0] * scale if bias else 0)]
