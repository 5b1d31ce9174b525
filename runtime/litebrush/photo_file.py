"""Photographs from file to file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from litebrush.errors import ImageError
from litebrush.image import Photo, check_output, read_image, to_photo, write_image
from litebrush.jpeg import stored_quality
from litebrush.repairing import Repair
from litebrush.restorer import require_size

Treatment = Callable[[Photo, float | None], Repair]


def repair_file(source: Path, target: Path, treat: Treatment) -> Repair:
    """Repair a photograph into another file, which appears whole or not at all; the original is never written to.

    Args:
        source: the photograph.
        target: its suffix decides the format.
        treat: given the photograph and the quality of its JPEG file, if it was one.

    Raises:
        ImageError: the photograph cannot be read or is not supported, the target cannot be written or is the original.
    """
    image = read_image(source)
    photo, quality = to_photo(image), stored_quality(image)
    del image  # as large as the photograph once more
    require_size(photo)
    check_output(target, photo)
    if is_same_file(target, source):
        raise ImageError(f"'{target}' is the original; choose another place with --output")
    repair = treat(photo, quality)
    assert isinstance(repair.picture, Image.Image)  # as the photograph that was read
    write_image(repair.picture, target)
    return repair


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, be it there or not."""
    return one.samefile(other) if one.exists() and other.exists() else one.resolve() == other.resolve()
