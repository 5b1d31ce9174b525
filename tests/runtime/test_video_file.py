from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made.clips import (
    DURATIONS_MS,
    difference,
    first_times,
    frame_times,
    pictures,
    read,
    read_sound,
    write_video_with_sound,
)
from PIL import Image

from litebrush import extras, video_file
from litebrush.clip import Clip
from litebrush.errors import MissingExtraError
from litebrush.frames import check_clip_output, open_clip, write_clip

VIDEOS = [".mp4", ".mkv", ".mov"]
UNEVEN_MS = (0, 40, 120, 160, 400, 433, 480, 520)


@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.parametrize("size", [(96, 64), (95, 63)])
def test_a_video_keeps_size_rate_and_colours(tmp_path, suffix, size):
    colours = [(200, 30, 30), (30, 180, 40), (20, 40, 220), (128, 128, 128)]
    frames = [Image.new("RGB", size, colour) for colour in colours for _ in range(6)]
    path = tmp_path / f"a{suffix}"
    write_clip(path, Clip(*size, frame_rate=Fraction(30000, 1001)), iter(frames))
    clip, found = read(path)
    assert (clip.width, clip.height) == size
    assert float(clip.frame_rate) == pytest.approx(30000 / 1001, rel=0.01)
    assert clip.count in (None, len(frames))
    assert all(difference(one, other) < 4 for one, other in zip(frames, found, strict=True))


@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.parametrize("source", ["a.mkv", "a.mp4"])
def test_the_sound_of_a_video_is_copied_as_it_is(tmp_path, source, suffix):
    path = write_video_with_sound(tmp_path / source, "aac")
    with open_clip(path) as opened:
        assert opened.clip.sound == path
        assert write_clip(tmp_path / f"b{suffix}", opened.clip, opened.frames)
    assert read_sound(tmp_path / f"b{suffix}") == read_sound(path) != b""


def test_a_sound_that_a_file_cannot_hold_is_left_out(tmp_path):
    path = write_video_with_sound(tmp_path / "a.mkv", "pcm_s16le")
    for name, holds in [("b.mp4", False), ("b.mov", True), ("b.gif", False), ("folder", False)]:
        with open_clip(path) as opened:
            assert write_clip(tmp_path / name, opened.clip, opened.frames) is holds
    assert read_sound(tmp_path / "b.mp4") == b""
    assert read_sound(tmp_path / "b.mov") == read_sound(path) != b""


def test_sound_and_pictures_of_a_clock_that_begins_late_begin_together(tmp_path):
    path = write_video_with_sound(tmp_path / "a.ts", "mp2", begins=7200)
    with open_clip(path) as opened:
        write_clip(tmp_path / "b.mkv", opened.clip, opened.frames)
    pictures_begin, sound_begins = first_times(tmp_path / "b.mkv")
    before = first_times(path)
    assert pictures_begin < 0.1
    assert before[0] >= 7200
    assert read_sound(tmp_path / "b.mkv") == read_sound(path) != b""
    assert sound_begins - pictures_begin == pytest.approx(before[1] - before[0], abs=0.04)


@pytest.mark.parametrize("suffix", VIDEOS)
def test_frames_of_a_varying_rate_are_shown_when_they_were(tmp_path, suffix):
    path = write_video_with_sound(tmp_path / "a.mkv", "aac", UNEVEN_MS)
    with open_clip(path) as opened:
        write_clip(tmp_path / f"b{suffix}", opened.clip, opened.frames)
        assert np.cumsum(opened.clip.durations_ms)[:-1] == pytest.approx(UNEVEN_MS[1:], abs=1)
    assert frame_times(tmp_path / f"b{suffix}") == pytest.approx(UNEVEN_MS, abs=1)


@pytest.mark.parametrize("suffix", VIDEOS)
@given(durations=st.lists(st.integers(1, 2000), min_size=1, max_size=8))
@settings(max_examples=10)
def test_durations_of_all_frames_are_kept_in_a_video(tmp_path_factory, suffix, durations):
    path = tmp_path_factory.mktemp("shown") / f"a{suffix}"
    write_clip(path, Clip(48, 32, durations_ms=durations), iter(pictures(len(durations))))
    assert read(path)[0].durations_ms == pytest.approx(durations, abs=1)


def test_a_frame_that_does_not_say_how_long_is_shown_for_the_mean(tmp_path):
    write_clip(tmp_path / "a.mp4", Clip(48, 32, 4, durations_ms=(*DURATIONS_MS[:2], 0.0, 50.0)), iter(pictures(4)))
    assert frame_times(tmp_path / "a.mp4") == pytest.approx([0, 40, 140, 140 + 190 / 4], abs=1)


@given(numerator=st.integers(1, 240_000), denominator=st.sampled_from([1, 1000, 1001]))
def test_frames_of_an_even_rate_begin_on_a_tick(numerator, denominator):
    rate = Fraction(numerator, denominator)
    ticks = video_file._ticks_a_second(rate)
    assert ticks >= 90_000
    assert (ticks / rate).denominator == 1


def test_frames_of_an_hour_each_become_a_video(tmp_path):
    write_clip(tmp_path / "a.mp4", Clip(48, 32, frame_rate=Fraction(1, 3600)), iter(pictures(2)))
    assert frame_times(tmp_path / "a.mp4") == pytest.approx([0, 3_600_000], abs=1)


def test_transparent_parts_of_a_video_are_black(tmp_path):
    frames = [Image.new("RGBA", (64, 48), (255, 255, 255, 0))] * 3
    write_clip(tmp_path / "a.mp4", Clip(64, 48), iter(frames))
    assert all(np.asarray(frame).max() < 4 for frame in read(tmp_path / "a.mp4")[1])


def test_a_video_that_lies_on_its_side_is_turned_upright(tmp_path):
    av = pytest.importorskip("av")
    frame = Image.new("RGB", (96, 64), (220, 220, 220))
    frame.paste((20, 20, 20), (0, 0, 96, 20))  # dark above
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        if not hasattr(stream, "set_display_rotation"):
            pytest.skip("this PyAV cannot write what turns a video")
        stream.set_display_rotation(90)
        container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode())
    clip, (found,) = read(path)
    assert (clip.width, clip.height) == found.size == (64, 96)
    columns = np.asarray(found.convert("L")).mean(axis=0)
    assert columns[:15].max() < 60 < 180 < columns[30:].min()  # counter-clockwise: what was above is on the left


def test_without_pyav_the_line_to_type_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    (tmp_path / "a.mp4").write_bytes(b"film")
    with pytest.raises(MissingExtraError, match=r"pip install 'litebrush\[video\]'"):
        read(tmp_path / "a.mp4")
    with pytest.raises(MissingExtraError, match=r"pip install 'litebrush\[video\]'"):
        check_clip_output(tmp_path, tmp_path / "b.mkv")
