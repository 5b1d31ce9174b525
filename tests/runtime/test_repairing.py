from __future__ import annotations

import io
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from made.doubles import DAMAGE, FILLING, model_named
from made.pictures import photo_pixels
from PIL import Image

from litebrush.damage import with_rims
from litebrush.errors import ImageError
from litebrush.noise import add_gaussian_noise
from litebrush.repairing import Repairer


@pytest.fixture
def loaded() -> list[str]:
    return []


@pytest.fixture
def repairer(loaded):
    def load(name):
        loaded.append(name)
        return model_named(name)

    with Repairer(load) as repairer:
        yield repairer


def smooth_pixels(height: int = 96, width: int = 128) -> np.ndarray:
    """Without noise, damage or blocks, and with both lowest bits set."""
    rows, columns = np.mgrid[:height, :width]
    waves = 128 + 60 * np.sin(rows / 17) * np.cos(columns / 23)
    return np.repeat(waves[..., None], 3, axis=2).astype(np.uint8) | 3


def damaged_pixels() -> np.ndarray:
    pixels = smooth_pixels()
    pixels[20:60, 30:33] = DAMAGE
    return pixels


def test_a_clean_photo_stays_as_it_is(repairer, loaded):
    pixels = smooth_pixels()
    repair = repairer.repair(pixels)
    assert np.array_equal(repair.picture, pixels)
    assert repair.mask is None
    assert repair.done == ()
    assert loaded == []


def test_damage_is_not_looked_for_unless_it_is_asked_for(repairer):
    assert np.array_equal(repairer(damaged_pixels()), damaged_pixels())


@pytest.mark.parametrize("order", [{"mask": "auto"}, {"steps": ["inpaint"]}])
def test_damage_is_found_and_filled_in_and_nothing_else_changes(repairer, order):
    pixels = damaged_pixels()
    repair = repairer.repair(pixels, **order)
    damaged = with_rims((pixels == DAMAGE).all(axis=2))
    assert np.array_equal(repair.mask == 255, damaged)
    assert (repair.picture[damaged] == FILLING).all()
    assert np.array_equal(repair.picture[~damaged], pixels[~damaged])
    assert [deed.words for deed in repair.done] == ["1.7 % filled in"]


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_a_rim_is_every_pixel_beside_damage(damaged):
    beside = np.pad(damaged, 1)
    rows, columns = damaged.shape
    shifted = [beside[y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    assert np.array_equal(with_rims(damaged), np.any(shifted, axis=0))


def test_a_mask_takes_the_place_of_looking_for_damage(repairer, loaded):
    pixels = damaged_pixels()
    mask = np.zeros(pixels.shape[:2], np.uint8)
    mask[80:90, 5:10] = 128
    repaired = repairer(pixels, mask=mask)
    assert (repaired[mask > 127] == FILLING).all()
    assert np.array_equal(repaired[mask <= 127], pixels[mask <= 127])
    assert "damage" not in loaded


def test_a_detector_that_takes_half_of_the_picture_for_damage_is_not_believed(repairer):
    pixels = smooth_pixels()
    pixels[:50] = DAMAGE
    assert np.array_equal(repairer(pixels, mask="auto"), pixels)


def test_noise_is_removed_where_it_can_be_seen(repairer):
    noisy = add_gaussian_noise(smooth_pixels(), 12, np.random.default_rng(0))
    repair = repairer.repair(noisy)
    assert np.array_equal(repair.picture, noisy & ~np.uint8(2))
    assert repair.done[0].words.startswith("noise of level 1")
    assert "(estimated)" in repair.done[0].words


def as_jpeg(pixels: np.ndarray, quality: int) -> Image.Image:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return Image.open(file)


@pytest.mark.parametrize(("quality", "deblocked"), [(30, True), (75, True), (95, False)])
def test_a_jpeg_is_deblocked_if_it_was_compressed_strongly(repairer, quality, deblocked):
    repair = repairer.repair(as_jpeg(smooth_pixels(), quality), steps="auto")
    assert any(deed.words == f"JPEG blocks of quality {quality} removed" for deed in repair.done) == deblocked


def test_blocks_are_seen_in_a_picture_that_is_no_file(repairer):
    blocky = np.asarray(as_jpeg(photo_pixels(128, 128), 10))
    assert "JPEG blocks removed" in [deed.words for deed in repairer.repair(blocky).done]


def test_threads_that_need_a_model_first_at_once_load_it_once(loaded):
    gate = threading.Barrier(4)

    def load(name):
        loaded.append(name)
        time.sleep(0.05)
        return model_named(name)

    def work():
        gate.wait()
        repairer(smooth_pixels(), steps=["deblock"])

    with Repairer(load) as repairer:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert loaded == ["deblock"]


@given(steps=st.lists(st.sampled_from(["inpaint", "deblock", "denoise"]), unique=True))
@settings(max_examples=10)
def test_steps_that_are_named_are_taken_whether_needed_or_not_and_no_others(steps):
    pixels = damaged_pixels()
    expected = pixels.copy()
    if "inpaint" in steps:
        expected[with_rims((pixels == DAMAGE).all(axis=2))] = FILLING
    if "deblock" in steps:
        expected &= ~np.uint8(1)
    if "denoise" in steps:
        expected &= ~np.uint8(2)
    with Repairer(model_named) as repairer:
        assert np.array_equal(repairer(pixels, steps=steps, noise_level=5), expected)


def test_progress_names_each_step(repairer):
    seen = []
    repairer.repair(damaged_pixels(), ["inpaint", "denoise"], progress=lambda *told: seen.append(told))
    assert [what for what, done, total in seen if done == total] == [
        "looking for damage",
        "filling in",
        "removing noise",
    ]


def test_a_model_is_loaded_once_and_again_after_closing(repairer, loaded):
    repairer(smooth_pixels(), steps=["denoise"])
    repairer(smooth_pixels(), steps=["denoise"])
    assert loaded == ["denoise"]
    repairer.close()
    repairer(smooth_pixels(), steps=["denoise"])
    assert loaded == ["denoise", "denoise"]


BAD_WISHES = {
    "a step that does not exist": ({"steps": ["polish"]}, "no step is called 'polish'; there is inpaint, deblock"),
    "a mask of another size": ({"mask": np.zeros((5, 7), np.uint8)}, "the mask is of 7x5 pixels, the photo of 128x96"),
    "a mask that is a word": ({"mask": "yes"}, "'yes' is no mask"),
    "a noise level out of range": ({"steps": ["denoise"], "noise_level": 70}, "knows 0 to 50"),
}


@pytest.mark.parametrize("wish", BAD_WISHES)
def test_what_cannot_be_done_is_refused_in_words(repairer, wish):
    arguments, words = BAD_WISHES[wish]
    with pytest.raises(ImageError, match=words):
        repairer(smooth_pixels(), **arguments)
