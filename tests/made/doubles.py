"""Models that do something plain in the place of a network, for tests of what is built from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from litebrush.damage import DamageDetector
from litebrush.engine import FakeEngine, TensorInfo
from litebrush.inpainter import Inpainter
from litebrush.restorer import Restorer
from litebrush.tasks import Task
from made.contracts import make_contract, make_task_contract

_SCALE = float(np.float32(1 / 255))
DAMAGE = (255, 0, 255)
FILLING = 77


def bytes_tensor(side: int, channels: int) -> TensorInfo:
    return TensorInfo((1, side, side, channels), np.dtype(np.int8), _SCALE, -128)


def detector() -> DamageDetector:
    """Takes pure magenta for damage."""

    def find(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        damaged = (inputs["image"] == np.array(DAMAGE) - 128).all(axis=3, keepdims=True)
        return {"mask": np.where(damaged, 127, -128).astype(np.int8)}

    engine = FakeEngine({"image": bytes_tensor(64, 3)}, {"mask": bytes_tensor(64, 1)}, find)
    return DamageDetector(make_task_contract(Task.DETECT), {"detect": engine})


def inpainter() -> Inpainter:
    """Paints all of the picture in one grey."""

    def fill(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"restored": np.full_like(inputs["image"], FILLING - 128)}

    tensors = {"image": bytes_tensor(64, 3), "mask": bytes_tensor(64, 1)}
    engine = FakeEngine(tensors, {"restored": bytes_tensor(64, 3)}, fill)
    return Inpainter(make_task_contract(Task.INPAINT), {"inpaint": engine})


def restorer(change: Callable[[np.ndarray], np.ndarray], noise_level: bool) -> Restorer:
    """Changes each byte of the picture."""

    def restore(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"restored": (change(inputs["image"].astype(np.int16) + 128) - 128).astype(np.int8)}

    tensors = {"image": bytes_tensor(64, 3), **({"noise_level": bytes_tensor(32, 1)} if noise_level else {})}
    engine = FakeEngine(tensors, {"restored": bytes_tensor(64, 3)}, restore)
    return Restorer(make_contract(noise_level=noise_level), {"restore": engine})


def model_named(name: str) -> Any:
    """A double of each shipped model that repairs: ``deblock`` clears the lowest bit, ``denoise`` the second lowest."""
    makers: dict[str, Callable[[], Any]] = {
        "damage": detector,
        "inpaint": inpainter,
        "deblock": lambda: restorer(lambda image: image & ~1, noise_level=False),
        "denoise": lambda: restorer(lambda image: image & ~2, noise_level=True),
    }
    return makers[name]()
