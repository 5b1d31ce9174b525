from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made.pictures import photo_pixels
from PIL import Image, ImageCms

from litebrush.errors import ImageError
from litebrush.image import check_output, read_image, read_rgb, to_photo, write_image

RGB = Image.fromarray(photo_pixels(40, 50))
sides = st.integers(1, 20)


def same(image: Image.Image) -> Image.Image:
    """Through litebrush and back, with unchanged pixels."""
    photo = to_photo(image)
    return photo.with_pixels(photo.pixels)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA"])
def test_modes_that_can_be_kept_are_kept(mode):
    image = RGB.convert(mode)
    assert same(image).mode == mode
    assert np.array_equal(np.asarray(same(image)), np.asarray(image))


@pytest.mark.parametrize("mode", ["P", "CMYK", "YCbCr", "HSV", "LAB"])
def test_other_colour_models_come_back_as_rgb(mode):
    image = RGB.convert(mode) if mode != "LAB" else Image.merge("LAB", RGB.split())
    assert same(image).mode == "RGB"
    assert np.array_equal(np.asarray(same(image)), np.asarray(image.convert("RGB")))


def test_black_and_white_comes_back_as_grey():
    assert same(RGB.convert("1")).mode == "L"


def test_transparency_passes_unchanged_while_colours_are_replaced():
    image = RGB.convert("RGBA")
    alpha = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50)).astype(np.uint8))
    image.putalpha(alpha)
    result = to_photo(image).with_pixels(np.zeros((40, 50, 3), np.uint8))
    assert np.array_equal(np.asarray(result)[:, :, 3], np.asarray(alpha))
    assert not np.asarray(result)[:, :, :3].any()


def test_a_palette_with_a_transparent_colour_comes_back_with_transparency():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    image.info["transparency"] = 1
    result = same(image)
    assert result.mode == "RGBA"
    assert [result.getpixel((column, 0))[3] for column in (0, 1)] == [255, 0]


def test_sixteen_bit_grey_is_rounded_to_eight():
    values = np.array([[0, 128, 129, 257, 65535, 32896]], np.uint16)
    result = same(Image.fromarray(values))
    assert result.mode == "L"
    assert np.asarray(result).tolist() == [[0, 0, 1, 1, 255, 128]]


