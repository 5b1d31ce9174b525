from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from litebrush_train.compression import equalize, pin_picture_ranges, quantization_aware
from litebrush_train.config import ModelRecipe
from litebrush_train.models.cnn import channel_groups, denoiser, receptive_field_radius

RECIPE = ModelRecipe(channels=8, blocks=1)


def inputs(side: int, count: int = 1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        "image": random.random((count, side, side, 3), np.float32),
        "noise_level": np.full((count, side // 2, side // 2, 1), 0.1, np.float32),
    }


def positive(model: keras.Model) -> keras.Model:
    """Weights under which no influence cancels or dies in a ReLU."""
    model.set_weights([np.full_like(weights, 0.01) for weights in model.get_weights()])
    return model


@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize("at", [(40, 40), (41, 41)])
def test_the_halo_is_the_receptive_fields_radius(blocks, at):
    recipe = ModelRecipe(channels=2, blocks=blocks)
    model = positive(denoiser(recipe))
    sample = {name: tf.constant(array) for name, array in inputs(80).items()}
    with tf.GradientTape() as tape:
        tape.watch(sample["image"])
        pixel = model(sample)[0, at[0], at[1], 0]
    influence = np.abs(tape.gradient(pixel, sample["image"]).numpy()[0]).sum(axis=2)
    reach = max(np.abs(np.argwhere(influence > 0) - at).max(axis=0))
    assert reach == receptive_field_radius(recipe)


def test_an_untrained_denoiser_leaves_the_photo_alone():
    sample = inputs(32)
    assert np.array_equal(denoiser(RECIPE)(sample).numpy(), sample["image"])


def test_the_denoiser_has_the_documented_size():
    assert denoiser(ModelRecipe(channels=32, blocks=4)).count_params() == 81228


def random_denoiser() -> keras.Model:
    model = denoiser(RECIPE)
    random = np.random.default_rng(0)
    model.set_weights([weights + random.normal(0, 0.05, weights.shape) for weights in model.get_weights()])
    return model


def test_equalization_changes_the_weights_and_not_the_result():
    model, sample = random_denoiser(), inputs(32, count=2)
    equalized = equalize(model, channel_groups(RECIPE))
    assert not np.allclose(model.get_layer("head").get_weights()[0], equalized.get_layer("head").get_weights()[0])
    assert np.allclose(model(sample), equalized(sample), atol=1e-5)


def test_equalization_undoes_badly_scaled_channels():
    model = random_denoiser()
    kernel, bias = model.get_layer("block0_expand").get_weights()
    scale = np.geomspace(0.01, 100, kernel.shape[-1])
    model.get_layer("block0_expand").set_weights([kernel * scale, bias * scale])
    kernel, bias = model.get_layer("block0_project").get_weights()
    model.get_layer("block0_project").set_weights([kernel / scale[:, None], bias])
    kernel = equalize(model, channel_groups(RECIPE)).get_layer("block0_project").get_weights()[0]
    largest = np.abs(kernel).max(axis=(0, 1, 3))
    assert largest.max() / largest.min() < 3


def test_simulated_quantization_stays_near_the_float_model():
    keras.utils.set_random_seed(0)
    model = denoiser(RECIPE)
    model.set_weights([weights + np.random.normal(0, 0.05, weights.shape) for weights in model.get_weights()])
    sample = inputs(32, count=4)
    quantized = quantization_aware(model, sample)
    difference = np.abs(quantized(sample, training=False).numpy() - model(sample).numpy())
    assert 0 < difference.mean() < 0.02


def test_pinned_layers_hold_pictures_at_the_pictures_own_scale():
    model = denoiser(RECIPE)
    quantized = quantization_aware(model, inputs(32))
    pin_picture_ranges(quantized, ("restored",))
    pinned = [layer for layer in quantized.layers if layer.name.startswith("quantize_layer")]
    pinned.append(quantized.get_layer("quant_restored"))
    assert len(pinned) == 3
    for layer in pinned:
        ranges = {v.name.rsplit("_", 1)[-1]: float(v) for v in layer.weights if v.name[-6:] in ("_min:0", "_max:0")}
        assert ranges == {"min:0": 0.0, "max:0": 1.0}
