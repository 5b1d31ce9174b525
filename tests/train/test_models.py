from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from litebrush_train.generative_recipes import AutoencoderRecipe, GeneratorRecipe
from litebrush_train.models.cnn import restorer, restorer_alignment, restorer_radius
from litebrush_train.models.detector import detector, detector_alignment, detector_radius
from litebrush_train.models.gan import generator, truncated
from litebrush_train.models.sparse import CODES, sparse_coder, sparse_coder_radius
from litebrush_train.models.vae import SKETCH, begin_as_principal_components, decoder, encoder
from litebrush_train.restoration_recipes import DetectorRecipe, RestorerRecipe, SparseCodingRecipe

RECIPE = RestorerRecipe(channels=8, blocks=1)


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


def reach(model: keras.Model, side: int, at: tuple[int, int]) -> int:
    """How far from an output pixel the farthest input pixel is that it depends on."""
    sample = {name: array for name, array in inputs(side).items() if name in model.input_names}
    if "mask" in model.input_names:
        sample["mask"] = np.zeros((1, side, side, 1), np.float32)
    image = tf.constant(sample.pop("image"))
    with tf.GradientTape() as tape:
        tape.watch(image)
        pixel = model({"image": image, **sample})[0, at[0], at[1], 0]
    influence = np.abs(tape.gradient(pixel, image).numpy()[0]).sum(axis=2)
    return max(np.abs(np.argwhere(influence > 0) - at).max(axis=0))


@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize("coarse_blocks", [0, 1])
@pytest.mark.parametrize("told", ["noise_level", "mask"])
def test_the_halo_is_the_receptive_fields_radius(blocks, coarse_blocks, told):
    recipe = RestorerRecipe(channels=2, inner_channels=3, blocks=blocks, coarse_channels=2, coarse_blocks=coarse_blocks)
    model, block = positive(restorer(recipe, **{told: True})), restorer_alignment(recipe)
    assert max(reach(model, 96, (48 + shift, 48 + shift)) for shift in range(block)) == restorer_radius(recipe)


@pytest.mark.parametrize("stride", [2, 4])
def test_a_sparse_coders_halo_covers_its_receptive_field(stride):
    recipe = SparseCodingRecipe(atoms=2, stride=stride, iterations=1)
    model = positive(sparse_coder(recipe))
    reaches = [reach(model, 96, (48 + shift, 48 + shift)) for shift in range(stride)]
    assert max(reaches) == sparse_coder_radius(recipe)


def test_what_lies_beyond_a_detectors_halo_changes_nothing():
    recipe, side = DetectorRecipe(channels=8, levels=1), 96
    keras.utils.set_random_seed(0)
    model, block, halo = detector(recipe), detector_alignment(recipe), detector_radius(recipe)
    random = np.random.default_rng(0)
    picture, other = (random.random((1, side, side, 3), np.float32) for _ in range(2))
    mask, farthest = model(picture).numpy(), 0
    for column in range(side):
        changed = picture.copy()
        changed[:, :, column] = other[:, :, column]
        reached = np.flatnonzero((model(changed).numpy() != mask).any(axis=(0, 1, 3)))
        farthest = max(farthest, int(np.abs(reached - column).max(initial=0)))
    assert halo - 2 * block < farthest <= halo


@pytest.mark.parametrize("window", [1, 3, 7])
def test_a_detector_is_shown_where_the_picture_is_flat(window):
    model = detector(DetectorRecipe(channels=2, levels=1))
    observer = keras.Model(model.input, model.get_layer(f"flatness_of_{window}").output)
    picture = np.random.default_rng(0).integers(0, 2, (1, 64, 64, 3)).astype(np.float32)  # black and white pixels
    picture[:, 16:48, 16:48] = 0.7
    flat = observer(picture).numpy()
    inside, margin = slice(8, 24), window // 2
    assert np.allclose(flat[:, 8 + margin : 24 - margin, 8 + margin : 24 - margin], 1, atol=1e-5)
    flat[:, inside, inside] = 0
    assert flat.mean() < 0.1


def test_a_detector_sees_a_difference_of_one_grey_level():
    model = detector(DetectorRecipe(channels=2, levels=1))
    observer = keras.Model(model.input, model.get_layer("flatness_of_1").output)
    picture = np.full((1, 32, 32, 3), 200 / 255, np.float32)
    picture[0, 10, 10, 1] = 201 / 255
    assert observer(picture).numpy()[0, 5, 5] == pytest.approx([1, 1 - 16 / 255, 1], abs=1e-5)


def test_an_untrained_restorer_leaves_the_photo_alone():
    sample = inputs(32)
    assert np.array_equal(restorer(RECIPE, noise_level=True)(sample).numpy(), sample["image"])


def test_the_restorer_has_the_documented_size():
    recipe = RestorerRecipe()
    assert restorer(recipe, noise_level=True).count_params() == 245516


def test_the_detector_has_the_documented_size():
    assert round(detector(DetectorRecipe()).count_params(), -3) == 653_000


def test_codes_are_zero_where_the_threshold_is_above_them():
    recipe = SparseCodingRecipe(atoms=4, iterations=1)
    model = sparse_coder(recipe)
    observer = keras.Model(model.inputs, model.get_layer(CODES).output)
    sample = inputs(32)
    assert np.any(observer(sample).numpy() != 0)
    assert not np.any(observer({**sample, "noise_level": np.full_like(sample["noise_level"], 100.0)}).numpy())


def test_an_autoencoder_begins_as_principal_component_analysis():
    random = np.random.default_rng(0)
    patterns = random.uniform(-20, 20, (3, 32, 32, 3)).repeat(2, axis=1).repeat(2, axis=2)
    pictures = np.rint(128 + np.tensordot(random.standard_normal((40, 3)), patterns, 1)).clip(0, 255).astype(np.uint8)
    recipe = AutoencoderRecipe(latent=5, channels=4)
    encoding, decoding = encoder(recipe), decoder(recipe)
    begin_as_principal_components(encoding, decoding, pictures)
    mean, _ = encoding(pictures / np.float32(255))
    assert np.allclose(mean.numpy()[:, :3].mean(axis=0), 0, atol=0.01)
    assert np.allclose(mean.numpy()[:, :3].std(axis=0), 1, atol=0.01)
    sketch = keras.Model(decoding.inputs, decoding.get_layer(SKETCH).output)(mean).numpy().reshape(40, 32, 32, 3)
    assert np.abs(sketch - pictures[:, ::2, ::2] / 255).max() < 2 / 255


@pytest.mark.parametrize("architecture", ["hinge", "dcgan"])
@pytest.mark.parametrize("classes", [0, 3])
def test_a_truncated_generator_draws_what_the_trained_one_draws_of_smaller_latents(architecture, classes):
    recipe = GeneratorRecipe(architecture, latent=8, channels=2, truncation=0.6)
    trained = generator(recipe, classes)
    random = np.random.default_rng(0)
    label = {"label": np.eye(classes, dtype=np.float32)} if classes else {}
    latent = random.standard_normal((max(1, classes), 8), np.float32)
    before = trained({"latent": 0.6 * latent, **label}).numpy()
    narrowed = truncated(trained, recipe)
    np.testing.assert_allclose(narrowed({"latent": latent, **label}), before, atol=1e-5)
    np.testing.assert_array_equal(trained({"latent": 0.6 * latent, **label}), before)