def rotated_photo(path):
    """A picture whose EXIF says: turn me, taken by a camera, at a place."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"
    exif[0x8769] = {0x9003: "2001:02:03 04:05:06"}
    exif[0x8825] = {1: "N"}
    RGB.save(path, exif=exif.tobytes(), dpi=(300, 300), **({"lossless": True} if path.suffix == ".webp" else {}))


@pytest.mark.parametrize("source", ["in.png", "in.tif", "in.webp"])
def test_an_exif_rotation_is_carried_out_and_removed(source, tmp_path):
    rotated_photo(tmp_path / source)
    result = same(read_image(tmp_path / source))
    assert np.array_equal(np.asarray(result), np.rot90(np.asarray(RGB), k=-1))
    write_image(result, tmp_path / "out.png")
    assert read_image(tmp_path / "out.png").getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("source", ["in.jpg", "in.png", "in.tif", "in.webp"])
@pytest.mark.parametrize("target", ["out.jpg", "out.png", "out.tif", "out.webp"])
def test_camera_date_and_place_survive_from_format_to_format(source, target, tmp_path):
    rotated_photo(tmp_path / source)
    write_image(same(read_image(tmp_path / source)), tmp_path / target)
    exif = read_image(tmp_path / target).getexif()
    assert exif[0x010F] == "a camera"
    assert exif.get_ifd(0x8769)[0x9003] == "2001:02:03 04:05:06"
    assert exif.get_ifd(0x8825)[1] == "N"


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.tif"])
def test_the_resolution_of_a_scan_is_kept(name, tmp_path):
    rotated_photo(tmp_path / name)
    write_image(same(read_image(tmp_path / name)), tmp_path / f"out-{name}")
    assert read_image(tmp_path / f"out-{name}").info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_exif_that_cannot_be_read_does_not_stop_a_repair(tmp_path):
    RGB.save(tmp_path / "in.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(range(40)))
    write_image(same(read_image(tmp_path / "in.jpg")), tmp_path / "out.tif")
    assert read_image(tmp_path / "out.tif").size == RGB.size


def test_cmyk_with_a_profile_is_not_given_that_profile_as_rgb():
    image = RGB.convert("CMYK")
    image.info["icc_profile"] = b"not a profile at all"
    result = same(image)
    assert result.mode == "RGB"
    assert "icc_profile" not in result.info


def test_a_colour_profile_is_kept_through_writing(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = RGB.copy()
    image.info["icc_profile"] = profile
    write_image(same(image), tmp_path / "out.png")
    assert read_image(tmp_path / "out.png").info["icc_profile"] == profile


@given(height=sides, width=sides, channels=st.sampled_from([None, 3, 4]))
def test_an_array_comes_back_as_an_array_of_its_shape(height, width, channels):
    shape = (height, width) if channels is None else (height, width, channels)
    array = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    result = same(array)
    assert isinstance(result, np.ndarray)
    assert np.array_equal(result, array)


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((4, 4, 3), np.float32), "float32 are ambiguous"),
        (np.zeros((4, 4, 2), np.uint8), r"\(4, 4, 2\) is not a picture"),
        (np.zeros(4, np.uint8), r"\(4,\) is not a picture"),
        ("photo.jpg", "a str is not a picture"),
        (Image.new("F", (4, 4)), "no known range"),
    ],
)
def test_what_is_ambiguous_is_refused_with_a_way_out(picture, message):
    with pytest.raises(ImageError, match=message):
        to_photo(picture)


def test_thirty_two_bit_values_beyond_sixteen_bits_are_refused():
    with pytest.raises(ImageError, match="scale it to 16 bits"):
        to_photo(Image.fromarray(np.array([[70000]], np.int32)))


def test_every_cut_of_a_png_and_a_jpeg_is_refused_in_words(tmp_path):
    for suffix in (".png", ".jpg"):
        whole = tmp_path / f"whole{suffix}"
        RGB.save(whole)
        content = whole.read_bytes()
        cut = tmp_path / f"cut{suffix}"
        for length in range(1, len(content) - 20, len(content) // 40):
            cut.write_bytes(content[:length])
            with pytest.raises(ImageError, match="cut"):
                read_rgb(cut)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b"hello, this is a letter", "not a picture that Pillow can read")]
)
def test_files_that_are_no_picture_are_refused(tmp_path, content, message):
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=message):
        read_image(path)


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(ImageError, match="there is no file"):
        read_image(tmp_path / "none.png")
    with pytest.raises(ImageError, match="is a folder"):
        read_image(tmp_path)


def test_an_animation_is_refused_rather_than_cut_to_one_frame(tmp_path):
    path = tmp_path / "two.png"
    RGB.save(path, save_all=True, append_images=[RGB.rotate(180)])
    with pytest.raises(ImageError, match="holds 2 frames"):
        read_image(path)


def test_a_picture_larger_than_pillows_safety_limit_is_refused(tmp_path, monkeypatch):
    RGB.save(tmp_path / "big.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ImageError, match="refused as too large"):
        read_image(tmp_path / "big.png")


@pytest.mark.parametrize(
    ("name", "message"),
    [("out.xyz", "no known picture suffix"), ("out.jpg", "transparency"), ("none/out.png", "there is no folder")],
)
def test_an_output_that_cannot_work_is_refused_before_any_work(tmp_path, name, message):
    with pytest.raises(ImageError, match=message):
        check_output(tmp_path / name, to_photo(RGB.convert("RGBA")))


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    with pytest.raises(ImageError, match="cannot write"):
        write_image(RGB, tmp_path / "out.unknown")
    assert list(tmp_path.iterdir()) == []
