from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made.pictures import photo_pixels
from PIL import Image

from litebrush.noise import add_gaussian_noise
from litebrush_train.families.denoise import noisy
from litebrush_train.patches import PatchSource, crop, draw_samples, inputs_of, reduced, reduced_crop, stacked
from litebrush_train.pictures import load_image_folders
from litebrush_train.pipeline import Batches


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for index in range(4):
        Image.fromarray(photo_pixels(40 + 10 * index, 60, seed=index)).save(folder / f"{index}.png")
    return load_image_folders((folder,), 0.25, 16).training


def noisy_source(pictures, size=16, lowest=0.0, highest=50.0):
    return PatchSource(pictures, size, lambda clean, random: noisy(clean, random.uniform(lowest, highest), random))


@pytest.mark.parametrize("level", [5, 25, 50])
def test_noise_has_the_level_that_was_asked_for(level):
    grey = np.full((300, 300, 3), 128, np.uint8)
    noisy = add_gaussian_noise(grey, level, np.random.default_rng(0))
    assert np.std(noisy.astype(float)) == pytest.approx(level, rel=0.02)
    assert np.mean(noisy) == pytest.approx(128, abs=0.5)


def targets(batches, step, shard=0, shards=1):
    return [example.tensors["target"] for example in batches.examples(step, shard, shards)]


def test_a_batch_depends_on_seed_phase_and_step_alone(pictures):
    batches, again = (Batches(noisy_source(pictures), 4, seed=3) for _ in range(2))
    targets(batches, 0)
    assert np.array_equal(targets(batches, 7), targets(again, 7))
    assert not np.array_equal(targets(batches, 7), targets(again, 8))
    assert not np.array_equal(targets(batches, 7), targets(Batches(noisy_source(pictures), 4, seed=4), 7))
    assert not np.array_equal(targets(batches, 7), targets(Batches(noisy_source(pictures), 4, 3, phase=1), 7))


def test_shards_together_are_the_batch(pictures):
    batches = Batches(noisy_source(pictures), 6, seed=3)
    shards = [target for shard in range(3) for target in targets(batches, 5, shard, 3)]
    assert np.array_equal(shards, targets(batches, 5))


def test_the_dataset_holds_the_batches_of_its_steps(pictures):
    batches = Batches(noisy_source(pictures), 3, seed=0)
    made = list(batches.dataset(2, 4))
    assert len(made) == 2
    assert np.array_equal(made[1]["target"], targets(batches, 3))
    assert made[0]["noise_level"].shape == (3, 8, 8, 1)


def test_a_batch_knows_the_files_it_came_from(pictures):
    files = Batches(noisy_source(pictures), 8, seed=0).files(0)
    assert set(files) <= {stored.path for stored in pictures.stored}
    assert len(files) == len(set(files)) > 1


def test_an_example_carries_the_level_of_its_noise(pictures):
    for example in Batches(noisy_source(pictures, 32, 10), 16, 0).examples(0):
        measured = 255 * np.std(example.tensors["image"] - example.tensors["target"])
        told = 255 * example.tensors["noise_level"]
        assert np.ptp(told) == 0
        assert abs(measured / told.max() - 1) < 0.15


def test_every_pixel_is_as_likely_as_every_other(tmp_path):
    Image.new("RGB", (16, 16), "black").save(tmp_path / "0.png")
    Image.new("RGB", (16, 16), "black").save(tmp_path / "1.png")
    Image.new("RGB", (160, 16), "white").save(tmp_path / "2.png")
    pictures = load_image_folders((tmp_path,), 0.3, 16).training
    batches = Batches(noisy_source(pictures, 16, 0, 1e-6), 16, 0)
    bright = np.mean([np.mean(targets(batches, step)) for step in range(40)])
    assert bright == pytest.approx(10 / 11, abs=0.04)


def test_crops_of_pictures_that_are_too_small_are_continued_by_reflection(pictures):
    cut = crop(pictures[0], 64, np.random.default_rng(0))
    assert cut.shape == (64, 64, 3)
    assert np.array_equal(cut[40], cut[39])


@given(height=st.integers(8, 90), width=st.integers(8, 90), reduction=st.floats(1, 16), seed=st.integers(0, 2**32 - 1))
def test_a_reduced_crop_has_its_size_whatever_the_picture_and_makes_up_no_colour(height, width, reduction, seed):
    flat = np.full((height, width, 3), (3, 128, 250), np.uint8)
    cut = reduced_crop(flat, 16, reduction, np.random.default_rng(seed))
    assert cut.shape == (16, 16, 3)
    assert np.array_equal(np.unique(cut.reshape(-1, 3), axis=0), [(3, 128, 250)])


def test_a_picture_shown_smaller_has_as_much_of_the_scene_and_no_aliases():
    columns = np.arange(240)[None, :, None]
    stripes = np.broadcast_to(np.where(columns % 2, 255, 0), (160, 240, 3)).astype(np.uint8)
    smaller = reduced(stripes, 2.5)
    assert smaller.shape == (64, 96, 3)
    assert np.ptp(smaller[:, 4:-4].astype(int)) < 24
    ramp = np.broadcast_to(columns, (160, 240, 3)).astype(np.uint8)
    assert np.abs(reduced(ramp, 2.5)[0, :, 0] - (2.5 * np.arange(96) + 0.75)).max() < 2


def test_a_source_that_reduces_shows_more_of_a_picture(tmp_path):
    for name in ("a.png", "b.png"):
        Image.fromarray(np.tile(np.arange(0, 240, 2, dtype=np.uint8)[None, :, None], (120, 1, 3))).save(tmp_path / name)
    pictures = load_image_folders((tmp_path,), 0.4, 16).training

    def most_seen(reduction):
        source = PatchSource(pictures, 16, lambda clean, random: noisy(clean, 0.0, random), reduction)
        return max(np.ptp(example.tensors["target"]) for example in Batches(source, 16, 0).examples(0)) * 255

    assert most_seen(1.0) == pytest.approx(30, abs=1)  # 16 columns, 2 grey levels each
    assert 60 < most_seen(4.0) <= 4 * 32


def test_samples_for_looking_at_are_the_same_each_time_and_go_round_the_pictures(pictures):
    def spoil(clean, random, number):
        return noisy(clean, 10.0 * number, random)

    first, again = (draw_samples(pictures, 4, 32, 0, spoil) for _ in range(2))
    assert [float(sample.inputs["noise_level"]) for sample in first] == [0, 10, 20, 30]
    assert np.array_equal(first[3].inputs["image"], again[3].inputs["image"])
    assert np.array_equal(first[0].inputs["image"], first[0].target)
    assert stacked(first, "restore", with_target=True)["restore/noise_level"].shape == (4,)
    assert inputs_of(first)["noise_level"].shape == (4, 16, 16, 1)
