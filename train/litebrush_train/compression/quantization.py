"""8-bit arithmetic simulated while training, so that weights and ranges fit it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras as keras
from numpy.typing import NDArray

from litebrush.errors import RecipeError
from litebrush_train.compression.folding import fold_normalizations
from litebrush_train.compression.ranges import FixedRange, Range, best_range_for, bounds, fix, learn, set_bounds, settle
from litebrush_train.layers import DepthToSpace, SpaceToDepth

NO_RANGES: Mapping[str, Range] = MappingProxyType({})

_REARRANGEMENTS = (SpaceToDepth, DepthToSpace)
_ARITHMETIC = (keras.layers.Subtract, keras.layers.Multiply)
_PREFIX = "quant_"
_RANGES_OF_DEVICES = {"tanh": (-1.0, 127 / 128), "sigmoid": (0.0, 255 / 256)}  # TensorFlow Lite's int8 kernels fix them
_RANGED_BEFORE_ACTIVATION = ("tanh", "sigmoid", "softmax")
_ACTIVATIONS = (None, "linear", "relu", *_RANGED_BEFORE_ACTIVATION)
_PRESERVABLE = (keras.layers.Conv2D, keras.layers.Dense)
_FOLDABLE = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


class QuantizedOutput(tfmot.quantization.keras.QuantizeConfig):
    """For layers of arithmetic without weights that tensorflow-model-optimization has no rule for."""

    def get_weights_and_quantizers(self, layer: keras.layers.Layer) -> list[Any]:  # noqa: D102
        return []

    def get_activations_and_quantizers(self, layer: keras.layers.Layer) -> list[Any]:  # noqa: D102
        return []

    def set_quantize_weights(self, layer: keras.layers.Layer, quantize_weights: list[Any]) -> None:  # noqa: D102
        pass

    def set_quantize_activations(self, layer: keras.layers.Layer, quantize_activations: list[Any]) -> None:  # noqa: D102
        pass

    def get_output_quantizers(self, layer: keras.layers.Layer) -> list[Any]:  # noqa: D102
        return [
            tfmot.quantization.keras.quantizers.MovingAverageQuantizer(
                num_bits=8, per_axis=False, symmetric=False, narrow_range=False
            )
        ]

    def get_config(self) -> dict[str, Any]:  # noqa: D102
        return {}


class MovedValues(QuantizedOutput):
    """For a layer that moves an input's values: it has no range of its own, but its input gets one because of it."""

    def get_output_quantizers(self, layer: keras.layers.Layer) -> list[Any]:  # noqa: D102
        return []


_CUSTOM_OBJECTS = {kind.__name__: kind for kind in (*_REARRANGEMENTS, QuantizedOutput, MovedValues)}


class _PreservingScheme(tfmot.experimental.combine.Default8BitPrunePreserveQuantizeScheme):
    """Keeps zeros, and like the plain scheme leaves alone what it has no rule for: the library's claims all layers."""

    def get_quantize_registry(self) -> tfmot.quantization.keras.QuantizeRegistry:
        preserving = super().get_quantize_registry()
        plain = tfmot.quantization.keras.default_8bit.Default8BitQuantizeRegistry()
        supports = preserving.supports
        preserving.supports = lambda layer: plain.supports(layer) and supports(layer)
        return preserving


def quantization_aware(
    network: keras.Model,
    typical_inputs: Mapping[str, NDArray[np.float32]],
    ranges: Mapping[str, Range] = NO_RANGES,
    tied: tuple[tuple[str, str], ...] = (),
    preserve_zeros: bool = False,
) -> keras.Model:
    """The network with 8-bit quantization simulated in its forward pass (Jacob et al. 2018).

    Weights are quantized per channel and symmetrically, activations per tensor. Each activation's range is the one that
    makes the error of rounding and clipping least on ``typical_inputs``, and stays unless :func:`learn_ranges` is asked
    for. tfmot's moving averages of the extremes would leave a few outliers and a coarse step for everything else.

    Args:
        network: a functional model. Layers that only move values are left alone: they keep their input's scale.
        typical_inputs: float32 by input name, typical of what the network will see.
        ranges: least and greatest value of inputs for which they are known; these do not follow what is seen.
        tied: pairs of an input and an output layer that hold one and the same thing at two times, such as a recurrent
            state: both get one range, which does not follow what is seen.
        preserve_zeros: whether weights that are zero stay zero.

    Raises:
        RecipeError: as :func:`require_quantizable`.
    """
    require_quantizable(network, preserve_zeros)
    network = fold_normalizations(network)
    quantized = _simulated(network, preserve_zeros)
    _give_each_input_a_range(quantized)
    quantized(dict(typical_inputs), training=True)  # weights' ranges are taken in a training pass only
    _fix_ranges(network, quantized, typical_inputs)
    for name, extent in ranges.items():
        _pin(quantized, name, extent)
    for input_name, output_name in tied:
        extent = _shared_range(quantized, input_name, output_name)
        _pin(quantized, input_name, extent)
        _pin(quantized, output_name, extent)
    return quantized


