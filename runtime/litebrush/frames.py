"""Clips: frames out of a folder, an animation or a video, and into one.

>>> with open_clip(Path("film.gif")) as opened:
...     write_clip(Path("clean.gif"), opened.clip, map(stream, opened.frames))
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from PIL import Image

from litebrush.animation import ANIMATION_SUFFIXES, open_animation
from litebrush.animation_file import write_animation
from litebrush.clip import Clip, OpenClip
from litebrush.errors import ImageError
from litebrush.extras import require_extra
from litebrush.frame_folder import open_folder, write_folder
from litebrush.image import IMAGE_SUFFIXES
from litebrush.video_file import READ_SUFFIXES, WRITTEN_SUFFIXES, open_video, write_video


class Kind(str, Enum):
    """What a clip is stored as."""

    FOLDER = "folder"
    ANIMATION = "animation"
    VIDEO = "video"


@contextmanager
def open_clip(path: Path) -> Iterator[OpenClip]:
    """Open a folder of pictures, an animated GIF, WebP or PNG, or a video.

    Raises:
        ImageError: there is no clip, or a damaged one; while the frames are read, too.
        MissingExtraError: a video, and PyAV is not installed.
    """
    kind = _source_kind(path)
    if kind is Kind.VIDEO:
        require_extra("video", "av")
    openers = {Kind.FOLDER: open_folder, Kind.ANIMATION: open_animation, Kind.VIDEO: open_video}
    with openers[kind](path) as opened:
        yield opened


def write_clip(path: Path, clip: Clip, frames: Iterable[Image.Image]) -> bool:
    """Write frames as they come; the folder or file appears whole or not at all.

    Args:
        path: without a suffix a folder of PNGs; ``.gif``, ``.webp``, ``.png``: an animation; ``.mp4``, ``.mkv``,
            ``.mov``: a video.
        clip: says how long each frame is shown, how often all are, and what sounds with them.
        frames: all of one size.

    Returns:
        Whether sound was written: a video's, where the kind of file can hold it.

    Raises:
        ImageError: see :func:`check_clip_output`; or the disk is full.
    """
    kind = _target_kind(path)
    if kind is Kind.VIDEO:
        return write_video(path, clip, frames)
    writers = {Kind.FOLDER: write_folder, Kind.ANIMATION: write_animation}
    writers[kind](path, clip, frames)
    return False


def check_clip_output(source: Path, target: Path) -> None:
    """Refuse an output that could not be written, or would write over what it is made from, before any work is done.

    Raises:
        ImageError: an unknown suffix, a missing or locked folder, a folder with something in it, the source itself.
        MissingExtraError: a video, and PyAV is not installed.
    """
    kind = _target_kind(target)
    if kind is Kind.VIDEO:
        require_extra("video", "av")
    parent = target.absolute().parent
    if not parent.is_dir():
        raise ImageError(f"cannot write '{target}': there is no folder '{parent}'; make it or choose another")
    if not os.access(parent, os.W_OK):
        raise ImageError(f"cannot write '{target}': it lies in a folder that is locked; choose another")
    if target.exists() and source.exists() and target.samefile(source):
        raise ImageError(f"'{target}' is the original; choose another place with --output")
    if target.is_dir() and any(target.iterdir()):
        raise ImageError(f"'{target}' is a folder with something in it; choose a new or empty one")
    if kind is Kind.FOLDER and target.exists() and not target.is_dir():
        raise ImageError(f"'{target}' is a file; choose a folder, or a name that ends in {_target_suffixes()}")
    if kind is not Kind.FOLDER and target.is_dir():
        raise ImageError(f"'{target}' is a folder; choose another name")


def _source_kind(path: Path) -> Kind:
    suffix = path.suffix.lower()
    if path.is_dir():
        return Kind.FOLDER
    if not path.exists():
        raise ImageError(f"there is no file or folder '{path}'")
    if suffix in ANIMATION_SUFFIXES:
        return Kind.ANIMATION
    if suffix in READ_SUFFIXES:
        return Kind.VIDEO
    if suffix in IMAGE_SUFFIXES:
        raise ImageError(f"'{path}' is a single picture; give it to 'litebrush repair'")
    raise ImageError(
        f"'{path}' is no clip by its name; give a folder of pictures, or a file ending in "
        f"{', '.join(sorted({*ANIMATION_SUFFIXES, *READ_SUFFIXES}))}"
    )


def _target_kind(path: Path) -> Kind:
    suffix = path.suffix.lower()
    if suffix in ANIMATION_SUFFIXES:
        return Kind.ANIMATION
    if suffix in WRITTEN_SUFFIXES:
        return Kind.VIDEO
    if suffix == "" or path.is_dir():
        return Kind.FOLDER
    raise ImageError(f"'{path}' has no known suffix of a clip; end it in {_target_suffixes()}, or name a folder")


def _target_suffixes() -> str:
    return ", ".join(sorted({*ANIMATION_SUFFIXES, *WRITTEN_SUFFIXES}))
