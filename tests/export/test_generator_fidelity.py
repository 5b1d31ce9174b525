from __future__ import annotations

import math

import numpy as np
import pytest
from click import ClickException
from exported_generator import ExportedGenerator
from fidelity_measurement import find_float32, measure_precisions
from made.contracts import LABELS
from made.pictures import photo_pixels
from real_pictures import Reality, Squares

from litebrush.contract import Precision
from litebrush.errors import ModelFileError
from litebrush.tasks import Task
from litebrush.zoo import find_model
from litebrush_export.pipeline import export
from litebrush_export.variants import Order

PRECISIONS = (Precision.FLOAT32, Precision.INT8)
SEEDS = (1, 2)


class Thumbnails:
    """Describes a picture by itself, at 4x4 pixels."""

    name = "Thumbnail"

    def __call__(self, pictures):
        count, side = pictures.shape[:2]
        blocks = pictures.reshape(count, 4, side // 4, 4, side // 4, 3)
        return blocks.mean(axis=(2, 4), dtype=np.float32).reshape(count, -1)


@pytest.fixture(scope="module")
def models(folders, tmp_path_factory):
    made = tmp_path_factory.mktemp("generators")
    return {
        task: {file.parity.precision: file.path for file in export(folders[task], Order(PRECISIONS), made / task.value)}
        for task in (Task.GENERATE, Task.AUTOENCODE)
    }


@pytest.fixture(scope="module")
def reality() -> Reality:
    labels = np.repeat(np.arange(len(LABELS)), 6)
    pictures = np.stack([photo_pixels(64, 64, seed) for seed in range(len(labels))])
    return Reality.described(Squares(pictures, labels), Squares(pictures[:, ::-1], labels), len(LABELS), Thumbnails())


@pytest.mark.parametrize("task", [Task.GENERATE, Task.AUTOENCODE])
def test_float32_equals_itself_and_int8_differs_a_little(models, reality, task):
    generators = [ExportedGenerator(models[task][precision]) for precision in PRECISIONS]
    float32, int8 = measure_precisions(generators, reality, SEEDS)

    assert float32.same_seed.psnr_db == float32.same_seed.worst_psnr_db == math.inf
    assert float32.same_seed.channel_shifts == (0, 0, 0)
    assert float32.fid_change == float32.fid_change_deviation == 0

    assert 20 < int8.same_seed.worst_psnr_db <= int8.same_seed.psnr_db < 100
    assert 0 < abs(int8.fid_change) < 1
    assert int8.bytes < float32.bytes
    assert int8.figures.count == len(reality.labels)
    assert (int8.figures.class_accuracy is None) == (task is Task.AUTOENCODE)


def test_a_picture_follows_its_seed_and_its_label(models):
    generator = ExportedGenerator(models[Task.GENERATE][Precision.INT8])
    bag, boot = generator.draw(np.array([0]), seed=1), generator.draw(np.array([1]), seed=1)
    assert np.array_equal(bag, generator.draw(np.array([0]), seed=1))
    assert not np.array_equal(bag, boot)
    assert not np.array_equal(bag, generator.draw(np.array([0]), seed=2))


def test_nothing_is_measured_without_float32(models):
    with pytest.raises(ClickException, match="none of the files is float32"):
        find_float32([ExportedGenerator(models[Task.GENERATE][Precision.INT8])])


def test_a_restorer_is_no_generator():
    with pytest.raises(ModelFileError, match="is no generator"):
        ExportedGenerator(find_model("denoise", Precision.INT8))
