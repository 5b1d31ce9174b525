"""Pictures in, pictures out: decoding, orientation, colour modes, bit depth, transparency, metadata.

Everything between is a :class:`Photo`: upright 8-bit RGB pixels, and what is needed to give back
the kind of picture that came in.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from litebrush.atomic import atomic_file
from litebrush.errors import ImageError
from litebrush.metadata import load_metadata, read_metadata, read_orientation
from litebrush.silence import without_warnings

Pixels = NDArray[np.uint8]
ImageLike = Image.Image | Pixels

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

_WITH_ALPHA = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_DIRECT_COLOUR = frozenset({"RGB", "RGBX", "YCbCr", "LAB", "HSV"})
_OTHER_COLOUR_SPACES = frozenset({"CMYK", "LAB"})
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ROWS_AT_ONCE = 64
_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
    ".webp": {"lossless": True},
}


@dataclass(frozen=True)
class Photo:
    """One picture on its way through a model.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, upright.
        alpha: (H, W) uint8, 255 = opaque; None where the picture has no transparency.
        grey: the picture came without colour and goes back without.
        as_array: the picture came as an ndarray and goes back as one.
        metadata: what Pillow's ``save`` takes back; see :func:`litebrush.metadata.read_metadata`.
    """

    pixels: Pixels
    alpha: Pixels | None
    grey: bool
    as_array: bool
    metadata: dict[str, Any]

    def with_pixels(self, pixels: Pixels) -> ImageLike:
        """The picture that came in, with other pixels.

        Args:
            pixels: (H, W, 3) uint8 RGB.

        Returns:
            A PIL image (see :meth:`to_image`) or a uint8 ndarray ((H, W), (H, W, 3) or (H, W, 4)).
        """
        if not self.as_array:
            return self.to_image(pixels)
        if self.grey:
            return np.asarray(Image.fromarray(pixels).convert("L"))
        return pixels if self.alpha is None else np.dstack([pixels, self.alpha])

    def to_image(self, pixels: Pixels) -> Image.Image:
        """Other pixels, (H, W, 3) uint8 RGB, as a PIL image of mode L, LA, RGB or RGBA with this photo's metadata."""
        image = Image.fromarray(pixels)
        if self.grey:
            image = image.convert("L")
        if self.alpha is not None:
            image.putalpha(Image.fromarray(self.alpha))
        image.info.update(self.metadata)
        return image


def to_photo(image: ImageLike) -> Photo:
    """Take a picture apart.

    Handled: PIL images of every mode but F (grey, RGB, RGBA, palette, CMYK with or without a profile, 16-bit
    grey, EXIF orientation), and uint8 arrays of shape (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.
    Palette, CMYK and the other colour models come back as RGB, 16-bit grey comes back as 8-bit grey.

    Raises:
        ImageError: anything else, with what to do about it.
    """
    if isinstance(image, Image.Image):
        return _from_pil(image)
    if isinstance(image, np.ndarray):
        return _from_array(image)
    raise ImageError(f"a {type(image).__name__} is not a picture; give a PIL image or a uint8 ndarray (H, W, 3)")


def _from_array(array: Pixels) -> Photo:
    if array.dtype != np.uint8:
        raise ImageError(f"pixels of type {array.dtype} are ambiguous; give uint8 values from 0 to 255")
    if array.ndim == 2:
        return Photo(np.repeat(array[:, :, None], 3, axis=2), None, grey=True, as_array=True, metadata={})
    if array.ndim == 3 and array.shape[2] in (3, 4):
        alpha = array[:, :, 3] if array.shape[2] == 4 else None
        return Photo(array[:, :, :3], alpha, grey=False, as_array=True, metadata={})
    raise ImageError(f"an array of shape {array.shape} is not a picture; give (H, W), (H, W, 3) or (H, W, 4)")


def _from_pil(image: Image.Image) -> Photo:
    try:
        with without_warnings():
            image.load()
            return _taken_apart(image)
    except ImageError:
        raise
    except MemoryError:
        raise ImageError(
            f"there is not enough memory for a picture of {image.width}x{image.height} pixels; make it smaller"
        ) from None
    except Exception as problem:  # Pillow raises many kinds on damaged bytes
        raise ImageError(
            f"the picture is damaged and cannot be read to its end ({problem}); use another copy"
        ) from None


def _taken_apart(image: Image.Image) -> Photo:
    metadata = read_metadata(image, keep_profile=image.mode not in _OTHER_COLOUR_SPACES)
    profile = image.info.get("icc_profile")
    orientation = read_orientation(image)
    if orientation != 1:
        image = image.transpose(_UPRIGHT[orientation])  # ImageOps.exif_transpose would fail on damaged EXIF
    if image.mode == "F":
        raise ImageError("a floating-point picture (mode F) has no known range; convert it to 8-bit grey first")
    if image.mode.startswith("I"):
        image = _sixteen_to_eight_bits(image)
    if image.mode == "CMYK":
        image = _cmyk_to_rgb(image, profile)
    transparent = image.mode in _WITH_ALPHA or "transparency" in image.info
    grey = image.mode in ("1", "L", "LA", "La")
    if not (transparent or grey or image.mode == "P" or image.mode in _DIRECT_COLOUR):
        raise ImageError(f"pictures of mode {image.mode} are not supported; convert this one to RGB first")
    if not transparent:
        pixels = np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
        return Photo(pixels, None, grey, as_array=False, metadata=metadata)
    if image.mode in ("La", "RGBa"):
        image = image.convert("LA" if image.mode == "La" else "RGBA")
    rgba = np.asarray(image.convert("RGBA"))
    return Photo(rgba[:, :, :3], rgba[:, :, 3], grey, as_array=False, metadata=metadata)


