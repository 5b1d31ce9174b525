from __future__ import annotations

import dataclasses
import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made.contracts import IMAGE, RESTORED, make_task_contract
from made.pictures import photo_pixels
from made.recurrent import STATE_IN, counting, recurrent, recurrent_engine, step
from PIL import Image

from litebrush.contract import ModelContract, StatePair, Tiling
from litebrush.engine import FakeEngine, TensorInfo
from litebrush.errors import ContractError, EngineError, ImageError
from litebrush.loading import TASK_CLASSES
from litebrush.noise import add_gaussian_noise
from litebrush.scene import is_cut, thumbnail
from litebrush.sequence import FrameByFrame, SequenceRestorer
from litebrush.tasks import Task
from litebrush.tensors import Role, Signature, TensorSpec


def clip(height: int, width: int, count: int) -> list[np.ndarray]:
    """One scene: only the noise changes."""
    return [photo_pixels(height, width, seed=seed) for seed in range(count)]


def counter() -> SequenceRestorer:
    return recurrent(engine=recurrent_engine(function=counting))


def shown(frame: np.ndarray) -> int:
    (value,) = np.unique(frame)
    return int(value)


@given(height=st.integers(8, 150), width=st.integers(8, 150), limit=st.sampled_from([14, 20, 32, 64]))
@settings(max_examples=40)
def test_tiles_meet_without_a_seam_over_several_frames_whatever_the_size(height, width, limit):
    frames = clip(height, width, 4)
    for one, other in zip(recurrent(limit)(frames, 25), recurrent(4096)(frames, 25)):
        assert np.array_equal(one, other)


def test_an_engine_that_cannot_be_resized_gives_the_same_sequence():
    engine = recurrent_engine()
    engine.resizable = False
    frames = clip(151, 129, 4)
    for one, other in zip(recurrent(engine=engine)(frames, 25), recurrent(4096)(frames, 25)):
        assert np.array_equal(one, other)
    assert engine.invocations > 4


def test_a_stream_remembers_and_begins_with_zero():
    assert [shown(frame) for frame in counter()(clip(40, 50, 4))] == [1, 2, 3, 4]


def test_a_state_that_comes_out_with_another_scale_is_what_it_stands_for():
    """``next_state`` is stored in halves of the unit and about another zero; the results must not know."""
    state_out = TensorInfo(STATE_IN.shape, np.dtype(np.int16), STATE_IN.scale / 2, 3)

    def other_scale(inputs):
        outputs = step(inputs)
        finer = (outputs["next_state"].astype(np.int16) - STATE_IN.zero_point) * 2 + 3
        return {**outputs, "next_state": finer}

    frames = clip(70, 50, 5)
    rescaled = recurrent(32, recurrent_engine(state_out, other_scale))
    for one, other in zip(rescaled(frames, 25), recurrent(32)(frames, 25)):
        assert np.array_equal(one, other)


def test_a_scene_cut_begins_anew():
    dark = [255 - frame for frame in clip(64, 64, 3)]
    restorer = counter()
    stream = restorer.stream()
    assert [shown(stream(frame)) for frame in (*clip(64, 64, 2), *dark)] == [1, 2, 1, 2, 3]
    assert stream.scenes == 2


def test_another_size_begins_anew():
    stream = counter().stream()
    assert [shown(stream(frame)) for frame in (*clip(40, 50, 2), *clip(50, 40, 2))] == [1, 2, 1, 2]


def test_a_stream_can_be_told_to_forget():
    stream = counter().stream()
    first, second, third = clip(40, 50, 3)
    assert (shown(stream(first)), shown(stream(second))) == (1, 2)
    stream.reset()
    assert shown(stream(third)) == 1


