from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made.pictures import photo_pixels

from litebrush.errors import RecipeError
from litebrush_train.clips import ClipSource, add_flicker, add_moving_scratches, add_texture
from litebrush_train.config import build, shipped_sections
from litebrush_train.motion import detail, pan, random_motion, random_pace
from litebrush_train.pictures import Pictures, StoredPicture
from litebrush_train.pipeline import Batches
from litebrush_train.restoration_recipes import NoiseRecipe
from litebrush_train.sequence_recipes import ClipRecipe, RnnRecipe
from litebrush_train.shots import find_shots

SIDE = 16
CLEAN = ClipRecipe(
    frames=4, still_share=0, texture_share=0, fastest_px=3, stop_share=0, cut_share=0, flicker=0, scratches=0
)
NOISE = NoiseRecipe(0, 25)


def stored(named: dict[str, np.ndarray]) -> Pictures:
    """Pictures as a folder's, in the order of their names as text."""
    memory = np.concatenate([named[name].ravel() for name in sorted(named)])
    index, offset = [], 0
    for name in sorted(named):
        index.append(StoredPicture(Path(name), "", offset, named[name].shape))
        offset += named[name].size
    return Pictures(memory, tuple(index))


def video(first: int, count: int, folder: str = "a") -> dict[str, np.ndarray]:
    """A slow pan, with frames numbered from ``first``."""
    scene = photo_pixels(40, 48 + count)
    return {f"{folder}/scene_{first + n}.png": scene[:, n : n + 48] for n in range(count)}


def names(pictures: Pictures, shot: tuple[int, ...]) -> list[str]:
    return [pictures.stored[place].path.name for place in shot]


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# Which pictures are videos


def test_frames_come_in_the_order_of_their_numbers():
    pictures = stored(video(8, 5))  # as text, scene_10 comes before scene_8
    (shot,) = find_shots(pictures, 4)
    assert names(pictures, shot) == [f"scene_{number}.png" for number in range(8, 13)]


def test_a_missing_frame_parts_a_video():
    frames = video(1, 9)
    del frames["a/scene_5.png"]
    shots = find_shots(stored(frames), 4)
    assert [len(shot) for shot in shots] == [4, 4]


def test_a_cut_parts_a_video():
    after = {name: 255 - frame for name, frame in video(6, 4).items()}
    pictures = stored(video(1, 5) | after)
    assert [names(pictures, shot)[0] for shot in find_shots(pictures, 4)] == ["scene_1.png", "scene_6.png"]


def test_a_flickering_video_is_one_shot():
    frames = {
        name: (frame * (0.8 + 0.2 * (n % 2))).astype(np.uint8) for n, (name, frame) in enumerate(video(1, 6).items())
    }
    assert len(find_shots(stored(frames), 6)) == 1


@pytest.mark.parametrize(
    "frames",
    [
        video(1, 3),
        video(1, 2) | video(3, 2, folder="b"),
        {f"a/{n}.png": photo_pixels(40, 48 + 2 * n) for n in range(4)},
        {f"a/{n}.png": photo_pixels(40, 48, seed=0)[:, :: 1 - 2 * (n % 2)].copy() for n in range(8)},
        {f"a/{name}.png": photo_pixels(40, 48) for name in ("cat", "dog", "emu", "fox")},
        {f"a/{10 * n}.png": photo_pixels(40, 48) for n in range(5)},
    ],
    ids=["too few", "two folders", "many sizes", "numbered photos", "no numbers", "not consecutive"],
)
def test_other_pictures_are_no_video(frames):
    assert find_shots(stored(frames), 4) == ()


# Motion over a still


@given(seed=st.integers(0, 2**32 - 1), stop=st.booleans())
def test_no_point_moves_faster_than_asked_and_the_motion_has_no_jerks(seed, stop):
    random = seeded(seed)
    pace = random_pace(random, 8, stop)
    motion = random_motion(random, 64, pace, fastest_px=4)
    corners = 32 * np.array([(-1, -1), (1, -1), (-1, 1), (1, 1)])
    cosine, sine = np.cos(motion.angles), np.sin(motion.angles)
    turn = np.stack([np.stack([cosine, -sine], -1), np.stack([sine, cosine], -1)], axis=1)  # (frames, 2, 2)
    seen = motion.centres[:, None] + motion.scales[:, None, None] * (corners @ turn.transpose(0, 2, 1))
    moves = np.diff(seen, axis=0) / motion.scales[1:, None, None]
    distances = np.linalg.norm(moves, axis=2)
    assert distances.max() <= 4.05
    if not stop:
        assert np.linalg.norm(np.diff(moves, axis=0), axis=2).max() <= 0.3 * distances.max() + 1e-9


