from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from litebrush_train.config import build, shipped_sections
from litebrush_train.families.damage import Damage
from litebrush_train.families.restoration import MODEL
from litebrush_train.restoration_recipes import DamageRecipe

RECIPE = build(DamageRecipe, shipped_sections("damage"))
SIDE = 64
HAIR = (slice(10, 30), slice(20, 21))
STAIN = (slice(None), slice(0, 48))
OPAQUE, HALF = 1.0, 0.3


def loss(opacity: np.ndarray, found: np.ndarray) -> float:
    """What a network is charged that marks ``found`` with certainty, where damage has that opacity; both (H, W)."""
    likely, target = (np.float32(each)[None, ..., None] for each in (np.clip(found, 0.01, 0.99), opacity))
    image = keras.Input(likely.shape[1:], name="image")
    network = keras.Model(image, tf.identity(image))  # marks what it is shown
    batch = {"image": tf.constant(likely), "target": tf.constant(target)}
    return float(Damage(RECIPE).losses({MODEL: network}, batch, tf.constant(0))["entropy"])


def picture(*places: tuple[slice, slice], opacity: float = OPAQUE) -> np.ndarray:
    shown = np.zeros((SIDE, SIDE))
    for place in places:
        shown[place] = opacity
    return shown


def missed(place: tuple[slice, slice]) -> float:
    """Loss by a missed pixel."""
    truth = picture(place)
    return (loss(truth, picture()) - loss(truth, truth)) / truth.sum()


def test_a_missed_pixel_of_a_hair_costs_four_times_that_of_a_stain_and_that_more_than_a_false_mark():
    clean = picture()
    false_mark = (loss(clean, picture(HAIR)) - loss(clean, clean)) / picture(HAIR).sum()
    assert missed(HAIR) == pytest.approx(4 * missed(STAIN), rel=0.05)
    assert missed(STAIN) > 2 * false_mark


@pytest.mark.parametrize("found", [HAIR, STAIN])
def test_what_is_half_seen_may_be_marked_or_not(found):
    truth = picture(found, opacity=HALF)
    assert loss(truth, truth) == pytest.approx(loss(truth, picture(found)))
