from __future__ import annotations

import numpy as np
import pytest
from made.pictures import photo_pixels
from PIL import Image

from litebrush.errors import DataError
from litebrush.framing import centre_part
from litebrush_train.pictures import load_image_folders
from litebrush_train.square_pictures import one_hot, read_squares, require_classes

PICTURES = tuple(photo_pixels(40 + 10 * index, 60, seed=index) for index in range(3))


def test_held_out_pictures_are_never_trained_on(image_folder):
    folder = load_image_folders((image_folder,), 0.4, 16)
    held_out = {picture.tobytes() for picture in folder.validation}
    assert (len(folder.training), len(folder.validation)) == (3, 2)
    assert held_out.isdisjoint(picture.tobytes() for picture in folder.training)


def test_pictures_come_back_as_they_were_stored(tmp_path):
    for index in range(3):
        Image.fromarray(PICTURES[index]).save(tmp_path / f"{index}.png")
    folder = load_image_folders((tmp_path,), 0.3, 16, store=tmp_path)
    assert np.array_equal(folder.training[0], PICTURES[0])
    assert np.array_equal(folder.training[1], PICTURES[2])
    assert not folder.training[0].flags.writeable
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.png", "1.png", "2.png"]  # the store has no name


def test_unreadable_and_small_files_are_listed_with_a_reason_and_skipped(tmp_path):
    for index in range(3):
        Image.fromarray(PICTURES[index]).save(tmp_path / f"{index}.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("not even meant as a picture")
    Image.new("RGB", (8, 90)).save(tmp_path / "narrow.png")
    folder = load_image_folders((tmp_path,), 0.3, 16)
    assert len(folder.training) + len(folder.validation) == 3
    assert [item.path.name for item in folder.skipped] == ["broken.jpg", "narrow.png"]
    assert "at least 16 pixels" in folder.skipped[1].reason


def test_the_digest_tells_changed_images(tmp_path):
    for index in range(2):
        Image.fromarray(PICTURES[index]).save(tmp_path / f"{index}.png")
    first = load_image_folders((tmp_path,), 0.5, 16).digest
    assert load_image_folders((tmp_path,), 0.5, 16).digest == first
    Image.fromarray(PICTURES[2]).save(tmp_path / "1.png")
    assert load_image_folders((tmp_path,), 0.5, 16).digest != first


def test_folders_that_cannot_be_trained_on_are_refused_with_counts(tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        load_image_folders((tmp_path / "none",), 0.1, 16)
    with pytest.raises(DataError, match="no images in"):
        load_image_folders((tmp_path,), 0.1, 16)
    Image.new("RGB", (100, 100)).save(tmp_path / "one.png")
    Image.new("RGB", (100, 10)).save(tmp_path / "two.png")
    with pytest.raises(DataError, match=r"1 usable of 2 images.* 1 are smaller than 16 pixels"):
        load_image_folders((tmp_path,), 0.1, 16)


def class_folders(tmp_path, names):
    for name in names:
        (tmp_path / name).mkdir()
        for index in range(2):
            Image.fromarray(photo_pixels(70, 90, seed=index)).save(tmp_path / name / f"{index}.png")
    return tmp_path


def test_class_folders_become_labels(tmp_path):
    images = read_squares((class_folders(tmp_path, ["shoe", "hat"]),), 64, 0.3, tmp_path)
    require_classes(images)
    assert images.classes == ("hat", "shoe")
    named = [images.classes[label] for label in images.labels(images.training)]
    assert named == [stored.path.parent.name for stored in images.training.stored]
    assert images.training[0].shape == (64, 64, 3)


def test_a_flat_folder_has_no_classes(tmp_path):
    images = read_squares((class_folders(tmp_path, ["shoe"]) / "shoe",), 64, 0.3, tmp_path)
    require_classes(images)
    assert images.classes == ()


def test_one_class_only_is_refused(tmp_path):
    images = read_squares((class_folders(tmp_path, ["shoe"]),), 64, 0.3, tmp_path)
    with pytest.raises(DataError, match="all images lie in one class folder, 'shoe'; give folders of two or more"):
        require_classes(images)


def test_images_beside_the_class_folders_are_refused(tmp_path):
    Image.fromarray(photo_pixels(70, 90, seed=5)).save(class_folders(tmp_path, ["shoe", "hat"]) / "lost.png")
    images = read_squares((tmp_path,), 64, 0.3, tmp_path)
    with pytest.raises(DataError, match=r"1 images, such as .*lost.png', lie beside the class folders"):
        require_classes(images)


def test_a_square_is_cut_from_the_middle():
    wide = np.zeros((64, 192, 3), np.uint8)
    wide[:, 64:128] = 200
    assert np.array_equal(centre_part(wide, 64, 64), np.full((64, 64, 3), 200, np.uint8))


def test_a_one_hot_vector_has_its_one_at_the_class():
    assert np.array_equal(one_hot(np.array([2, 0]), 3), [[0, 0, 1], [1, 0, 0]])
