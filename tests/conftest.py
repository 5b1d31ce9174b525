from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from made.gpu import DRIVER, driver_environment, require_driver
from made.pictures import photo_pixels
from made.processes import start
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
settings.register_profile("litebrush", deadline=None)  # a busy machine is no failure; speed belongs in benchmarks
settings.load_profile("litebrush")

_LONGEST = (
    "test_families.py",
    "test_resume.py",
    "test_distribution.py",
    "test_gpu_export.py",
    "test_compression_pruning.py",
    "test_compression_quantization.py",
    "test_sources.py",
    "test_export.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first, lest one worker be left with one of them at the end."""
    order = {name: number for number, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.fixture(scope="session")
def image_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for index in range(5):
        Image.fromarray(photo_pixels(80 + 8 * index, 100, seed=index)).save(folder / f"{index}.png")
    return folder


@pytest.fixture(scope="session")
def class_folders(tmp_path_factory) -> Path:
    """Two classes of four pictures."""
    folder = tmp_path_factory.mktemp("classes")
    for index in range(8):
        (folder / "ab"[index % 2]).mkdir(exist_ok=True)
        Image.fromarray(photo_pixels(80, 70 + index, seed=index)).save(folder / "ab"[index % 2] / f"{index}.png")
    return folder


@pytest.fixture(scope="session")
def finished_run(image_folder, tmp_path_factory) -> Path:
    """A tiny run that was never interrupted, hand-over included."""
    from made.training import train_arguments  # imports TensorFlow, which the tests of the runtime do without

    folder = tmp_path_factory.mktemp("run")
    arguments = train_arguments(image_folder, folder / "run", "--data-note", "waves", "--licence", "CC0-1.0")
    done = start(arguments, folder / "log")
    assert done.wait() == 0, done.said
    return folder / "run"


@pytest.fixture
def software_gpu(monkeypatch, tmp_path_factory) -> None:
    """Processes that are started find a software GPU, and no other."""
    require_driver(DRIVER, os.environ)
    for name, value in driver_environment(tmp_path_factory.mktemp("xdg")).items():
        monkeypatch.setenv(name, value)