def _sixteen_to_eight_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:
        raise ImageError(
            "a 32-bit integer picture with values outside 0 to 65535 is not supported; scale it to 16 bits"
        )
    grey = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), _ROWS_AT_ONCE):  # a large scan would need eight bytes a pixel
        rows = values[top : top + _ROWS_AT_ONCE].astype(np.int64)
        grey[top : top + _ROWS_AT_ONCE] = (rows + 128) // 257
    return Image.fromarray(grey)


def _cmyk_to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile is None:
        return image.convert("RGB")
    try:
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, io.BytesIO(profile), srgb, outputMode="RGB")
    except ImageCms.PyCMSError:
        return image.convert("RGB")
    assert converted is not None  # only an in-place conversion returns None
    return converted


def read_image(path: Path) -> Image.Image:
    """Decode a file completely.

    The largest picture is Pillow's: twice ``PIL.Image.MAX_IMAGE_PIXELS``, 179 megapixels unless somebody changed it.

    Raises:
        ImageError: the file is missing, empty, truncated, no image, an animation, a program (EPS), or larger than
            Pillow's limit or the memory.
    """
    try:
        if path.stat().st_size == 0:
            raise ImageError(f"'{path}' is empty; copy the picture again from where it came")
        image: Image.Image
        with without_warnings(), Image.open(path) as image:
            if image.format == "EPS":
                raise ImageError(
                    f"'{path}' is PostScript, a program that draws a picture, and programs are not run here; "
                    "give a JPEG, PNG, TIFF or WebP file"
                )
            image.load()
            load_metadata(image)
            frames = getattr(image, "n_frames", 1)
    except ImageError:
        raise
    except FileNotFoundError:
        raise ImageError(f"there is no file '{path}'") from None
    except IsADirectoryError:
        raise ImageError(f"'{path}' is a folder; give one picture") from None
    except PermissionError:
        raise ImageError(f"'{path}' may not be read by you; change its permissions, or ask its owner") from None
    except Image.DecompressionBombError as problem:
        raise ImageError(
            f"'{path}' is refused as too large: {problem} Make it smaller with another program, or, where you trust "
            "it, raise PIL.Image.MAX_IMAGE_PIXELS in Python"
        ) from None
    except MemoryError:
        raise ImageError(f"'{path}' needs more memory than there is; make it smaller with another program") from None
    except UnidentifiedImageError:
        raise ImageError(
            f"'{path}' is not a picture that Pillow can read; give a JPEG, PNG, TIFF or WebP file"
        ) from None
    except Exception as problem:  # Pillow raises many kinds on damaged bytes
        if isinstance(problem, OSError) and problem.errno:
            raise ImageError(f"cannot read '{path}': {problem.strerror}") from None
        raise ImageError(f"'{path}' is damaged and cannot be read to its end ({problem}); use another copy") from None
    if frames > 1 and image.format != "MPO":
        moving = "give it to 'litebrush video', or " if image.format in ("GIF", "PNG", "WEBP") else ""
        raise ImageError(f"'{path}' holds {frames} frames; {moving}save the one you want as a single picture")
    return image


def read_rgb(path: Path) -> Pixels:
    """The pixels of a file, (H, W, 3) uint8 RGB, upright; transparency is dropped.

    Raises:
        ImageError: see :func:`read_image` and :func:`to_photo`.
    """
    return to_photo(read_image(path)).pixels


def check_output(path: Path, photo: Photo | None = None) -> None:
    """Refuse an output file that could not be written or hold a photo's transparency, before any work is done.

    Raises:
        ImageError: an unknown suffix, transparency into a format without, or a folder that is missing or locked.
    """
    try:
        missing, is_folder = not path.parent.is_dir(), path.is_dir()
    except OSError as problem:
        raise ImageError(f"cannot write '{path}': {problem.strerror}; choose another place") from None
    if missing:
        raise ImageError(f"cannot write '{path}': there is no folder '{path.parent}'; make it or choose another")
    if is_folder or not os.access(path.parent, os.W_OK):
        raise ImageError(f"cannot write '{path}': it is a folder, or lies in one that is locked; choose another")
    suffix = path.suffix.lower()
    if suffix not in IMAGE_SUFFIXES:
        raise ImageError(f"'{path}' has no known picture suffix; end it in {', '.join(sorted(IMAGE_SUFFIXES))}")
    if photo is not None and photo.alpha is not None and suffix in (".jpg", ".jpeg", ".bmp"):
        raise ImageError(f"'{path.name}' cannot hold the picture's transparency; write a .png or .webp file")


def write_image(image: Image.Image, path: Path, text: Mapping[str, str] | None = None) -> None:
    """Write a picture whole or not at all; EXIF, colour profile and resolution in ``image.info`` are kept.

    Args:
        image: of a mode that the format can hold.
        path: its suffix decides the format.
        text: text chunks of a PNG file; other formats go without.

    Raises:
        ImageError: the folder is missing or cannot be written to, the disk is full.
    """
    options: dict[str, Any] = dict(_SAVE_OPTIONS.get(path.suffix.lower(), {}))
    options.update((key, image.info[key]) for key in ("exif", "icc_profile", "dpi") if key in image.info)
    if text and path.suffix.lower() == ".png":
        options["pnginfo"] = PngInfo()
        for key, value in text.items():
            options["pnginfo"].add_text(key, value)
    try:
        with atomic_file(path) as temporary:
            image.save(temporary, **options)
    except Exception as problem:  # Pillow raises many kinds on metadata that a format cannot hold
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        raise ImageError(f"cannot write '{path}': {reason}") from None
