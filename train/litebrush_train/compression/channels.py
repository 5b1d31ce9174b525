"""Whole channels that go, so that a network gets smaller and not just sparser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import tf_keras as keras
from numpy.typing import NDArray

from litebrush.errors import RecipeError
from litebrush_train.compression.equalization import ChannelGroup
from litebrush_train.layers import DepthToSpace

_FRIENDLY_MULTIPLE = 8  # of channels: the width in which kernels on a device work


@dataclass(frozen=True)
class _KernelAxes:
    """Where a kernel has its input channels and its filters, and what the configuration calls their number."""

    inputs: int
    filters: int
    count: str


_KERNELS = {
    keras.layers.Conv2D: _KernelAxes(2, 3, "filters"),
    keras.layers.Conv2DTranspose: _KernelAxes(3, 2, "filters"),
    keras.layers.Dense: _KernelAxes(0, 1, "units"),
}
_CHANNELWISE = (
    keras.layers.Add,
    keras.layers.Subtract,
    keras.layers.Multiply,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.UpSampling2D,
    keras.layers.ZeroPadding2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
    DepthToSpace,
)
Kept = NDArray[np.intp]


def channels_to_keep(channels: int, sparsity: float) -> int:
    """How many of ``channels`` stay when about ``sparsity`` of them go: a multiple of 8 where one is near."""
    wanted = channels * (1 - sparsity)
    multiple = _FRIENDLY_MULTIPLE * round(wanted / _FRIENDLY_MULTIPLE)
    if 0 < multiple < channels:
        return multiple
    return min(channels, max(1, round(wanted)))


def drop_channels(
    network: keras.Model,
    groups: tuple[ChannelGroup, ...],
    sparsity: float,
    typical_inputs: Mapping[str, NDArray[np.float32]],
) -> keras.Model:
    """A smaller network without the channels of each group that matter least; layers keep their names.

    A channel matters by its mean absolute activation times the norm of the weights that read it, summed over the
    consumers. The output stays what it was as far as the dropped channels were zero or never read.

    Args:
        network: a functional model of convolutions, dense layers, and layers that treat each channel by itself.
        groups: whose channels may go.
        sparsity: share of each group's channels that goes, rounded by :func:`channels_to_keep`.
        typical_inputs: float32 by input name, to see activations.

    Raises:
        RecipeError: as :func:`require_droppable`.
    """
    require_droppable(network, groups)
    kept: dict[str, Kept] = {}  # by layer that writes or passes a group's channels
    read: dict[str, Kept] = {}  # by layer that reads them
    for group, importance in zip(groups, _importances(network, groups, typical_inputs)):
        keep = channels_to_keep(importance.size, sparsity)
        strongest = np.sort(np.argsort(-importance, kind="stable")[:keep])
        kept |= dict.fromkeys(_passing(network, group), strongest)
        for name in group.producers:
            places = _filters(network.get_layer(name)) // importance.size  # of a block, where depth-to-space follows
            kept[name] = np.concatenate([strongest + place * importance.size for place in range(places)])
        read |= dict.fromkeys(group.consumers, strongest)

    def narrow(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if layer.name in kept and type(layer) in _KERNELS:
            config[_KERNELS[type(layer)].count] = kept[layer.name].size
        return layer.__class__.from_config(config)

    smaller = keras.models.clone_model(network, clone_function=narrow)
    for layer in network.layers:
        weights = _sliced(layer, kept.get(layer.name), read.get(layer.name))
        smaller.get_layer(layer.name).set_weights(weights)
    return smaller


def require_droppable(network: keras.Model, groups: tuple[ChannelGroup, ...]) -> None:
    """Refuse groups whose channels cannot be followed from producers to consumers.

    Raises:
        RecipeError: there are no groups, or a layer between a producer and a consumer mixes channels, or channels of
            a group leave the network.
    """
    if not groups:
        raise RecipeError(
            f"--compress channels needs groups of channels that may go, and '{network.name}' names none; "
            "choose another method"
        )
    for group in groups:
        for name in (*group.producers, *group.consumers):
            _require(type(network.get_layer(name)) in _KERNELS, network.get_layer(name), "it has no known kernel")
        _passing(network, group)


def _importances(
    network: keras.Model, groups: tuple[ChannelGroup, ...], typical_inputs: Mapping[str, NDArray[np.float32]]
) -> list[NDArray[np.float64]]:
    """For each group, for each channel: how much of the consumers' results comes from it."""
    consumers = [name for group in groups for name in group.consumers]
    observer = keras.Model(network.inputs, [network.get_layer(name).input for name in consumers])
    activations = dict(zip(consumers, _observed(observer, typical_inputs)))

    def share(name: str) -> NDArray[np.float64]:
        layer = network.get_layer(name)
        kernel = np.moveaxis(layer.get_weights()[0], _KERNELS[type(layer)].inputs, 0)
        norms = np.linalg.norm(kernel.reshape(kernel.shape[0], -1), axis=1)
        return np.abs(activations[name]).reshape(-1, norms.size).mean(axis=0, dtype=np.float64) * norms

    return [np.sum([share(name) for name in group.consumers], axis=0) for group in groups]


def _observed(observer: keras.Model, inputs: Mapping[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    observed = observer.predict(dict(inputs), verbose=0)
    return observed if isinstance(observed, list) else [observed]


def _passing(network: keras.Model, group: ChannelGroup) -> tuple[str, ...]:
    """Names of the layers that a group's channels pass, unmixed, on their way from producers to consumers."""
    outputs = set(network.output_names)
    passing: dict[str, keras.layers.Layer] = {}
    to_follow = [network.get_layer(name) for name in group.producers]
    while to_follow:
        layer = to_follow.pop()
        _require(layer.name not in outputs, layer, "a group's channels leave the network there")
        for reader in _readers(network, layer):
            if reader.name in group.consumers or reader.name in passing:
                continue
            _require(isinstance(reader, _CHANNELWISE), reader, "a group's channels cannot be followed through it")
            passing[reader.name] = reader
            to_follow.append(reader)
    for layer in (*passing.values(), *(network.get_layer(name) for name in group.consumers)):
        strangers = _sources(layer) - {*group.producers, *passing}
        _require(not strangers, layer, f"it joins a group's channels with '{', '.join(sorted(strangers))}'")
    return tuple(passing)


def _filters(layer: keras.layers.Layer) -> int:
    return int(layer.kernel.shape[_KERNELS[type(layer)].filters])


def _readers(network: keras.Model, layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    return [node.layer for node in layer.outbound_nodes if any(node.layer is member for member in network.layers)]


def _sources(layer: keras.layers.Layer) -> set[str]:
    inputs = layer.input if isinstance(layer.input, list) else [layer.input]
    return {tensor.node.layer.name for tensor in inputs}


def _sliced(layer: keras.layers.Layer, kept: Kept | None, read: Kept | None) -> list[NDArray[np.float32]]:
    weights = layer.get_weights()
    if type(layer) not in _KERNELS:
        return weights if kept is None else [np.take(values, kept, axis=-1) for values in weights]
    kernel, *bias = weights
    axes = _KERNELS[type(layer)]
    if read is not None:
        kernel = np.take(kernel, read, axis=axes.inputs)
    if kept is not None:
        kernel, bias = np.take(kernel, kept, axis=axes.filters), [values[kept] for values in bias]
    return [kernel, *bias]


def _require(condition: bool, layer: keras.layers.Layer, reason: str) -> None:
    if not condition:
        raise RecipeError(
            f"--compress channels cannot take layer '{layer.name}' ({type(layer).__name__}): {reason}; "
            "choose another method"
        )
