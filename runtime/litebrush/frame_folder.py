"""The pictures of a folder as the frames of a clip."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from litebrush.atomic import atomic_folder
from litebrush.clip import Clip, OpenClip
from litebrush.errors import ImageError
from litebrush.image import IMAGE_SUFFIXES, read_image, write_image
from litebrush.metadata import read_orientation

_DIGITS = re.compile(r"(\d+)")
_UPRIGHT_ON_ITS_SIDE = (5, 6, 7, 8)  # EXIF orientations that exchange width and height


@contextmanager
def open_folder(folder: Path) -> Iterator[OpenClip]:
    """The pictures in a folder in the natural order of their names: ``f9.png`` comes before ``f10.png``.

    Hidden files and those below it are left out.

    Raises:
        ImageError: there are none, or one is of another size than most; it is named.
    """
    paths = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES and path.name[0] != "."),
        key=lambda path: _natural(path.name),
    )
    if not paths:
        raise ImageError(f"no frames in '{folder}'; expected files ending in {', '.join(sorted(IMAGE_SUFFIXES))}")
    sizes = [_size(path) for path in paths]
    ((usual, _),) = Counter(sizes).most_common(1)
    for path, size in zip(paths, sizes):
        if size != usual:
            raise ImageError(
                f"'{path}' is of {size[0]}x{size[1]} pixels, the other frames of {usual[0]}x{usual[1]}; "
                "frames of a clip must have one size"
            )
    yield OpenClip(Clip(*usual, len(paths)), map(read_image, paths))


def write_folder(folder: Path, clip: Clip, frames: Iterable[Image.Image]) -> None:
    """Write ``frame_000001.png`` and so on into a folder that appears whole or not at all.

    Raises:
        ImageError: the disk is full, or the folder cannot be made.
    """
    try:
        with atomic_folder(folder) as temporary:
            for number, frame in enumerate(frames, start=1):
                write_image(frame, temporary / f"frame_{number:06}.png")
    except OSError as problem:
        raise ImageError(f"cannot write '{folder}': {problem.strerror or problem}") from None


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers in a name compare as numbers."""
    return [(int(part), part) if part.isdigit() else (-1, part) for part in _DIGITS.split(name)]


def _size(path: Path) -> tuple[int, int]:
    """Width and height, upright, from the head of a file; a file that cannot be read is read again to say why."""
    try:
        with Image.open(path) as image:
            width, height = image.size
            return (height, width) if read_orientation(image) in _UPRIGHT_ON_ITS_SIDE else (width, height)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return read_image(path).size
