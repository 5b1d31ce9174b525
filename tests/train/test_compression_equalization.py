from __future__ import annotations

import numpy as np
from made.networks import denoiser_recipe, made_denoiser, outputs

from litebrush_train.compression.equalization import equalize
from litebrush_train.models.cnn import restorer_channel_groups

GROUPS = restorer_channel_groups(denoiser_recipe(channels=8))


def test_equalization_changes_the_weights_and_not_the_result():
    network, inputs = made_denoiser(channels=8)
    equalized = equalize(network, GROUPS)
    before, after = (model.get_layer("block0_expand").get_weights()[0] for model in (network, equalized))
    assert not np.allclose(before, after)
    assert np.allclose(outputs(network, inputs)[0], outputs(equalized, inputs)[0], atol=1e-5)


def test_equalization_undoes_badly_scaled_channels():
    network, _ = made_denoiser(channels=8)
    kernel, bias = network.get_layer("block0_expand").get_weights()
    scale = np.geomspace(0.01, 100, kernel.shape[-1])
    network.get_layer("block0_expand").set_weights([kernel * scale, bias * scale])
    kernel, bias = network.get_layer("block0_project").get_weights()
    network.get_layer("block0_project").set_weights([kernel / scale[:, None], bias])
    kernel = equalize(network, GROUPS).get_layer("block0_project").get_weights()[0]
    largest = np.abs(kernel).max(axis=(0, 1, 3))
    assert largest.max() / largest.min() < 3


def test_equalization_keeps_zeros():
    network, _ = made_denoiser(channels=8)
    kernel, bias = network.get_layer("block0_expand").get_weights()
    kernel[:, :, ::2] = 0
    network.get_layer("block0_expand").set_weights([kernel, bias])
    equalized = equalize(network, GROUPS).get_layer("block0_expand").get_weights()[0]
    assert np.array_equal(equalized == 0, kernel == 0)
