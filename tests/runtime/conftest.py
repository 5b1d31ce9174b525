from __future__ import annotations

from pathlib import Path

import pytest
from made.contracts import make_contract
from made.pictures import photo_pixels
from PIL import Image

from litebrush.contract import ModelContract


@pytest.fixture
def contract() -> ModelContract:
    return make_contract()


@pytest.fixture
def photo_file(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(photo_pixels(48, 64)).save(path)
    return path