def test_what_stops_does_not_move_again():
    pace = random_pace(seeded(), 8, stop=True)
    still = np.flatnonzero(pace == 0)
    assert len(still) > 0
    assert np.array_equal(still, np.arange(still[0], 7))


def test_a_still_without_motion_yields_equal_frames_that_are_a_piece_of_it():
    picture = photo_pixels(40, 30)
    clip = pan(picture, SIDE, 4, seeded(), fastest_px=0, stop_share=0)
    assert all(np.array_equal(frame, clip[0]) for frame in clip)
    pieces = np.lib.stride_tricks.sliding_window_view(picture, (SIDE, SIDE, 3))[:, :, 0]
    assert np.any(np.all(pieces == clip[0], axis=(2, 3, 4)))


@given(seed=st.integers(0, 2**32 - 1), height=st.integers(SIDE, 30), width=st.integers(SIDE, 60))
def test_a_window_never_looks_beyond_the_picture(seed, height, width):
    picture = np.full((height, width, 3), 200, np.uint8)
    assert np.all(pan(picture, SIDE, 4, seeded(seed), fastest_px=6, stop_share=0.5) == 200)


def test_a_picture_moves_by_parts_of_pixels():
    ramp = np.repeat(np.arange(100, dtype=np.uint8)[None, :, None] * 2, 100, axis=0).repeat(3, axis=2)
    clip = pan(ramp, 64, 8, seeded(1), fastest_px=3, stop_share=0)
    means = clip.mean(axis=(1, 2, 3))
    steps = np.diff(means)
    assert 0 < np.abs(steps).max() <= 6
    assert np.any(np.abs(steps - np.rint(steps / 2) * 2) > 0.2)


def test_of_several_places_a_window_moves_over_the_one_with_the_most_detail():
    picture = np.full((SIDE, 10 * SIDE, 3), 128, np.uint8)
    picture[:, : 2 * SIDE] = photo_pixels(SIDE, 2 * SIDE)
    windows = [pan(picture, SIDE, 2, seeded(seed), fastest_px=0, stop_share=0)[0] for seed in range(100)]
    assert np.mean([detail(window) > 0 for window in windows]) > 0.45  # of single places, 0.22


def test_what_moves_between_pixels_keeps_its_detail():
    fine = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    source = ClipSource(stored({"a/fine.png": fine}), replace(CLEAN, fastest_px=1), NOISE, SIDE)
    shown = np.array([[detail(frame) for frame in source.clip(seeded(seed)).clean] for seed in range(40)])
    kept = shown.min(axis=1) / shown.max(axis=1)
    assert np.quantile(kept, 0.1) > 0.82  # without finer pixels under the camera, 0.77


@given(strength=st.floats(2, 20), grain_px=st.floats(1, 6), seed=st.integers(0, 2**32 - 1))
def test_texture_is_as_strong_as_asked_and_has_no_colour(strength, grain_px, seed):
    plain = np.full((64, 64, 3), 128, np.uint8)
    rough = add_texture(plain, strength, grain_px, seeded(seed)).astype(float) - 128
    assert rough.std() == pytest.approx(strength, rel=0.1)
    assert np.all(rough == rough[..., :1])


def test_texture_moves_with_the_picture():
    flat = np.full((64, 64, 3), 128, np.uint8)
    recipe = replace(CLEAN, texture_share=1, fastest_px=0)
    clean = ClipSource(stored({"a/flat.png": flat}), recipe, NOISE, SIDE).clip(seeded()).clean
    assert clean[0].std() > 1
    assert all(np.array_equal(frame, clean[0]) for frame in clean)


# What happens to film


def test_flicker_changes_the_brightness_of_whole_frames():
    frames = np.full((200, 2, 2, 3), 100, np.float32)
    flickering = add_flicker(frames, 0.1, seeded())
    by_frame = flickering[:, 0, 0, 0]
    assert np.array_equal(flickering, np.broadcast_to(by_frame[:, None, None, None], frames.shape))
    assert by_frame.std() == pytest.approx(np.hypot(10, 5.1), rel=0.2)
    assert by_frame.mean() == pytest.approx(100, abs=4)


