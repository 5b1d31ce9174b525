"""Differentiable augmentation (Zhao et al. 2020): a discriminator that sees few pictures never sees one twice.

Real and generated pictures are changed alike; gradients flow through. Pictures are (batch, side, side, 3) float32 in
[-1, 1]. All randomness comes from uniform numbers in [0, 1) that are part of the batch, so a resumed run repeats it.
"""

from __future__ import annotations

import tensorflow as tf

RANDOM_NUMBERS = 5
_LARGEST_SHIFT = 1 / 8


def augment(pictures: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """Brightness, saturation, contrast and translation, by (batch, 5) uniform ``numbers``."""
    own = [numbers[:, index, None, None, None] for index in range(3)]
    pictures = _coloured(pictures, *own)
    return _shifted(pictures, numbers[:, 3], numbers[:, 4])


def _coloured(pictures: tf.Tensor, brightness: tf.Tensor, saturation: tf.Tensor, contrast: tf.Tensor) -> tf.Tensor:
    pictures = pictures + (brightness - 0.5)
    grey = tf.reduce_mean(pictures, 3, keepdims=True)
    pictures = (pictures - grey) * (2 * saturation) + grey
    mean = tf.reduce_mean(pictures, [1, 2, 3], keepdims=True)
    return (pictures - mean) * (contrast + 0.5) + mean


def _shifted(pictures: tf.Tensor, down: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    side = pictures.shape[1]
    reach = round(side * _LARGEST_SHIFT)

    def offsets(numbers: tf.Tensor) -> tf.Tensor:
        return tf.cast(tf.floor(numbers * (2 * reach + 1)), tf.int32)

    padded = tf.pad(pictures, [[0, 0], [reach, reach], [reach, reach], [0, 0]])
    rows = offsets(down)[:, None] + tf.range(side)[None]
    columns = offsets(right)[:, None] + tf.range(side)[None]
    return tf.gather(tf.gather(padded, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)
