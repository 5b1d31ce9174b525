from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from collections import Counter

import numpy as np
import pytest
from made.isolation import judged
from made.memory import peak_megabytes
from PIL import Image

from litebrush.errors import ImageError
from litebrush.image import read_image, to_photo

MUTATIONS = 2000
ENDS = ("picture", "large picture", "ImageError")


def test_two_thousand_damaged_pictures_are_repaired_or_refused():
    found = judged("made.hostile_pictures", range(MUTATIONS), megabytes=2000)
    wrong = {seed: end for seed, end in found.items() if not end.endswith(ENDS)}
    assert not wrong
    ends = Counter(end.split(" ", 1)[1] for end in found.values())
    assert min(ends["picture"], ends["ImageError"]) > MUTATIONS / 10, "the damage is too small, or too great"


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def zeros(count: int) -> bytes:
    """So many zeros, a thousandth as long."""
    compressor = zlib.compressobj(9)
    parts = [compressor.compress(bytes(1 << 20)) for _ in range(count >> 20)]
    return b"".join(parts) + compressor.flush()


def png(width: int, height: int, depth: int = 8, more: bytes = b"", values: bytes | None = None) -> bytes:
    """A black picture: grey in 16 bits, colour in 8."""
    colour_type, bytes_a_pixel = (2, 3) if depth == 8 else (0, 2)
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    values = values or zlib.compress(bytes((width * bytes_a_pixel + 1) * height), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", values) + chunk(b"IEND", b"")


def frames(kind: str, count: int) -> bytes:
    file = io.BytesIO()
    pictures = [Image.new("RGB", (16, 16), (index % 251, index // 251, 0)) for index in range(count)]
    pictures[0].save(file, kind, save_all=True, append_images=pictures[1:])
    return file.getvalue()


def endless_tiff() -> bytes:
    """A TIFF whose only page says that the next page is itself."""
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, "TIFF")
    content = bytearray(file.getvalue())
    (page,) = struct.unpack_from("<I", content, 4)
    (tags,) = struct.unpack_from("<H", content, page)
    struct.pack_into("<I", content, page + 2 + 12 * tags, page)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: png(60000, 60000, values=zeros(1 << 20)), "3600000000 pixels.*limit of .*raise PIL.Image.MAX_IMAGE"),
        (lambda: png(16, 16, more=chunk(b"zTXt", b"a\0\0" + zeros(1 << 28))), "cannot be read to its end"),
        (lambda: png(16, 16, more=chunk(b"iCCP", b"a\0\0" + zeros(1 << 28))), "cannot be read to its end"),
        (lambda: png(16, 16, more=chunk(b"iTXt", b"a\0\1\0\0\0" + zeros(1 << 28))), "cannot be read to its end"),
        (lambda: frames("TIFF", 500), "holds 500 frames"),
        (lambda: frames("GIF", 2000), "holds 2000 frames"),
        (lambda: frames("WEBP", 500), "holds [0-9]+ frames"),
        (lambda: frames("PNG", 2000), "holds 2000 frames"),
        (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n", "programs are not run"),
    ],
    ids=["size", "text", "profile", "international text", "tiff", "gif", "webp", "apng", "postscript"],
)
def test_bombs_and_programs_are_refused_without_being_unpacked(tmp_path, content, message):
    path = tmp_path / "bomb"
    path.write_bytes(content())
    with pytest.raises(ImageError, match=message):
        read_image(path)
    assert (
        peak_megabytes(f"import litebrush.image, pathlib\nread = litebrush.image.read_image\n{TRY.format(path)}") < 60
    )


TRY = "try: read(pathlib.Path('{}'))\nexcept litebrush.LitebrushError: pass"


def test_values_behind_the_last_row_are_not_unpacked(tmp_path):
    path = tmp_path / "long.png"
    path.write_bytes(png(64, 64, values=zeros(1 << 28)))
    assert read_image(path).size == (64, 64)
    assert (
        peak_megabytes(f"import litebrush.image, pathlib\nread = litebrush.image.read_image\n{TRY.format(path)}") < 60
    )


def test_a_tiff_that_goes_in_circles_ends(tmp_path):
    (tmp_path / "circle.tif").write_bytes(endless_tiff())
    assert read_image(tmp_path / "circle.tif").size == (16, 16)


def test_a_hundred_megapixels_are_read_without_a_warning(tmp_path):
    (tmp_path / "scan.png").write_bytes(png(10000, 10000))
    assert to_photo(read_image(tmp_path / "scan.png")).pixels.shape == (10000, 10000, 3)


def test_sixteen_bit_scans_take_no_more_memory_than_colour(tmp_path):
    (tmp_path / "scan.png").write_bytes(png(6000, 6000, depth=16))
    work = "import litebrush.image as image, pathlib\nimage.to_photo(image.read_image(pathlib.Path('{}')))"
    assert peak_megabytes(work.format(tmp_path / "scan.png")) < 36 * 14


def test_a_picture_larger_than_the_memory_is_refused_in_words(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(png(8000, 8000))
    ended = subprocess.run([sys.executable, "-c", WITH_LITTLE_MEMORY, str(path)], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    read, converted = ended.stdout.splitlines()
    assert "needs more memory than there is" in read
    assert "not enough memory for a picture of 8000x8000" in converted


WITH_LITTLE_MEMORY = """
import pathlib, resource, sys
from PIL import Image
from litebrush.errors import ImageError
from litebrush.image import read_image, to_photo

path = pathlib.Path(sys.argv[1])
image = Image.open(path)
now = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + 50_000_000, resource.RLIM_INFINITY))
for work in (lambda: read_image(path), lambda: to_photo(image)):
    try:
        work()
    except ImageError as problem:
        print(" ".join(str(problem).split()))
"""


@pytest.mark.parametrize("resolution", [(0, 0), (-1, 300), (1e12, 300), (float("nan"), 300), (300,), "fine", 300])
def test_a_resolution_that_no_file_could_hold_is_dropped(resolution):
    image = Image.new("RGB", (8, 8))
    image.info["dpi"] = resolution
    assert "dpi" not in to_photo(image).metadata


def test_sixteen_bits_are_rounded_alike_in_every_row():
    values = np.arange(300 * 8, dtype=np.uint16).reshape(300, 8) * 27
    assert np.array_equal(to_photo(Image.fromarray(values)).pixels[:, :, 0], (values.astype(int) + 128) // 257)