def test_a_scratch_goes_on_in_the_next_frame_at_nearly_the_same_place():
    frames = np.full((8, 64, 64, 3), 128, np.float32)
    moves = []
    for seed in range(20):
        scratched = np.abs(add_moving_scratches(frames, 1, seeded(seed)) - frames)[..., 0]
        for now, following in pairwise(scratched):
            top, bottom = now[0], following[-1]  # the film runs down, and its next frame lies above
            if min(top.max(), bottom.max()) > 60:
                moves.append(abs(int(top.argmax()) - int(bottom.argmax())))
    assert len(moves) > 20
    assert 0 < max(moves) <= 6


def test_no_scratches_leave_the_frames_alone():
    frames = np.full((2, 8, 8, 3), 128, np.float32)
    assert np.array_equal(add_moving_scratches(frames, 0, seeded()), frames)


# Examples


def test_an_example_depends_on_its_seed_alone():
    recipe = ClipRecipe(frames=4)
    pictures = stored(video(1, 9) | {"b/photo.png": photo_pixels(60, 60)})
    one, again, other = (
        ClipSource(pictures, recipe, NOISE, SIDE).example(seeded(seed)).tensors["frame"] for seed in (5, 5, 6)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_examples_have_the_promised_shapes_and_ranges():
    source = ClipSource(stored(video(1, 9)), ClipRecipe(frames=4), NOISE, SIDE)
    (batch,) = Batches(source, size=2, seed=0).dataset(0, 1)
    assert {name: tensor.shape[1:] for name, tensor in batch.items()} == dict(source.shapes)
    assert all(tensor.numpy().min() >= 0 and tensor.numpy().max() <= 1 for tensor in batch.values())


def test_a_piece_of_a_video_is_consecutive_frames_either_way():
    source = ClipSource(stored(video(1, 9)), CLEAN, NOISE, SIDE)
    directions = set()
    for seed in range(10):
        numbers = [int(file.stem.rpartition("_")[2]) for file in source.clip(seeded(seed)).files]
        directions.add(tuple(np.diff(numbers)))
    assert directions == {(1, 1, 1), (-1, -1, -1)}


def test_frames_of_a_video_are_cropped_and_turned_alike():
    scene = photo_pixels(40, 48)
    pictures = stored({f"a/{n}.png": scene for n in range(5)})
    clean = ClipSource(pictures, CLEAN, NOISE, SIDE).clip(seeded()).clean
    assert all(np.array_equal(frame, clean[0]) for frame in clean)


def test_the_told_noise_is_the_noise():
    flat = {"a/x.png": np.full((64, 64, 3), 128, np.uint8), "a/y.png": np.full((64, 64, 3), 128, np.uint8)}
    clip = ClipSource(stored(flat), CLEAN, NOISE, 64).clip(seeded(3))
    noise = clip.degraded - clip.clean.astype(float)
    assert noise.std() == pytest.approx(clip.noise_level, rel=0.03)
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.05


def test_a_cut_joins_two_scenes_once():
    dark, light = (np.full((32, 32, 3), level, np.uint8) for level in (50, 200))
    recipe = replace(CLEAN, frames=8, cut_share=1)
    source = ClipSource(stored({"a/dark.png": dark, "a/light.png": light}), recipe, NOISE, SIDE)
    changes = [np.count_nonzero(np.diff(source.clip(seeded(seed)).clean[:, 0, 0, 0])) for seed in range(10)]
    assert set(changes) == {0, 1}  # 0: from a picture to itself


def test_stills_and_videos_share_the_examples_as_asked():
    pictures = stored(video(1, 9) | {"b/photo.png": photo_pixels(60, 60)})
    recipe = ClipRecipe(frames=4, still_share=0.25, cut_share=0)
    source = ClipSource(pictures, recipe, NOISE, SIDE)
    of_stills = [len(source.clip(seeded(seed)).files) == 1 for seed in range(200)]
    assert 0.15 < np.mean(of_stills) < 0.35


def test_without_stills_the_frames_of_a_video_serve_as_such():
    recipe = ClipRecipe(frames=4, still_share=1, cut_share=0)
    clip = ClipSource(stored(video(1, 9)), recipe, NOISE, SIDE).clip(seeded())
    assert len(clip.files) == 1


# The recipe


def test_the_shipped_recipe_is_a_recipe():
    assert build(RnnRecipe, shipped_sections("rnn")).clips == ClipRecipe()


@pytest.mark.parametrize(
    "setting",
    [
        {"frames": 1},
        {"still_share": 1.1},
        {"texture_share": 2},
        {"cut_share": -0.1},
        {"fastest_px": -1},
        {"flicker": 0.6},
        {"scratches": -1},
    ],
)
def test_impossible_clips_are_refused_by_name(setting):
    with pytest.raises(RecipeError, match=next(iter(setting))):
        ClipRecipe(**setting)
