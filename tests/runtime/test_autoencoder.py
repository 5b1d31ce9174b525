from __future__ import annotations

import numpy as np
import pytest
from made.drawing import autoencoder
from made.pictures import photo_pixels
from PIL import Image

from litebrush.errors import ImageError
from litebrush.latents import latents


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


def test_samples_are_decoded_from_the_latents_of_their_seed():
    model = autoencoder()
    drawn = model.sample(3, seed=9)
    for image, latent in zip(drawn, latents(9, 0, 3, 8), strict=True):
        assert np.array_equal(np.asarray(image), np.asarray(model.decode(latent)))


def test_the_way_between_two_photos_begins_and_ends_with_what_is_kept_of_them():
    model = autoencoder()
    one, other = np.full((64, 64, 3), 20, np.uint8), np.full((64, 64, 3), 220, np.uint8)
    way = [np.asarray(image) for image in model.interpolate(one, other, 3)]
    assert [int(image[0, 0, 0]) for image in way] == [20, 120, 220]


def test_what_cannot_be_decoded_is_refused_in_words():
    with pytest.raises(ImageError, match=r"the latent is of shape \(9,\); 'vae' takes \(8,\)"):
        autoencoder().decode(np.zeros(9, np.float32))
    with pytest.raises(ImageError, match="1 steps were asked for"):
        autoencoder().interpolate(photo_pixels(9, 9), photo_pixels(9, 9), 1)
