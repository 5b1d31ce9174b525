from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from made.doubles import bytes_tensor
from made.drawing import FLOAT_LATENT, autoencoder
from made.pictures import photo_pixels
from PIL import Image

from litebrush.autoencoder import Autoencoder
from litebrush.contract import ModelContract
from litebrush.engine import FakeEngine
from litebrush.errors import ImageError
from litebrush.latents import latents
from litebrush.tasks import Task
from litebrush.tensors import Role, Signature, TensorSpec


@pytest.mark.parametrize("size", [(64, 64), (200, 90), (30, 50)])
def test_photos_of_any_shape_become_latents_and_squares(size):
    photo = Image.fromarray(photo_pixels(*size))
    latent = autoencoder().encode(photo)
    assert latent.shape == (8,)
    assert latent.dtype == np.float32
    assert autoencoder()(photo).size == (64, 64)


def test_the_square_in_the_middle_is_what_is_seen():
    wide = np.zeros((50, 150, 3), np.uint8)
    wide[:, 50:100] = 200
    assert np.allclose(autoencoder().encode(wide), 200 / 255, atol=1e-6)


def test_a_network_that_is_not_square_sees_what_fits_its_proportions():
    seen = []
    image, latent = TensorSpec("image", Role.IMAGE, (1, 64, 32, 3)), TensorSpec("latent", Role.LATENT, (1, 8))
    both = (Signature("encode", (image,), (latent,)), Signature("decode", (latent,), (image,)))
    tensors = dataclasses.replace(bytes_tensor(64, 3), shape=image.shape), FLOAT_LATENT

    def encode(inputs):
        seen.append(inputs["image"][0].view(np.uint8) ^ 128)
        return {"latent": np.zeros((1, 8), np.float32)}

    engines = {
        "encode": FakeEngine({"image": tensors[0]}, {"latent": tensors[1]}, encode),
        "decode": FakeEngine({"latent": tensors[1]}, {"image": tensors[0]}, lambda inputs: {}),
    }
    photo = np.zeros((100, 100, 3), np.uint8)
    photo[:, 25:75] = 200
    Autoencoder(ModelContract("vae", Task.AUTOENCODE, both, None), engines).encode(photo)
    assert np.array_equal(seen[0], np.full((64, 32, 3), 200, np.uint8))


def test_samples_are_decoded_from_the_latents_of_their_seed():
    model = autoencoder()
    drawn = model.sample(3, seed=9)
    for image, latent in zip(drawn, latents(9, 0, 3, 8), strict=True):
        assert np.array_equal(np.asarray(image), np.asarray(model.decode(latent)))
    assert [image.info for image in drawn] == [{"seed": 9, "index": index} for index in range(3)]


def test_a_fresh_seed_is_told():
    first, second = (autoencoder().sample()[0].info["seed"] for _ in range(2))
    assert first != second


def test_the_way_between_two_photos_begins_and_ends_with_what_is_kept_of_them():
    model = autoencoder()
    one, other = np.full((64, 64, 3), 20, np.uint8), np.full((64, 64, 3), 220, np.uint8)
    way = [np.asarray(image) for image in model.interpolate(one, other, 3)]
    assert [int(image[0, 0, 0]) for image in way] == [20, 120, 220]


def test_what_cannot_be_decoded_is_refused_in_words():
    with pytest.raises(ImageError, match=r"the latent is of shape \(9,\); 'vae' takes \(8,\)"):
        autoencoder().decode(np.zeros(9, np.float32))
    with pytest.raises(ImageError, match="values that are not finite"):
        autoencoder().decode(np.full(8, np.nan, np.float32))
    with pytest.raises(ImageError, match="0 pictures were asked for"):
        autoencoder().sample(0)
    with pytest.raises(ImageError, match="1 steps were asked for"):
        autoencoder().interpolate(photo_pixels(9, 9), photo_pixels(9, 9), 1)
