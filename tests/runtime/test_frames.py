from __future__ import annotations

import re
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made.clips import DURATIONS_MS, difference, pictures, read
from PIL import Image

from litebrush.clip import ASSUMED_FRAME_RATE, Clip
from litebrush.errors import ImageError
from litebrush.frames import check_clip_output, write_clip

ANIMATIONS = [".gif", ".webp", ".png"]


def written_by_pillow(path: Path, frames: list[Image.Image], **settings) -> Path:
    frames[0].save(path, save_all=True, append_images=frames[1:], **settings)
    return path


# Folders


def test_frames_of_a_folder_come_in_natural_order(tmp_path):
    for number, shade in zip((10, 9, 1, 100), (3, 2, 1, 4)):
        Image.new("RGB", (20, 10), (shade,) * 3).save(tmp_path / f"shot_{number}.png")
    (tmp_path / "notes.txt").write_text("no frame")
    (tmp_path / ".thumbnail.png").write_bytes(b"hidden")
    clip, frames = read(tmp_path)
    assert clip == Clip(20, 10, 4)
    assert [frame.getpixel((0, 0))[0] for frame in frames] == [1, 2, 3, 4]


def test_a_frame_of_another_size_is_named_even_if_it_is_the_first(tmp_path):
    for number, size in enumerate([(21, 10), (20, 10), (20, 10)]):
        Image.new("RGB", size).save(tmp_path / f"{number}.png")
    with pytest.raises(ImageError, match=r"0\.png' is of 21x10 pixels, the other frames of 20x10"):
        read(tmp_path)


def test_a_folder_is_written_whole(tmp_path):
    frames = pictures(3)
    write_clip(tmp_path / "out", Clip(48, 32, 3), iter(frames))
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == [f"frame_00000{n}.png" for n in (1, 2, 3)]
    _, found = read(tmp_path / "out")
    assert all(np.array_equal(one, other) for one, other in zip(frames, found, strict=True))


# Animations


@pytest.mark.parametrize("suffix", ANIMATIONS)
@pytest.mark.parametrize("plays", [0, 1, 3])
def test_durations_and_repetitions_of_an_animation_are_kept(tmp_path, suffix, plays):
    clip = Clip(48, 32, 4, durations_ms=DURATIONS_MS, plays=plays)
    write_clip(tmp_path / f"out{suffix}", clip, iter(pictures(4)))
    assert read(tmp_path / f"out{suffix}")[0] == clip


@pytest.mark.parametrize(("suffix", "tick_ms"), [(".gif", 10), (".webp", 1), (".png", 1)])
@given(durations=st.lists(st.floats(1, 300), min_size=2, max_size=30))
@settings(max_examples=20)
def test_rounding_of_durations_does_not_add_up(tmp_path_factory, suffix, tick_ms, durations):
    path = tmp_path_factory.mktemp("times") / f"a{suffix}"
    frames = [Image.new("RGB", (8, 8), (8 * number,) * 3) for number in range(len(durations))]
    write_clip(path, Clip(8, 8, durations_ms=durations), iter(frames))
    found = read(path)[0].durations_ms
    assert len(found) == len(durations)
    assert np.abs(np.cumsum(found) - np.cumsum(durations)).max() <= tick_ms / 2 + 0.1


@pytest.mark.parametrize("suffix", ANIMATIONS)
def test_an_animation_that_pillow_wrote_is_read_as_it_is_shown(tmp_path, suffix):
    frames = pictures(4)
    loop = {} if suffix == ".gif" else {"loop": 1}
    path = written_by_pillow(tmp_path / f"a{suffix}", frames, duration=[40, 100, 250, 40], lossless=True, **loop)
    clip, found = read(path)
    assert clip == Clip(48, 32, 4, durations_ms=DURATIONS_MS, plays=1)
    assert all(difference(one, other) < 10 for one, other in zip(frames, found, strict=True))