def learn_ranges(quantized: keras.Model, known: tuple[str, ...] = ()) -> None:
    """Let training make the ranges of activations wider or narrower, but for those of the named inputs and layers.

    The range that rounds a tensor best need not be best for the picture: a denoiser's is as wide as the strongest noise
    makes it, and then too coarse for faint noise.
    """
    holders = [_range_holder(quantized, name) for name in known if name not in quantized.input_names]
    for layer in quantized.layers:
        has_range = isinstance(layer, tfmot.quantization.keras.QuantizeWrapper) and bounds(layer)
        if has_range and not any(layer is holder for holder in holders):
            learn(layer)


def settle_ranges(quantized: keras.Model) -> None:
    """Fix the ranges that the network has learned."""
    for layer in quantized.layers:
        settle(layer)


def pin_picture_ranges(quantized: keras.Model, pictures: tuple[str, ...]) -> None:
    """Give the named inputs and layers, which hold pictures, exactly the range [0, 1] for good: scale 1/255.

    With that scale an int8 tensor is the picture's own bytes, shifted by 128.
    """
    for name in pictures:
        _pin(quantized, name, (0.0, 1.0))


def require_quantizable(network: keras.Model, preserve_zeros: bool = False) -> None:
    """Refuse a network with a layer that 8-bit arithmetic cannot be simulated for.

    Raises:
        RecipeError: names the layer, its class and the method.
    """
    method = "prune-qat" if preserve_zeros else "qat"
    registry = tfmot.quantization.keras.default_8bit.Default8BitQuantizeRegistry()
    for layer in fold_normalizations(network).layers:
        known = registry.supports(layer) or isinstance(layer, (keras.layers.InputLayer, *_REARRANGEMENTS, *_ARITHMETIC))
        if preserve_zeros and layer.weights:
            known = type(layer) in _PRESERVABLE
        if not known and not _folds(layer):
            raise RecipeError(
                f"--compress {method} cannot take layer '{layer.name}' ({type(layer).__name__}): "
                "8-bit arithmetic cannot be simulated for it; choose another method, or another model"
            )
        if _activation(layer) not in _ACTIVATIONS:
            raise RecipeError(
                f"--compress {method} cannot take layer '{layer.name}' ({type(layer).__name__}) with activation "
                f"'{_activation(layer)}'; there is {', '.join(_ACTIVATIONS[1:])}"
            )


def _folds(layer: keras.layers.Layer) -> bool:
    """Whether a layer is a batch normalization that becomes part of the weights before it."""
    if not isinstance(layer, keras.layers.BatchNormalization):
        return False
    source = layer.input.node.layer
    return type(source) in _FOLDABLE and source.activation is keras.activations.linear


@tf.autograph.experimental.do_not_convert  # rewriting the wrapped layers takes seconds, and changes nothing
def _simulated(network: keras.Model, preserve_zeros: bool) -> keras.Model:
    def annotate(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, _REARRANGEMENTS) and isinstance(layer.input.node.layer, keras.layers.InputLayer):
            return tfmot.quantization.keras.quantize_annotate_layer(layer, MovedValues())
        if isinstance(layer, (keras.layers.InputLayer, *_REARRANGEMENTS)):
            return layer
        config = QuantizedOutput() if isinstance(layer, _ARITHMETIC) else None
        return tfmot.quantization.keras.quantize_annotate_layer(layer, config)

    scheme = (
        _PreservingScheme() if preserve_zeros else tfmot.quantization.keras.default_8bit.Default8BitQuantizeScheme()
    )
    with tfmot.quantization.keras.quantize_scope(_CUSTOM_OBJECTS):
        annotated = keras.models.clone_model(network, clone_function=annotate)
        annotated.set_weights(network.get_weights())
        return tfmot.quantization.keras.quantize_apply(annotated, scheme)


