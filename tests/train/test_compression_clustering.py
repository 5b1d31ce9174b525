from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from made.networks import learner, made_denoiser, made_encoder, made_generator, outputs, steps_of

from litebrush_train.compression.stages import STAGES
from litebrush_train.compression.structure import Structure
from litebrush_train.recipes import CompressionRecipe

(STAGE,) = STAGES["cluster"]
STEPS = 6


def recipe(clusters: int = 8) -> CompressionRecipe:
    return CompressionRecipe(steps=STEPS, learning_rate=1e-2, method="cluster", clusters=clusters)


@pytest.mark.parametrize(
    ("made", "clusters"), [(made_denoiser, 4), (made_encoder, 16), (lambda: made_generator("dcgan"), 16)]
)
def test_each_kernel_has_at_most_as_many_values_as_asked(made, clusters):
    network, inputs = made()
    begun = STAGE.begin(network, recipe(clusters), Structure(), inputs)
    steps_of(learner(begun, STAGE, recipe(clusters)), inputs)(STEPS)
    expected = outputs(begun, inputs)
    finished = STAGE.finish(begun)
    kernels = {layer.name: layer.kernel.numpy() for layer in finished.layers if hasattr(layer, "kernel")}
    assert set(kernels) == {layer.name for layer in network.layers if hasattr(layer, "kernel")}
    assert all(np.unique(kernel).size <= clusters for kernel in kernels.values())
    assert finished.count_params() == network.count_params()
    for was, now in zip(expected, outputs(finished, inputs)):
        assert np.allclose(was, now, atol=1e-5)


def test_the_values_are_trained():
    network, inputs = made_denoiser()
    begun = STAGE.begin(network, recipe(), Structure(), inputs)
    before = set(
        np.unique(STAGE.finish(STAGE.begin(network, recipe(), Structure(), inputs)).get_layer("head").kernel.numpy())
    )
    take = steps_of(learner(begun, STAGE, recipe()), inputs)
    first = take(1)
    assert take(STEPS - 1) < first
    assert before.isdisjoint(np.unique(STAGE.finish(begun).get_layer("head").kernel.numpy()))


def test_clustering_leaves_the_given_network_as_it_is():
    network, inputs = made_denoiser()
    before = network.get_weights()
    begun = STAGE.begin(network, recipe(), Structure(), inputs)
    steps_of(learner(begun, STAGE, recipe()), inputs)(2)
    assert all(np.array_equal(was, now) for was, now in zip(before, network.get_weights()))


def test_a_kernel_too_small_to_cluster_is_named_and_stays():
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(8, 3, name="large")(image)
    network = keras.Model(image, keras.layers.Conv2D(1, 1, name="small")(x))
    assert STAGE.left_alone(network, recipe(clusters=8)) == ("small",)
    finished = STAGE.finish(STAGE.begin(network, recipe(clusters=8), Structure(), {}))
    assert np.array_equal(finished.get_layer("small").kernel.numpy(), network.get_layer("small").kernel.numpy())


def test_an_interrupted_clustering_ends_as_an_uninterrupted_one(tmp_path):
    network, inputs = made_denoiser()
    whole = STAGE.begin(network, recipe(), Structure(), inputs)
    steps_of(learner(whole, STAGE, recipe()), inputs)(STEPS)
    begun = STAGE.begin(network, recipe(), Structure(), inputs)
    first = learner(begun, STAGE, recipe())
    steps_of(first, inputs)(2)
    saved = tf.train.Checkpoint(**first.kept).save(str(tmp_path / "checkpoint"))
    again = STAGE.begin(network, recipe(), Structure(), inputs)
    second = learner(again, STAGE, recipe())
    tf.train.Checkpoint(**second.kept).restore(saved).assert_existing_objects_matched()
    steps_of(second, inputs)(STEPS - 2)
    for was, now in zip(STAGE.finish(whole).get_weights(), STAGE.finish(again).get_weights()):
        assert np.array_equal(was, now)
