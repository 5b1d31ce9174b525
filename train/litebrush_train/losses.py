"""What restorers minimize."""

from __future__ import annotations

import tensorflow as tf

_LEAST_SQUARE = 1e-8  # keeps the root's slope finite where there is no error


def root_mean_squares(error: tf.Tensor) -> tf.Tensor:
    """(..., H, W, channels) -> (...): of each picture, with a finite slope where there is no error.

    Peak signal-to-noise ratio counts pictures alike. In a mean of roots a picture with little noise matters more beside
    one with much than in a mean of squares.
    """
    return tf.sqrt(tf.reduce_mean(error**2, axis=(-3, -2, -1)) + _LEAST_SQUARE)