def _give_each_input_a_range(quantized: keras.Model) -> None:
    """Undo that inputs of a concatenation share its range: a picture and a state beside it keep their own scales."""
    for name in quantized.input_names:
        layer = _input_quantizer(quantized, name)
        if layer.quantizer is None:
            layer.quantizer = tfmot.quantization.keras.quantizers.AllValuesQuantizer(
                num_bits=8, per_axis=False, symmetric=False, narrow_range=False
            )
            layer.quantizer_vars = layer.quantizer.build(layer.input_shape, layer.name, layer)


def _fix_ranges(
    network: keras.Model, quantized: keras.Model, typical_inputs: Mapping[str, NDArray[np.float32]]
) -> None:
    wrapped = {layer.name for layer in quantized.layers}
    layers = [layer for layer in network.layers if _PREFIX + layer.name in wrapped]
    observer = keras.Model(network.inputs, [_ranged(layer) for layer in layers])
    observed = observer.predict(dict(typical_inputs), verbose=0)
    for layer, values in zip(layers, observed if isinstance(observed, list) else [observed]):
        holder = quantized.get_layer(_PREFIX + layer.name)
        if bounds(holder):
            fix(holder, best_range_for(values))
    for name in network.input_names:
        set_bounds(_input_quantizer(quantized, name), (typical_inputs[name].min(), typical_inputs[name].max()))


def _ranged(layer: keras.layers.Layer) -> keras.KerasTensor:
    """What a layer's range is of: its output, or what goes into an activation whose own range is fixed."""
    if not layer.weights or _activation(layer) not in _RANGED_BEFORE_ACTIVATION:
        return layer.output
    name = f"{layer.name}_before_activation"
    linear = layer.__class__.from_config({**layer.get_config(), "activation": "linear", "name": name})
    before = linear(layer.input)
    linear.set_weights(layer.get_weights())
    return before


def _activation(layer: keras.layers.Layer) -> str | None:
    """The name of a layer's activation, whether the layer is wrapped for quantization or not."""
    activation = getattr(getattr(layer, "layer", layer), "activation", None)
    return getattr(getattr(activation, "activation", activation), "__name__", None)


def _shared_range(quantized: keras.Model, input_name: str, output_name: str) -> Range:
    output = _range_holder(quantized, output_name)
    fixed = _RANGES_OF_DEVICES.get(_activation(output))
    if fixed is not None:
        return fixed
    ends = [float(bound) for layer in (_input_quantizer(quantized, input_name), output) for bound in bounds(layer)]
    return min(ends), max(ends)


def _pin(quantized: keras.Model, name: str, extent: Range) -> None:
    """Fix the range of an input or of a layer's result; devices fix that of tanh and sigmoid themselves."""
    if name in quantized.input_names:
        layer = _input_quantizer(quantized, name)
        layer.quantizer = FixedRange(layer.quantizer)
        set_bounds(layer, extent)
        return
    layer = _range_holder(quantized, name)
    if _activation(layer) not in _RANGES_OF_DEVICES:
        fix(layer, extent)


def _input_quantizer(quantized: keras.Model, input_name: str) -> keras.layers.Layer:
    readers = quantized.get_layer(input_name).outbound_nodes
    return next(node.layer for node in readers if any(node.layer is layer for layer in quantized.layers))


def _range_holder(quantized: keras.Model, name: str) -> keras.layers.Layer:
    """The layer whose range a named layer's result has: itself, or the one whose values it only moves."""
    wrapped = {layer.name for layer in quantized.layers}
    layer = quantized.get_layer(_PREFIX + name if _PREFIX + name in wrapped else name)
    while not bounds(layer) and _activation(layer) not in _RANGES_OF_DEVICES:
        layer = layer.input.node.layer
    return layer
