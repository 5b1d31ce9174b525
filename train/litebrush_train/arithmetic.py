"""The arithmetic that networks are trained in: 32 bits, or 16 bits with weights of 32."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import tensorflow as tf
import tf_keras as keras

_Convolution = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


@contextmanager
def arithmetic(policy: str) -> Iterator[None]:
    """Networks that are made inside compute by a Keras policy: ``float32`` or ``mixed_bfloat16``.

    Under ``mixed_bfloat16`` weights, optimizer and each network's outputs stay in float32; everything between is
    bfloat16 (Kalamkar et al. 2019), whose range is float32's, so losses need no scaling.
    """
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(policy)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


@contextmanager
def convolutions_in(policy: str, networks: Iterable[keras.Model]) -> Iterator[None]:
    """Inside, the convolutions of networks that were made in float32 multiply by a Keras policy.

    For networks that simulate 8-bit arithmetic: values are rounded to 8 bits in float32 as before, and the 8 bits of
    bfloat16's significand hold them nearly as they are. Convolutions of single pixels stay as they are: they may hand
    on a picture. A function must be traced inside to compute so.
    """
    narrow = keras.mixed_precision.Policy(policy).compute_dtype
    convolutions = [
        layer
        for network in networks
        for layer in network.submodules
        if narrow != "float32" and isinstance(layer, keras.layers.Conv2D) and max(layer.kernel_size) > 1
    ]
    for layer in convolutions:
        layer.convolution_op = _multiplying_in(narrow, layer.convolution_op)
    try:
        yield
    finally:
        for layer in convolutions:
            del layer.convolution_op


def _multiplying_in(narrow: str, convolution: _Convolution) -> _Convolution:
    def convolve(inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return tf.cast(convolution(tf.cast(inputs, narrow), tf.cast(kernel, narrow)), tf.float32)

    return convolve
