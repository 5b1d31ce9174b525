"""Kernels of few distinct weights, which a packed file stores in few bits."""

from __future__ import annotations

import tensorflow_model_optimization as tfmot
import tf_keras as keras

_CLUSTERABLE = (keras.layers.Conv2D, keras.layers.Conv2DTranspose, keras.layers.Dense)


def cluster(network: keras.Model, clusters: int) -> keras.Model:
    """The network with each kernel drawn from ``clusters`` trained values, which start evenly over its range.

    Weight sharing of Han et al. 2016, "Deep Compression". A kernel with no more weights than that stays as it is;
    :func:`too_small_to_cluster` names it.
    """
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())  # values start from the weights that a layer has when it is wrapped

    def wrap(layer: keras.layers.Layer) -> keras.layers.Layer:
        if not _is_clusterable(layer) or not _is_large(layer, clusters):
            return layer
        linear = tfmot.clustering.keras.CentroidInitialization.LINEAR
        return tfmot.clustering.keras.cluster_weights(layer, clusters, linear)

    return keras.models.clone_model(copy, clone_function=wrap)


def too_small_to_cluster(network: keras.Model, clusters: int) -> tuple[str, ...]:
    """Names of the layers with kernels of no more than ``clusters`` weights."""
    return tuple(layer.name for layer in network.layers if _is_clusterable(layer) and not _is_large(layer, clusters))


def strip_clusters(network: keras.Model) -> keras.Model:
    """The plain network; each clustered kernel has at most as many distinct values as it was given."""
    return tfmot.clustering.keras.strip_clustering(network)


def _is_clusterable(layer: keras.layers.Layer) -> bool:
    return type(layer) in _CLUSTERABLE


def _is_large(layer: keras.layers.Layer, clusters: int) -> bool:
    return layer.kernel.shape.num_elements() > clusters
