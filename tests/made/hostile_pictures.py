"""Pictures, damaged, read, repaired and written: ``python -m made.hostile_pictures`` is run by its test."""

from __future__ import annotations

import io
import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

import litebrush
from litebrush.errors import ImageError
from litebrush.image import read_image, to_photo, write_image
from made.isolation import judge_seeds
from made.mutations import mutated, with_right_checksums
from made.pictures import photo_pixels

_NOISE_LEVEL = 25.0
_MOST_REPAIRED = 300_000  # pixels; damage may make a picture of many, which takes minutes to repair


def sources() -> dict[str, bytes]:
    """Small whole files of all kinds."""
    photo = Image.fromarray(photo_pixels(64, 96))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"
    exif[0x8769] = {0x9003: "2001:02:03 04:05:06"}
    exif[0x8825] = {1: "N", 2: (1.0, 2.0, 3.0)}
    known = {"exif": exif.tobytes(), "dpi": (300, 300)}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    deep = Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257)
    palette = photo.quantize(32)
    return {
        "jpeg": _file(photo, "JPEG", icc_profile=profile, **known),
        "cmyk": _file(photo.convert("CMYK"), "JPEG", icc_profile=profile),
        "png": _file(photo.resize((32, 24)), "PNG", icc_profile=profile, **known),
        "png-16": _file(deep, "PNG"),
        "png-palette": _file(palette, "PNG", transparency=bytes(range(0, 256, 8))),
        "webp": _file(photo, "WEBP", icc_profile=profile, **known),
        "tiff": _file(photo, "TIFF", **known),
        "tiff-lzw": _file(photo, "TIFF", compression="tiff_lzw", icc_profile=profile),
        "tiff-jpeg": _file(photo, "TIFF", compression="jpeg"),
    }


def _file(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def main() -> None:
    whole = sources()
    names = sorted(whole)
    warnings.simplefilter("error")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libtiff complains there of each
    with tempfile.TemporaryDirectory() as folder, litebrush.load("denoise") as restorer:
        path = Path(folder) / "damaged"

        def judge(seed: int) -> str:
            name = names[seed % len(names)]
            damaged = mutated(whole[name], seed)
            path.write_bytes(with_right_checksums(damaged) if name.startswith("png") else damaged)
            try:
                photo = to_photo(read_image(path))
                pixels = photo.pixels
                if pixels.shape[0] * pixels.shape[1] > _MOST_REPAIRED:
                    return f"{name} large picture"
                repaired = restorer(read_image(path), noise_level=_NOISE_LEVEL)
                for suffix in (".png", ".tif"):
                    write_image(repaired, path.with_suffix(suffix))
            except ImageError as problem:
                return f"{name} {'ImageError' if len(str(problem).splitlines()) == 1 else 'error of several lines'}"
            assert (repaired.height, repaired.width) == pixels.shape[:2]
            return f"{name} picture"

        restorer(photo_pixels(64, 96), noise_level=_NOISE_LEVEL)
        judge_seeds(judge)


if __name__ == "__main__":
    main()
