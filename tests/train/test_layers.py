from __future__ import annotations

import numpy as np
import tensorflow as tf

from litebrush_train.layers import ResumableDropout


def test_dropout_drops_its_share_and_keeps_the_mean():
    dropped = ResumableDropout(0.3)(tf.ones((64, 32, 32)), training=True).numpy()
    assert abs(np.mean(dropped == 0) - 0.3) < 0.01
    assert abs(dropped.mean() - 1) < 0.02
    assert np.array_equal(np.unique(dropped), np.float32([0, 1 / 0.7]))


def test_dropout_drops_other_places_each_time_and_goes_on_from_its_weights():
    layer = ResumableDropout(0.5)
    ones = tf.ones((8, 8))
    layer(ones, training=True)
    kept = layer.get_weights()
    second, third = (layer(ones, training=True).numpy() for _ in range(2))
    assert not np.array_equal(second, third)
    layer.set_weights(kept)
    assert np.array_equal(layer(ones, training=True).numpy(), second)


def test_dropout_is_for_training_only():
    assert np.array_equal(ResumableDropout(0.5)(tf.ones((8, 8))).numpy(), np.ones((8, 8)))