def test_flicker_and_noise_in_the_dark_are_no_cuts():
    random = np.random.default_rng(0)
    plain = np.full((480, 640, 3), 20, np.uint8)
    dark = [thumbnail(add_gaussian_noise(plain, 10, random)) for _ in range(5)]
    assert not any(is_cut(one, other) for one, other in pairwise(dark))
    frame = photo_pixels(96, 96)
    assert not is_cut(thumbnail(frame), thumbnail(frame // 2 + 60))


@given(order=st.lists(st.sampled_from("ab"), min_size=1, max_size=12))
@settings(max_examples=20)
def test_streams_of_one_model_know_nothing_of_each_other(order):
    restorer = recurrent(32)
    streams, frames = {name: restorer.stream(25) for name in "ab"}, {"a": clip(48, 40, 12), "b": clip(40, 48, 12)}
    expected = {name: recurrent(4096)(frames[name], 25) for name in "ab"}
    fed = {name: iter(frames[name]) for name in "ab"}
    for name in order:
        assert np.array_equal(streams[name](next(fed[name])), next(expected[name]))


def test_streams_in_several_threads_take_turns():
    restorer = recurrent(32)
    clips = [clip(40 + 2 * index, 50, 6) for index in range(4)]
    found: list[list[np.ndarray]] = [[] for _ in clips]
    threads = [
        threading.Thread(target=lambda index=index: found[index].extend(restorer(clips[index], 25)))
        for index in range(len(clips))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for results, frames in zip(found, clips):
        assert all(np.array_equal(one, other) for one, other in zip(results, recurrent(32)(frames, 25), strict=True))


def levels_told(engine: FakeEngine) -> list[int]:
    """A list that grows by what the network is told at each run."""
    told: list[int] = []
    invoke = engine.invoke

    def noting() -> None:
        told.append(int(engine.input("noise_level").flat[0]) + 128)
        invoke()

    engine.invoke = noting
    return told


def test_the_noise_level_is_estimated_once_a_scene():
    engine = recurrent_engine()
    told = levels_told(engine)
    plain = np.full((96, 96, 3), 120, np.uint8)
    plain[:, :48] = 60
    noisy = [add_gaussian_noise(plain, level, np.random.default_rng(level)) for level in (10, 30, 20)]
    list(recurrent(engine=engine)([*noisy, *(255 - frame for frame in noisy[1:])]))
    assert told[0] == told[1] == told[2] == pytest.approx(10, abs=2)
    assert told[3] == told[4] == pytest.approx(30, abs=4)


@pytest.mark.parametrize("level", [-1, 51])
def test_a_noise_level_the_model_was_not_trained_for_is_refused_at_every_frame(level):
    stream = recurrent().stream(level)
    for _ in range(2):
        with pytest.raises(ImageError, match="knows 0 to 50"):
            stream(photo_pixels(20, 20))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_frames_come_back_as_they_came(mode):
    stream = recurrent().stream(25)
    frame = Image.fromarray(photo_pixels(32, 48)).convert(mode)
    restored = stream(frame)
    assert (type(restored), restored.mode, restored.size) == (Image.Image, mode, (48, 32))
    again = stream(np.asarray(frame))
    assert (again.dtype, again.shape) == (np.uint8, np.asarray(frame).shape)


def test_the_frame_is_never_written_to():
    frames = clip(40, 50, 3)
    before = [frame.copy() for frame in frames]
    list(recurrent()(frames))
    assert all(np.array_equal(one, other) for one, other in zip(frames, before))


def test_frames_are_restored_as_they_are_asked_for():
    read = []

    def camera():
        for number in range(100):
            read.append(number)
            yield photo_pixels(32, 32)

    restored = counter()(camera())
    next(restored)
    next(restored)
    assert read == [0, 1]


def test_a_closed_model_says_so_and_a_small_frame_is_refused():
    restorer = recurrent()
    stream = restorer.stream()
    with pytest.raises(ImageError, match="too small to repair"):
        stream(photo_pixels(7, 40))
    restorer.close()
    with pytest.raises(EngineError, match="'video' was closed"):
        stream(photo_pixels(40, 40))


def with_state(shape: tuple[int, ...], alignment: int, halo: int) -> SequenceRestorer:
    states = TensorSpec("state", Role.STATE, shape), TensorSpec("next_state", Role.STATE, shape)
    signature = Signature("restore", (IMAGE, states[0]), (RESTORED, states[1]))
    contract = ModelContract(
        "video",
        Task.RESTORE_SEQUENCE,
        (signature,),
        Tiling(halo, alignment, resizable=False),
        states=(StatePair("state", "next_state"),),
    )
    of_state = dataclasses.replace(STATE_IN, shape=shape)
    picture = TensorInfo((1, 64, 64, 3), np.dtype(np.float32))
    engine = FakeEngine({"image": picture, "state": of_state}, {"restored": picture, "next_state": of_state}, step)
    return SequenceRestorer(contract, {"restore": engine})


BAD_STATES = {
    "without a place": ((1, 8), 2, 5, "cannot be cut as a picture"),
    "of another aspect": ((1, 32, 16, 4), 4, 5, "cannot be cut as a picture"),
    "cut through by the alignment": ((1, 16, 16, 4), 2, 5, "4 pixels a side, tiles are aligned to 2"),
    "with nothing left of a tile": ((1, 2, 2, 4), 32, 5, "nothing left inside a halo of 32 pixels"),
}


@pytest.mark.parametrize("case", BAD_STATES)
def test_a_state_that_cannot_be_cut_is_refused(case):
    *state, words = BAD_STATES[case]
    with pytest.raises(ContractError, match=words):
        with_state(*state)


def test_load_gives_this_class():
    assert TASK_CLASSES[Task.RESTORE_SEQUENCE] is SequenceRestorer
    with pytest.raises(ContractError, match="of task 'detect', not 'restore_sequence'"):
        SequenceRestorer(make_task_contract(Task.DETECT), {})


def test_a_model_without_memory_restores_frame_by_frame_with_one_noise_level_a_scene():
    from made.doubles import restorer

    model = restorer(lambda image: image & ~2, noise_level=True)
    told = levels_told(model._engines["restore"])
    frames = [add_gaussian_noise(photo_pixels(96, 96), level, np.random.default_rng(0)) for level in (0, 20)]
    stream = FrameByFrame(model, "auto")
    for frame in frames:
        assert np.array_equal(stream(frame), frame & ~np.uint8(2))
    assert stream.scenes == 1
    assert told[0] == told[1]
