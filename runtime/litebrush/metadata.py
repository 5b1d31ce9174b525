"""What a photo's file says besides its pixels, in the form in which Pillow writes it again."""

from __future__ import annotations

import contextlib
from typing import Any

from PIL import Image

_ORIENTATION_TAG, _EXIF_IFD, _GPS_IFD = 0x0112, 0x8769, 0x8825
_UNREADABLE = Exception  # Pillow raises many kinds on damaged EXIF, and none of them is a reason to refuse the picture
_FINEST_DPI = 65535  # what JPEG can hold
_DESCRIPTIVE_TAGS = frozenset(
    {
        0x010E,  # ImageDescription
        0x010F,  # Make
        0x0110,  # Model
        0x0131,  # Software
        0x0132,  # DateTime
        0x013B,  # Artist
        0x8298,  # Copyright
    }
)


def read_metadata(image: Image.Image, keep_profile: bool) -> dict[str, Any]:
    """Arguments for Pillow's ``save``: ``exif``, ``icc_profile`` and ``dpi``, where the picture has them.

    Of EXIF, what describes the photo is kept: camera, date, author, place. What describes the stored pixels
    (orientation, sizes, strips) is dropped: it would not be true of another file. EXIF that cannot be read is dropped.

    Args:
        image: as it was decoded.
        keep_profile: the pixels stay in the picture's own colour space.
    """
    metadata: dict[str, Any] = {}
    exif = _descriptive_exif(image)
    if exif:
        metadata["exif"] = exif
    if keep_profile and image.info.get("icc_profile"):
        metadata["icc_profile"] = image.info["icc_profile"]
    if resolution := _resolution(image.info.get("dpi")):
        metadata["dpi"] = resolution
    return metadata


def read_orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) to 8; 1 where none can be read."""
    try:
        orientation = int(image.getexif().get(_ORIENTATION_TAG, 1))
    except _UNREADABLE:
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def load_metadata(image: Image.Image) -> None:
    """Read what Pillow would read only later, from a file that may be closed by then."""
    with contextlib.suppress(_UNREADABLE):
        for directory in (_EXIF_IFD, _GPS_IFD):
            image.getexif().get_ifd(directory)


def _resolution(found: Any) -> tuple[float, float] | None:
    with contextlib.suppress(_UNREADABLE):
        across, down = (float(value) for value in found)
        if 0 < across <= _FINEST_DPI and 0 < down <= _FINEST_DPI:
            return across, down
    return None


def _descriptive_exif(image: Image.Image) -> bytes:
    kept = Image.Exif()
    try:
        found = image.getexif()
        for tag in _DESCRIPTIVE_TAGS & found.keys():
            kept[tag] = found[tag]
        for directory in (_EXIF_IFD, _GPS_IFD):
            entries = found.get_ifd(directory)
            if entries:
                kept[directory] = dict(entries)
        return kept.tobytes() if len(kept) else b""
    except _UNREADABLE:
        return b""