@pytest.mark.parametrize(("suffix", "most"), [(".gif", 8), (".webp", 10), (".png", 0)])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_frames_that_are_written_are_read_again(tmp_path, suffix, most, mode):
    frames = [frame.convert(mode) for frame in pictures(3)]
    for number, frame in enumerate(frames):
        if mode == "RGBA":
            frame.paste((0, 0, 0, 0), (0, 0, 10 + number, 9))
    path = tmp_path / f"a{suffix}"
    write_clip(path, Clip(48, 32, 3), iter(frames))
    for one, other in zip(frames, read(path)[1], strict=True):
        assert other.mode == ("RGBA" if mode == "RGBA" else "RGB")
        if mode == "RGBA":
            assert np.array_equal(*(np.asarray(each.getchannel("A")) > 127 for each in (one, other)))
            shown = Image.new("RGBA", one.size, (0, 0, 0, 255))
            one, other = (Image.alpha_composite(shown, each) for each in (one, other))
        assert difference(one, other) <= most


@given(
    width=st.integers(1, 70), height=st.integers(1, 50), shades=st.lists(st.integers(0, 255), min_size=2, max_size=5)
)
@settings(max_examples=25)
def test_an_animated_png_is_exact_whatever_its_size(tmp_path_factory, width, height, shades):
    path = tmp_path_factory.mktemp("png") / "a.png"
    frames = [Image.new("RGB", (width, height), (shade, 255 - shade, 7)) for shade in shades]
    write_clip(path, Clip(width, height), iter(frames))
    assert all(np.array_equal(one, other) for one, other in zip(frames, read(path)[1], strict=True))


@pytest.mark.parametrize("suffix", ANIMATIONS)
def test_an_animation_is_written_without_keeping_its_frames(tmp_path, suffix):
    references: list[weakref.ref[Image.Image]] = []
    alive: list[int] = []

    def frames() -> Iterator[Image.Image]:
        for shade in range(100):
            frame = Image.new("RGB", (64, 48), (shade,) * 3)
            references.append(weakref.ref(frame))
            alive.append(sum(reference() is not None for reference in references))
            yield frame

    write_clip(tmp_path / f"a{suffix}", Clip(64, 48), frames())
    assert len(alive) == 100
    assert max(alive) <= 3


def test_a_default_image_of_an_animated_png_is_no_frame(tmp_path):
    frames = pictures(3)
    path = written_by_pillow(tmp_path / "a.png", frames, default_image=True, duration=50)
    clip, found = read(path)
    assert clip.count == 2
    assert all(np.array_equal(one, other) for one, other in zip(frames[1:], found, strict=True))


# What cannot be read or written


