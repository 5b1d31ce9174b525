from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from made.networks import (
    interpreter,
    learner,
    made_cell,
    made_decoder,
    made_denoiser,
    made_encoder,
    made_generator,
    made_sparse_coder,
    outputs,
    steps_of,
    with_layer,
)

from litebrush.errors import RecipeError
from litebrush_train.compression.folding import fold_normalizations
from litebrush_train.compression.quantization import pin_picture_ranges, quantization_aware, require_quantizable
from litebrush_train.compression.stages import STAGES
from litebrush_train.compression.structure import Structure
from litebrush_train.recipes import CompressionRecipe

RECIPE = CompressionRecipe(steps=3, learning_rate=1e-3, method="qat")
PICTURE = {"scale": pytest.approx(1 / 255), "zero_point": -128}


def scale_of(detail) -> dict[str, float]:
    scale, zero_point = detail["quantization"]
    return {"scale": scale, "zero_point": zero_point}


def of_channels(details, channels: int):
    return next(detail for detail in details if detail["shape"][-1] == channels)


@pytest.mark.parametrize(
    "made",
    [
        made_denoiser,
        made_generator,
        lambda: made_generator("hinge", classes=3),
        lambda: made_generator("dcgan"),
        made_encoder,
        made_decoder,
        lambda: made_cell(None),
        lambda: made_cell("tanh"),
        made_sparse_coder,
        lambda: with_layer(keras.layers.LeakyReLU(0.2)),
        lambda: with_layer(keras.layers.Activation("tanh")),
    ],
)
def test_the_network_stays_near_and_becomes_one_all_integer_graph(made):
    network, inputs = made()
    quantized = quantization_aware(network, inputs)
    for exact, simulated in zip(outputs(network, inputs), outputs(quantized, inputs)):
        assert 0 < np.abs(exact - simulated).mean() < 0.02 * np.ptp(exact)
    converted = interpreter(quantized)
    kinds = {tensor["dtype"] for tensor in converted.get_tensor_details()}
    assert kinds == {np.int8, np.int32}  # int32: biases and shapes


@pytest.mark.parametrize("made", [made_denoiser, made_generator, lambda: made_cell("tanh")])
def test_the_stage_trains_and_hands_on_its_ranges(made):
    network, inputs = made()
    (stage,) = STAGES["qat"]
    begun = stage.begin(network, RECIPE, Structure(), inputs)
    take = steps_of(learner(begun, stage, RECIPE), inputs)
    assert take(3) < take(1) * 2
    assert stage.quantizes
    assert stage.finish(begun) is begun


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.PReLU(name="odd"),
        keras.layers.LayerNormalization(name="odd"),
        keras.layers.GroupNormalization(2, name="odd"),
        keras.layers.Lambda(tf.identity, name="odd"),
        keras.layers.SeparableConv2D(8, 3, padding="same", name="odd"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_that_cannot_be_quantized_is_named_before_training(layer):
    network, _ = with_layer(layer)
    with pytest.raises(RecipeError, match=rf"--compress qat cannot take layer 'odd' \({type(layer).__name__}\)"):
        require_quantizable(network)


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Conv2D(8, 3, padding="same", activation="elu", name="odd"),
        keras.layers.Activation("gelu", name="odd"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_an_activation_that_cannot_be_quantized_is_named_before_training(layer):
    network, _ = with_layer(layer)
    with pytest.raises(RecipeError, match=r"layer 'odd' \(\w+\) with activation 'g?elu'"):
        require_quantizable(network)


def test_a_normalization_that_follows_an_activation_is_named():
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu")(image)
    network = keras.Model(image, keras.layers.BatchNormalization(name="late")(x))
    with pytest.raises(RecipeError, match=r"'late' \(BatchNormalization\)"):
        require_quantizable(network)


def test_pruned_and_quantized_at_once_names_what_only_one_of_them_takes():
    network, _ = made_sparse_coder()
    with pytest.raises(RecipeError, match=r"--compress prune-qat cannot take layer 'decode0' \(Conv2DTranspose\)"):
        require_quantizable(network, preserve_zeros=True)


@pytest.mark.parametrize("made", [lambda: made_generator("dcgan"), made_generator])
def test_folding_normalizations_changes_nothing_at_inference(made):
    network, inputs = made()
    folded = fold_normalizations(network)
    assert np.allclose(outputs(network, inputs)[0], outputs(folded, inputs)[0], atol=1e-5)


def test_folding_removes_normalizations_after_dense_and_transposed_layers():
    network, _ = made_generator("dcgan")
    folded = fold_normalizations(network)
    assert any(isinstance(layer, keras.layers.BatchNormalization) for layer in network.layers)
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in folded.layers)


def test_given_ranges_hold_through_training_and_others_follow_the_inputs():
    network, inputs = made_denoiser()
    (stage,) = STAGES["qat"]
    begun = stage.begin(network, RECIPE, Structure(ranges={"image": (0.0, 1.0)}), inputs)
    brighter = {**inputs, "image": 3 * inputs["image"], "noise_level": 3 * inputs["noise_level"]}
    steps_of(learner(begun, stage, RECIPE), brighter)(3)
    details = interpreter(stage.finish(begun)).get_input_details()
    assert scale_of(of_channels(details, 3)) == PICTURE
    assert scale_of(of_channels(details, 1))["scale"] == pytest.approx(0.3 / 255, rel=1e-2)


def test_pinned_pictures_have_their_own_scale():
    network, inputs = made_denoiser()
    quantized = quantization_aware(network, inputs)
    pin_picture_ranges(quantized, ("image", "noise_level", "restored"))
    converted = interpreter(quantized)
    for detail in (*converted.get_input_details(), *converted.get_output_details()):
        assert scale_of(detail) == PICTURE


@pytest.mark.parametrize("activation", [None, "relu", "tanh", "sigmoid"])
def test_a_state_comes_in_on_the_scale_on_which_it_went_out(activation):
    network, inputs = made_cell(activation)
    (stage,) = STAGES["qat"]
    structure = Structure(ranges={"frame": (0.0, 1.0)}, tied=(("state", "next_state"),))
    begun = stage.begin(network, RECIPE, structure, inputs)
    steps_of(learner(begun, stage, RECIPE), inputs)(3)
    converted = interpreter(stage.finish(begun))
    state = of_channels(converted.get_input_details(), 4)
    following = of_channels(converted.get_output_details(), 4)
    assert scale_of(state) == scale_of(following)
    assert scale_of(of_channels(converted.get_input_details(), 3)) == PICTURE


def test_the_range_of_an_output_that_is_only_moved_is_that_of_its_layer():
    image = keras.Input((8, 8, 3), name="image")
    x = keras.layers.Conv2D(3, 1, name="values")(image)
    network = keras.Model(image, keras.layers.Reshape((64, 3), name="moved")(x))
    quantized = quantization_aware(network, {"image": np.ones((1, 8, 8, 3), np.float32)})
    pin_picture_ranges(quantized, ("moved",))
    (output,) = interpreter(quantized).get_output_details()
    assert scale_of(output) == PICTURE


def test_weights_of_dense_layers_keep_their_own_range():
    latent = keras.Input((4,), name="latent")
    network = keras.Model(latent, keras.layers.Dense(2, name="only")(latent))
    network.get_layer("only").set_weights([np.full((4, 2), 0.01, np.float32), np.full(2, 5, np.float32)])
    inputs = {"latent": np.ones((1, 4), np.float32)}
    assert np.allclose(outputs(quantization_aware(network, inputs), inputs)[0], 5.04, atol=0.02)
