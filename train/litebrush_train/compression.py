"""Compression while training, with tensorflow-model-optimization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow_model_optimization as tfmot
import tf_keras as keras
from numpy.typing import NDArray

from litebrush_train.layers import DepthToSpace, SpaceToDepth

_REARRANGEMENTS = (SpaceToDepth, DepthToSpace)
_CUSTOM_OBJECTS = {layer.__name__: layer for layer in _REARRANGEMENTS}
_LAYER_PREFIX = "quant_"
_EQUALIZATION_ROUNDS = 2
_LEAST_IMPORTANCE = 1e-2
_SMALLEST_WEIGHT = 1e-12


@dataclass(frozen=True)
class ChannelGroup:
    """Channels that are one and the same wherever they appear: a scale taken from each producer goes to each consumer.

    Attributes:
        producers: convolutions that write the channels, directly or through ReLU and sums.
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
    for _ in range(_EQUALIZATION_ROUNDS):
        for group in groups:
            importance = np.max([_relative_weights(equalized.get_layer(name)) for name in group.consumers], axis=0)
            scale = importance.max() / np.maximum(importance, _LEAST_IMPORTANCE * importance.max())
            scale /= np.exp(np.mean(np.log(scale)))
            for name in group.producers:
                kernel, bias = equalized.get_layer(name).get_weights()
                equalized.get_layer(name).set_weights([kernel / scale, bias / scale])
            for name in group.consumers:
                kernel, bias = equalized.get_layer(name).get_weights()
                equalized.get_layer(name).set_weights([kernel * scale[:, None], bias])
    return equalized


def _relative_weights(layer: keras.layers.Layer) -> NDArray[np.float32]:
    """For each input channel, its largest weight in any filter, relative to that filter's largest weight."""
    largest = np.abs(layer.get_weights()[0]).max(axis=(0, 1))  # (input channels, filters)
    return (largest / np.maximum(largest.max(axis=0), _SMALLEST_WEIGHT)).max(axis=1)


def quantization_aware(model: keras.Model, inputs: Mapping[str, NDArray[np.float32]]) -> keras.Model:
    """The model with 8-bit quantization simulated in its forward pass (Jacob et al. 2018).

    Weights are quantized per channel and symmetrically, activations per tensor. Activation ranges are moving
    averages; they start from what the float model shows on ``inputs`` rather than from tfmot's [-6, 6],
    which takes thousands of steps to forget.

    Args:
        model: a functional model. Layers that only move values are left alone: they keep their input's scale.
        inputs: named model inputs, float32, that are typical of what the model will see.
    """

    def annotate(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, (keras.layers.InputLayer, *_REARRANGEMENTS)):
            return layer
        return tfmot.quantization.keras.quantize_annotate_layer(layer)

    with tfmot.quantization.keras.quantize_scope(_CUSTOM_OBJECTS):
        annotated = keras.models.clone_model(model, clone_function=annotate)
        annotated.set_weights(model.get_weights())
        quantized = tfmot.quantization.keras.quantize_apply(annotated)
    quantized(dict(inputs), training=True)  # weights' ranges are taken in a training pass only
    _start_ranges_from(model, quantized, inputs)
    return quantized


def _start_ranges_from(model: keras.Model, quantized: keras.Model, inputs: Mapping[str, NDArray[np.float32]]) -> None:
    names = [layer.name for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    observer = keras.Model(model.inputs, [model.get_layer(name).output for name in names])
    for name, activation in zip(names, observer.predict(dict(inputs), verbose=0)):
        if _LAYER_PREFIX + name in (layer.name for layer in quantized.layers):
            _set_range(quantized.get_layer(_LAYER_PREFIX + name), activation.min(), activation.max())
    _pin_input_ranges(quantized)


def pin_picture_ranges(quantized: keras.Model, picture_layers: tuple[str, ...]) -> None:
    """Give the inputs, and the named layers that hold pictures, exactly the range [0, 1]: scale 1/255.

    With that scale an int8 tensor is the picture's own bytes, shifted by 128.
    """
    _pin_input_ranges(quantized)
    for name in picture_layers:
        _set_range(quantized.get_layer(_LAYER_PREFIX + name), 0.0, 1.0)


def _pin_input_ranges(quantized: keras.Model) -> None:
    for layer in quantized.layers:
        if layer.name.startswith("quantize_layer"):
            _set_range(layer, 0.0, 1.0)


def _set_range(layer: keras.layers.Layer, minimum: float, maximum: float) -> None:
    for variable in layer.non_trainable_variables:
        name = variable.name.split("/")[-1].split(":")[0]
        if name.endswith("_min") and variable.shape.rank == 0:
            variable.assign(min(minimum, 0.0))
        elif name.endswith("_max") and variable.shape.rank == 0:
            variable.assign(max(maximum, 0.0))
