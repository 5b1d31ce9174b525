"""A generator and an autoencoder whose networks are plain functions."""

from __future__ import annotations

import dataclasses

import numpy as np

from litebrush.autoencoder import Autoencoder
from litebrush.engine import FakeEngine, TensorInfo
from litebrush.generator import Generator
from litebrush.tasks import Task
from made.contracts import LABELS, make_task_contract
from made.doubles import bytes_tensor

FLOAT_LATENT = TensorInfo((1, 8), np.dtype(np.float32))
FLOAT_LABEL = TensorInfo((1, 3), np.dtype(np.float32))
LATENT_SCALE = 0.03


def generator(quantized: bool = False, labels: tuple[str, ...] = LABELS) -> Generator:
    """Paints the first three values of its latent as red, green and blue, brighter with the label's number."""
    latent = TensorInfo((1, 8), np.dtype(np.int8), LATENT_SCALE, 0) if quantized else FLOAT_LATENT
    label = TensorInfo((1, 3), np.dtype(np.int8), 1 / 255, -128) if quantized else FLOAT_LABEL

    def paint(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        scale = LATENT_SCALE if quantized else 1
        colour = np.clip(60 + 15 * scale * inputs["latent"][0, :3] + 40 * inputs["label"][0].argmax(), 0, 255)
        return {"image": np.broadcast_to(np.rint(colour) - 128, (1, 64, 64, 3)).astype(np.int8)}

    engine = FakeEngine({"latent": latent, "label": label}, {"image": bytes_tensor(64, 3)}, paint)
    contract = dataclasses.replace(make_task_contract(Task.GENERATE), labels=labels)
    return Generator(contract, {"generate": engine})


def autoencoder() -> Autoencoder:
    """Keeps the mean of the red channel, in 8 equal values; decodes to a grey of the latent's mean."""

    def encode(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        mean = (inputs["image"][0, ..., 0].astype(np.float32) + 128).mean() / 255
        return {"latent": np.full((1, 8), mean, np.float32)}

    def decode(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        grey = np.rint(255 * inputs["latent"].mean().clip(0, 1)) - 128
        return {"image": np.full((1, 64, 64, 3), grey).astype(np.int8)}

    engines = {
        "encode": FakeEngine({"image": bytes_tensor(64, 3)}, {"latent": FLOAT_LATENT}, encode),
        "decode": FakeEngine({"latent": FLOAT_LATENT}, {"image": bytes_tensor(64, 3)}, decode),
    }
    return Autoencoder(make_task_contract(Task.AUTOENCODE), engines)
