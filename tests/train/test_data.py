from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litebrush_train.data import PatchSampler, draw_samples, load_image_folders
from made.pictures import photo_pixels
from PIL import Image

from litebrush.errors import DataError
from litebrush.noise import add_gaussian_noise
from litebrush_train.config import NoiseRecipe

PICTURES = tuple(photo_pixels(40 + 10 * index, 60, seed=index) for index in range(3))


@given(seed=st.integers(0, 2**32), level=st.floats(0, 60))
@settings(max_examples=30)
def test_noise_is_decided_by_its_seed(seed, level):
    first, second = (add_gaussian_noise(PICTURES[0], level, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(first, second)


def test_noise_level_zero_changes_nothing():
    assert np.array_equal(add_gaussian_noise(PICTURES[0], 0, np.random.default_rng(0)), PICTURES[0])


@pytest.mark.parametrize("level", [5, 25, 50])
def test_noise_has_the_level_that_was_asked_for(level):
    grey = np.full((300, 300, 3), 128, np.uint8)
    noisy = add_gaussian_noise(grey, level, np.random.default_rng(0))
    assert np.std(noisy.astype(float)) == pytest.approx(level, rel=0.02)
    assert np.mean(noisy) == pytest.approx(128, abs=0.5)


def test_a_batch_depends_on_seed_and_step_alone():
    sampler, again = (PatchSampler(PICTURES, NoiseRecipe(), seed=3) for _ in range(2))
    sampler.batch(0, 4, 16)
    (inputs, target), (same_inputs, same_target) = sampler.batch(7, 4, 16), again.batch(7, 4, 16)
    assert np.array_equal(inputs["image"], same_inputs["image"])
    assert np.array_equal(target, same_target)
    other_step, other_seed = again.batch(8, 4, 16), PatchSampler(PICTURES, NoiseRecipe(), seed=4).batch(7, 4, 16)
    assert not np.array_equal(target, other_step[1])
    assert not np.array_equal(target, other_seed[1])


def test_a_batch_carries_the_level_of_its_noise():
    inputs, target = PatchSampler(PICTURES, NoiseRecipe(10, 50), 0).batch(0, 16, 32)
    measured = 255 * np.std(inputs["image"] - target, axis=(1, 2, 3))
    told = 255 * inputs["noise_level"][:, 0, 0, 0]
    assert inputs["noise_level"].shape == (16, 16, 16, 1)
    assert np.all(np.abs(measured / told - 1) < 0.15)


def test_every_pixel_is_as_likely_as_every_other():
    small, large = np.zeros((16, 16, 3), np.uint8), np.full((16, 160, 3), 255, np.uint8)
    sampler = PatchSampler((small, large), NoiseRecipe(0, 1e-6), 0)
    bright = np.mean([sampler.batch(step, 16, 16)[1].mean(axis=(1, 2, 3)) for step in range(40)])
    assert bright == pytest.approx(10 / 11, abs=0.04)


def test_held_out_pictures_are_never_trained_on(image_folder):
    folder = load_image_folders((image_folder,), 0.4, 16)
    held_out = {picture.tobytes() for picture in folder.validation}
    assert (len(folder.training), len(folder.validation)) == (3, 2)
    assert held_out.isdisjoint(picture.tobytes() for picture in folder.training)


def test_unreadable_and_small_files_are_listed_and_skipped(tmp_path):
    for index in range(3):
        Image.fromarray(PICTURES[index]).save(tmp_path / f"{index}.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("not even meant as a picture")
    Image.new("RGB", (8, 90)).save(tmp_path / "narrow.png")
    folder = load_image_folders((tmp_path,), 0.3, 16)
    assert len(folder.training) + len(folder.validation) == 3
    assert [path.name for path in folder.skipped] == ["broken.jpg", "narrow.png"]


def test_the_digest_tells_changed_images(tmp_path):
    for index in range(2):
        Image.fromarray(PICTURES[index]).save(tmp_path / f"{index}.png")
    first = load_image_folders((tmp_path,), 0.5, 16).digest
    assert load_image_folders((tmp_path,), 0.5, 16).digest == first
    Image.fromarray(PICTURES[2]).save(tmp_path / "1.png")
    assert load_image_folders((tmp_path,), 0.5, 16).digest != first


def test_folders_that_cannot_be_trained_on_are_refused_with_counts(tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        load_image_folders((tmp_path / "none",), 0.1, 16)
    with pytest.raises(DataError, match="no images in"):
        load_image_folders((tmp_path,), 0.1, 16)
    Image.new("RGB", (100, 100)).save(tmp_path / "one.png")
    Image.new("RGB", (100, 10)).save(tmp_path / "two.png")
    with pytest.raises(DataError, match=r"1 usable of 2 images.* 1 are smaller than 16 pixels"):
        load_image_folders((tmp_path,), 0.1, 16)


def test_samples_from_pictures_smaller_than_the_sample_are_continued_by_reflection():
    samples = draw_samples((PICTURES[0],), (25.0,), 2, 64, seed=0)
    assert samples.clean.shape == (2, 64, 64, 3)
    assert np.array_equal(samples.clean[0][40], samples.clean[0][39])
