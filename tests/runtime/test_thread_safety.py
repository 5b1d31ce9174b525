from __future__ import annotations

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from made.pictures import photo_pixels
from PIL import Image

import litebrush
from litebrush.encoding import PictureEncoding
from litebrush.errors import EngineError
from litebrush.image import read_image, to_photo
from litebrush.silence import without_warnings

PHOTOS = [photo_pixels(40 + 8 * index, 90 - 6 * index, seed=index) for index in range(8)]


@pytest.fixture
def restorer():
    with litebrush.load("denoise") as loaded:
        yield loaded


@pytest.fixture(scope="module")
def alone() -> list[np.ndarray]:
    """What each photo becomes when one thread restores them."""
    with litebrush.load("denoise") as loaded:
        return [loaded(photo, noise_level=25) for photo in PHOTOS]


def in_threads(work) -> list:
    """``work(index)`` in a thread for each photo, all begun at once."""
    begin = threading.Barrier(len(PHOTOS))

    def one(index):
        begin.wait()
        return [work(index) for _ in range(5)]

    with ThreadPoolExecutor(len(PHOTOS)) as threads:
        return list(threads.map(one, range(len(PHOTOS))))


def all_equal(results, expected) -> bool:
    return all(np.array_equal(each, right) for found, right in zip(results, expected) for each in found)


def test_eight_threads_get_from_one_restorer_what_one_thread_gets(restorer, alone):
    assert all_equal(in_threads(lambda index: restorer(PHOTOS[index], noise_level=25)), alone)


def test_eight_threads_get_from_restorers_of_their_own_what_one_thread_gets(alone):
    def work(index):
        with litebrush.load("denoise") as own:
            return own(PHOTOS[index], noise_level=25)

    assert all_equal(in_threads(work), alone)


def test_closing_waits_for_the_call_that_runs(restorer, alone):
    running, closed = threading.Event(), threading.Event()

    def progress(done, total):
        running.set()
        assert not closed.wait(0.2), "closed while a call was running"

    def close():
        running.wait()
        restorer.close()
        closed.set()

    closer = threading.Thread(target=close)
    closer.start()
    assert np.array_equal(restorer(PHOTOS[0], noise_level=25, progress=progress), alone[0])
    closer.join()
    with pytest.raises(EngineError, match="was closed; load it again"):
        restorer(PHOTOS[0])


def test_calls_of_many_threads_give_a_result_or_say_that_the_model_is_closed(restorer, alone):
    def work(index):
        if index == 0:
            restorer.close()
            return None
        try:
            return restorer(PHOTOS[index], noise_level=25)
        except EngineError as problem:
            return str(problem)

    for found, right in list(zip(in_threads(work), alone))[1:]:
        said = {each for each in found if isinstance(each, str)}
        assert said <= {"'denoise' was closed; load it again"}
        assert all_equal([[each for each in found if not isinstance(each, str)]], [right])


@pytest.mark.parametrize("what", ["call", "close"])
def test_a_call_from_within_a_call_is_refused_and_does_not_wait_for_itself(restorer, alone, what):
    def progress(done, total):
        if what == "call":
            restorer(PHOTOS[1])
        restorer.close()

    with pytest.raises(EngineError, match="is still running in this thread"):
        restorer(PHOTOS[0], progress=progress)
    assert np.array_equal(restorer(PHOTOS[0], noise_level=25), alone[0])


@pytest.mark.parametrize("where", ["progress", "while memory of the network is held"])
def test_an_interrupted_model_is_as_good_as_before(restorer, alone, where, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if where != "progress":
            patch.setattr(PictureEncoding, "encode", stop)
        with pytest.raises(KeyboardInterrupt) as kept:  # as an interactive Python keeps it
            restorer(photo_pixels(200, 300), noise_level=25, progress=stop)
    for photo, right in zip(PHOTOS, alone):
        assert np.array_equal(restorer(photo, noise_level=25), right)
    assert kept.type is KeyboardInterrupt


def test_reading_pictures_in_threads_leaves_the_filters_of_warnings_as_they_were(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(PHOTOS[0]).save(path)
    before = list(warnings.filters)
    assert all_equal(in_threads(lambda _: to_photo(read_image(path)).pixels), [PHOTOS[0]] * len(PHOTOS))
    assert warnings.filters == before


def test_warnings_come_back_when_the_last_of_two_that_overlap_has_left():
    first, second = without_warnings(), without_warnings()
    before = list(warnings.filters)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    warnings.warn("held back", stacklevel=1)
    second.__exit__(None, None, None)
    assert warnings.filters == before
