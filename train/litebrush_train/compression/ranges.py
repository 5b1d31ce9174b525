"""The ranges that a quantization-aware network's activations are rounded in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras as keras
from numpy.typing import NDArray

from litebrush.rounding import best_range

Range = tuple[float, float]

_MOST_VALUES = 200_000
_FACTOR = "range_factor"


class FixedRange:
    """A quantizer whose range no longer follows what it sees."""

    def __init__(self, quantizer: tfmot.quantization.keras.quantizers.Quantizer) -> None:
        self._quantizer = quantizer

    def __call__(
        self, inputs: tf.Tensor, training: bool, weights: Mapping[str, tf.Variable], **kwargs: Any
    ) -> tf.Tensor:
        """Inputs as they are after rounding to 8 bits."""
        return self._quantizer(inputs, False, weights=weights, **kwargs)


class LearnedRange:
    """A quantizer whose range is multiplied by a trained factor, after LSQ (Esser et al. 2020).

    The zero point stays. Training finds between how finely each value is rounded and how many are clipped what the
    loss, not the tensor, asks for.
    """

    def __init__(self, before: FixedRange, factor: tf.Variable) -> None:
        """Join a quantizer, whose range it begins with, and the factor."""
        self.before = before
        self._factor = factor

    def __call__(
        self, inputs: tf.Tensor, training: bool, weights: Mapping[str, tf.Variable], **kwargs: Any
    ) -> tf.Tensor:
        """Inputs as they are after rounding to 8 bits."""
        return _rounded(inputs, weights["min_var"], weights["max_var"], self._factor)


@tf.custom_gradient
def _rounded(
    values: tf.Tensor, minimum: tf.Tensor, maximum: tf.Tensor, factor: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor | None, ...]]]:
    minimum, maximum, factor = (tf.convert_to_tensor(scalar) for scalar in (minimum, maximum, factor))
    ends = factor * minimum, factor * maximum
    rounded = tf.quantization.fake_quant_with_min_max_vars(values, *ends)

    def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor | None, ...]:
        passed, _, _ = tf.quantization.fake_quant_with_min_max_vars_gradient(upstream, values, *ends)  # 0 where clipped
        by_factor = (tf.reduce_sum(upstream * rounded) - tf.reduce_sum(passed * values)) / factor
        return passed, None, None, by_factor

    return rounded, gradients


def best_range_for(values: NDArray[np.float32]) -> Range:
    """The range, 0 within it, that makes the error of rounding and clipping these values least."""
    stride = max(1, values.size // _MOST_VALUES) | 1  # odd: it reaches all channels of a power of two
    minimum, maximum = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    return best_range(values.ravel()[::stride], minimum, maximum) if minimum < maximum else (0.0, 1.0)


def bounds(layer: keras.layers.Layer) -> list[tf.Variable]:
    """The variables that hold the ends of the range of a layer's activations; none if it has no range."""
    names = {id(variable): variable.name.split("/")[-1].split(":")[0] for variable in layer.non_trainable_variables}
    return [
        variable
        for variable in layer.non_trainable_variables
        if names[id(variable)].endswith(("_min", "_max")) and "kernel" not in names[id(variable)]
    ]


def set_bounds(layer: keras.layers.Layer, extent: Range) -> None:
    """Give a layer's range its ends, 0 between them."""
    minimum, maximum = extent
    for bound in bounds(layer):
        bound.assign(min(minimum, 0.0) if "_min" in bound.name else max(maximum, 0.0))


def fix(layer: keras.layers.Layer, extent: Range) -> None:
    """Give a wrapped layer's activations a range for good."""
    _replace_quantizers(layer, FixedRange)
    set_bounds(layer, extent)


def learn(layer: keras.layers.Layer) -> None:
    """Let training make the range that a wrapped layer's activations have wider or narrower."""
    factor = layer.add_weight(_FACTOR, shape=(), initializer="ones")
    setattr(layer, _FACTOR, factor)
    _replace_quantizers(layer, lambda quantizer: LearnedRange(quantizer, factor))


def settle(layer: keras.layers.Layer) -> None:
    """Fix the range that a wrapped layer's activations have learned, if they did."""
    factor = getattr(layer, _FACTOR, None)
    if factor is not None:
        for bound in bounds(layer):
            bound.assign(factor * bound)
        factor.assign(1.0)
        _replace_quantizers(layer, lambda quantizer: quantizer.before)


def _replace_quantizers(layer: keras.layers.Layer, replacement: Callable[[Any], Any]) -> None:
    layer._output_quantizers = [replacement(quantizer) for quantizer in layer._output_quantizers]
    for activation in layer._quantize_activations:
        activation.quantizer = replacement(activation.quantizer)
