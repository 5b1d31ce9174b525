from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from litebrush.errors import DataError
from litebrush_train.mask_folder import MaskFolder, load_mask_folder
from litebrush_train.masks import (
    random_dust,
    random_holes,
    random_scratches,
    random_stains,
    random_strokes,
    random_text,
)

SIDES = st.integers(16, 130)
ALL_OR_NOTHING = {
    "holes": lambda h, w, random: random_holes(h, w, random, 2, min(h, w) // 3, 3),
    "strokes": lambda h, w, random: random_strokes(h, w, random, 1.5, min(h, w) / 10, 3),
    "text": lambda h, w, random: random_text(h, w, random, 8, 8 + h // 8, 2),
}
SOFT = {
    "scratches": lambda h, w, random: random_scratches(h, w, random, 3),
    "dust": lambda h, w, random: random_dust(h, w, random, 5, 1),
    "stains": lambda h, w, random: random_stains(h, w, random, min(h, w) / 8, min(h, w) / 3, 1),
}
# what share of a picture may at most be touched: shapes of a third of the shorter side, three strokes as long as it,
# two lines of text, three scratches of 4 pixels with soft edges on 16 columns, a stain a third of it in radius
LARGEST_SHARE = {"holes": 1 / 3, "strokes": 0.5, "text": 0.9, "scratches": 1.0, "dust": 0.9, "stains": 0.6}


def waving_mask(height: int = 40, width: int = 50) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.clip(200 * np.sin(rows / 5) * np.cos(columns / 7), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", [*ALL_OR_NOTHING, *SOFT])
@given(height=SIDES, width=SIDES, seed=st.integers(0, 2**63))
@settings(max_examples=25)
def test_a_mask_is_decided_by_its_seed_and_has_the_size_asked_for(kind, height, width, seed):
    draw = (ALL_OR_NOTHING | SOFT)[kind]
    first, second = (draw(height, width, np.random.default_rng(seed)) for _ in range(2))
    assert first.shape == (height, width)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert np.mean(first > 0) <= LARGEST_SHARE[kind]


@pytest.mark.parametrize("kind", ALL_OR_NOTHING)
@given(height=SIDES, width=SIDES, seed=st.integers(0, 2**63))
@settings(max_examples=25)
def test_something_is_missing_and_something_is_left(kind, height, width, seed):
    mask = ALL_OR_NOTHING[kind](height, width, np.random.default_rng(seed))
    assert set(np.unique(mask)) == {0, 255}


@pytest.mark.parametrize("kind", SOFT)
def test_damage_has_soft_edges(kind):
    masks = [SOFT[kind](96, 96, np.random.default_rng(seed)) for seed in range(8)]
    values = np.unique(masks)
    assert values[0] == 0
    assert values[-1] > 100
    assert len(values) > 30


def test_scratches_run_down_the_film():
    for seed in range(8):
        mask = random_scratches(128, 128, np.random.default_rng(seed), 1, thickest=2)
        rows, columns = np.nonzero(mask)
        if len(rows):
            drift = np.abs(np.polynomial.polynomial.polyfit(rows, columns, 1)[1])
            assert drift < 0.3
            assert np.count_nonzero(mask, axis=1).max() <= 5


def test_holes_have_sides_within_the_bounds():
    for seed in range(20):
        mask = random_holes(300, 300, np.random.default_rng(seed), 10, 20, 1)
        rows, columns = np.nonzero(mask)
        if rows.min() > 0 and columns.min() > 0 and rows.max() < 299 and columns.max() < 299:
            assert 10 <= np.ptp(rows) + 1 <= 20
            assert 10 <= np.ptp(columns) + 1 <= 20


@given(height=SIDES, width=SIDES, seed=st.integers(0, 2**63))
@settings(max_examples=50)
def test_a_crop_of_any_size_shows_damage(height, width, seed):
    speck = np.zeros((60, 50), np.uint8)
    speck[20:24, 30:34] = 255
    folder = MaskFolder((speck,), ())
    first, second = (folder.crop(height, width, np.random.default_rng(seed)) for _ in range(2))
    assert first.shape == (height, width)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert first.any()


def test_a_mask_smaller_than_the_crop_is_enlarged():
    speck = np.zeros((50, 50), np.uint8)
    speck[23:27, 23:27] = 255
    folder = MaskFolder((speck,), ())
    largest = max(folder.crop(200, 200, np.random.default_rng(seed)).astype(float).sum() / 255 for seed in range(10))
    assert largest == pytest.approx(16 * 4**2, rel=0.2)


def test_damage_can_be_reduced_and_still_shows():
    blot = np.zeros((200, 200), np.uint8)
    blot[88:112, 88:112] = 255
    folder = MaskFolder((blot,), ())
    crops = [folder.crop(100, 100, np.random.default_rng(seed), reduction=2) for seed in range(30)]
    assert all(crop.any() for crop in crops)
    assert max(crop.astype(float).sum() / 255 for crop in crops) == pytest.approx(12**2, rel=0.1)


def test_crops_are_turned_and_mirrored():
    folder = MaskFolder((waving_mask(),), ())
    crops = {folder.crop(24, 24, np.random.default_rng(seed)).tobytes() for seed in range(10)}
    assert len(crops) == 10


def test_masks_are_read_and_empty_or_broken_ones_listed(tmp_path):
    (tmp_path / "stains").mkdir()
    mask = waving_mask()
    Image.fromarray(mask).save(tmp_path / "stains" / "one.png")
    Image.fromarray(np.zeros((20, 20), np.uint8)).save(tmp_path / "empty.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    folder = load_mask_folder(tmp_path)
    assert len(folder.masks) == 1
    assert np.array_equal(folder.masks[0], mask)
    assert [path.name for path in folder.skipped] == ["broken.png", "empty.png"]


def test_folders_without_usable_masks_are_refused(tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        load_mask_folder(tmp_path / "none")
    with pytest.raises(DataError, match="no masks in"):
        load_mask_folder(tmp_path)
    Image.fromarray(np.zeros((20, 20), np.uint8)).save(tmp_path / "empty.png")
    with pytest.raises(DataError, match="none of 1 masks can be read and shows damage"):
        load_mask_folder(tmp_path)
