from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from made.networks import made_denoiser

from litebrush_train.arithmetic import arithmetic, convolutions_in
from litebrush_train.compression.quantization import quantization_aware
from litebrush_train.generative_recipes import AutoencoderRecipe, GeneratorRecipe
from litebrush_train.models.cnn import restorer
from litebrush_train.models.detector import detector
from litebrush_train.models.gan import discriminator, generator
from litebrush_train.models.rnn import cell
from litebrush_train.models.sparse import sparse_coder
from litebrush_train.models.vae import decoder, encoder
from litebrush_train.restoration_recipes import DetectorRecipe, RestorerRecipe, SparseCodingRecipe
from litebrush_train.sequence_recipes import SequenceModelRecipe

GENERATOR = GeneratorRecipe(latent=8, channels=4, discriminator_channels=4)
NETWORKS = {
    "restorer": lambda: restorer(RestorerRecipe(channels=4, blocks=1), noise_level=True, height=32, width=32),
    "inpainter": lambda: restorer(RestorerRecipe(channels=4, blocks=1), mask=True, height=32, width=32),
    "detector": lambda: detector(DetectorRecipe(channels=4, levels=1), 32, 32),
    "cell": lambda: cell(SequenceModelRecipe(channels=4, blocks=1), 32, 32),
    "sparse coder": lambda: sparse_coder(SparseCodingRecipe(atoms=4, iterations=1), 32, 32),
    "encoder": lambda: encoder(AutoencoderRecipe(latent=8, channels=4)),
    "decoder": lambda: decoder(AutoencoderRecipe(latent=8, channels=4)),
    "generator": lambda: generator(GENERATOR, 3),
    "discriminator": lambda: discriminator(GENERATOR, 3),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_between_whose_ends_numbers_have_16_bits_has_weights_and_outputs_of_32(name):
    with arithmetic("mixed_bfloat16"):
        network = NETWORKS[name]()
    assert {tensor.dtype for tensor in network.outputs} == {tf.float32}
    assert {variable.dtype for variable in network.variables} == {tf.float32}
    assert "bfloat16" in {layer.compute_dtype for layer in network.layers}


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_learned_in_16_bits_fit_the_network_of_32(name):
    with arithmetic("mixed_bfloat16"):
        learned = NETWORKS[name]()
    copy = NETWORKS[name]()
    copy.set_weights(learned.get_weights())
    random = np.random.default_rng(0)
    inputs = {
        tensor.name: random.random((2, *tensor.shape[1:]), np.float32)
        for tensor in (copy.inputs if isinstance(copy.inputs, list) else [copy.inputs])
    }
    for mine, its in zip(*(tf.nest.flatten(model(inputs)) for model in (copy, learned))):
        assert np.allclose(mine, its, rtol=0.05, atol=0.05)


def test_the_arithmetic_ends_with_an_error_too():
    with pytest.raises(ValueError, match="wrong"), arithmetic("mixed_bfloat16"):
        raise ValueError("wrong")
    assert keras.mixed_precision.global_policy().name == "float32"


def test_a_network_that_simulates_8_bits_multiplies_in_16_inside_and_in_32_again_afterwards():
    network, inputs = made_denoiser()
    quantized = quantization_aware(network, inputs)
    before = quantized(inputs).numpy()
    with convolutions_in("mixed_bfloat16", [quantized]):
        inside = quantized(inputs).numpy()
    assert 0 < np.abs(inside - before).max() < 0.05 * np.ptp(before)
    assert np.array_equal(quantized(inputs), before)


def test_a_convolution_of_single_pixels_keeps_its_32_bits():
    image = keras.Input((4, 4, 3), name="image")
    network = keras.Model(image, keras.layers.Conv2D(3, 1)(image))
    picture = np.random.default_rng(0).random((1, 4, 4, 3), np.float32)
    before = network(picture).numpy()
    with convolutions_in("mixed_bfloat16", [network]):
        assert np.array_equal(network(picture), before)


def test_nothing_changes_inside_float32():
    network, inputs = made_denoiser()
    before = network(inputs).numpy()
    with convolutions_in("float32", [network]):
        assert np.array_equal(network(inputs), before)