def cut(path: Path, share: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def saved(path: Path, content: bytes | Image.Image) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content.save(path)
    return path


BAD_CLIPS = {
    "a GIF of one frame": (lambda tmp: saved(tmp / "a.gif", pictures(1)[0]), "holds one frame; give it to"),
    "a still PNG": (lambda tmp: saved(tmp / "a.png", pictures(1)[0]), "holds one frame"),
    "a photo": (lambda tmp: saved(tmp / "a.jpg", pictures(1)[0]), "is a single picture"),
    "a cut GIF": (lambda tmp: cut(written_by_pillow(tmp / "a.gif", pictures(4)), 0.6), "damaged"),
    "a cut WebP": (lambda tmp: cut(written_by_pillow(tmp / "a.webp", pictures(4)), 0.6), "damaged|not a GIF"),
    "a cut PNG": (lambda tmp: cut(written_by_pillow(tmp / "a.png", pictures(4)), 0.6), "damaged"),
    "an empty GIF": (lambda tmp: saved(tmp / "a.gif", b""), "is not a GIF, WebP or PNG"),
    "a text": (lambda tmp: saved(tmp / "a.gif", b"I am a film"), "is not a GIF, WebP or PNG"),
    "a text called video": (lambda tmp: saved(tmp / "a.mp4", b"I am a film"), "cannot read .* as a video"),
    "an empty video": (lambda tmp: saved(tmp / "a.mkv", b""), "cannot read .* as a video"),
    "an unknown suffix": (lambda tmp: saved(tmp / "a.doc", b"x"), "is no clip by its name"),
    "nothing": (lambda tmp: tmp / "a.gif", "there is no file or folder"),
    "an empty folder": (lambda tmp: tmp, "no frames in"),
}


@pytest.mark.parametrize("case", BAD_CLIPS)
def test_what_is_no_clip_is_refused_in_words(case, tmp_path):
    make, words = BAD_CLIPS[case]
    with pytest.raises(ImageError, match=words):
        read(make(tmp_path))


def test_a_gif_that_is_cut_off_between_frames_is_refused(tmp_path):
    shades = [Image.new("RGB", (8, 8), (shade,) * 3) for shade in (0, 80, 160, 240)]
    write_clip(tmp_path / "a.gif", Clip(8, 8, durations_ms=DURATIONS_MS), iter(shades))
    whole = (tmp_path / "a.gif").read_bytes()
    frames_begin = [found.start() for found in re.finditer(rb"!\xf9\x04", whole)]
    assert len(frames_begin) == 4
    for length in [*frames_begin[1:], len(whole) - 1]:
        with pytest.raises(ImageError, match="is damaged: it ends before its last frame"):
            read(saved(tmp_path / "cut.gif", whole[:length]))


def test_bytes_behind_the_end_of_a_gif_are_no_damage(tmp_path):
    write_clip(tmp_path / "a.gif", Clip(48, 32), iter(pictures(3)))
    _, frames = read(saved(tmp_path / "b.gif", (tmp_path / "a.gif").read_bytes() + bytes(100)))
    assert len(frames) == 3


def test_a_damaged_frame_of_a_folder_is_named(tmp_path):
    write_clip(tmp_path / "clip", Clip(48, 32), iter(pictures(3)))
    cut(tmp_path / "clip" / "frame_000002.png", 0.5)
    with pytest.raises(ImageError, match=r"frame_000002\.png' is damaged"):
        read(tmp_path / "clip")


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.mp4", "folder"])
def test_nothing_is_left_where_writing_ends_early(tmp_path, name):
    def frames() -> Iterator[Image.Image]:
        yield from pictures(3)
        raise ImageError("the camera fell")

    with pytest.raises(ImageError, match="the camera fell"):
        write_clip(tmp_path / name, Clip(48, 32), frames())
    assert list(tmp_path.iterdir()) == []


BAD_OUTPUTS = {
    "an unknown suffix": ("b.doc", "has no known suffix"),
    "a missing folder": ("no/b.gif", "there is no folder"),
    "the original": ("a.gif", "is the original"),
    "a full folder": ("full", "something in it"),
    "a file for a folder": ("file", "is a file"),
    "an empty folder for a file": ("empty.gif", "is a folder"),
}


@pytest.mark.parametrize("case", BAD_OUTPUTS)
def test_outputs_that_cannot_be_are_refused_before_any_work(tmp_path, case):
    name, words = BAD_OUTPUTS[case]
    (tmp_path / "full").mkdir()
    (tmp_path / "empty.gif").mkdir()
    for each in ("a.gif", "file", "full/film.mp4"):
        (tmp_path / each).write_bytes(b"x")
    with pytest.raises(ImageError, match=words):
        check_clip_output(tmp_path / "a.gif", tmp_path / name)


@given(durations=st.lists(st.integers(10, 60_000), min_size=1, max_size=50))
def test_the_mean_rate_of_an_animation_shows_it_for_as_long(durations):
    clip = Clip(8, 8, durations_ms=tuple(map(float, durations)))
    assert float(len(durations) / clip.mean_rate) == pytest.approx(sum(durations) / 1000, rel=1e-2)


def test_a_clip_that_does_not_say_how_fast_it_is_gets_an_assumed_rate():
    assert Clip(8, 8).mean_rate == Clip(8, 8, durations_ms=(0.0, 0.0)).mean_rate == ASSUMED_FRAME_RATE
    assert Clip(8, 8).duration_ms(3) == 40
