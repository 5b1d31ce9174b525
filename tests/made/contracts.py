from __future__ import annotations

from litebrush.contract import ModelContract, StatePair, Tiling
from litebrush.tasks import Task
from litebrush.tensors import Role, Signature, TensorSpec

IMAGE = TensorSpec("image", Role.IMAGE, (1, 64, 64, 3))
MASK = TensorSpec("mask", Role.MASK, (1, 64, 64, 1))
NOISE_LEVEL = TensorSpec("noise_level", Role.NOISE_LEVEL, (1, 32, 32, 1), highest=50)
RESTORED = TensorSpec("restored", Role.IMAGE, (1, 64, 64, 3))
LATENT = TensorSpec("latent", Role.LATENT, (1, 8))
STATES = (TensorSpec("state", Role.STATE, (1, 32, 32, 4)), TensorSpec("next_state", Role.STATE, (1, 32, 32, 4)))
LABELS = ("bag", "boot", "coat")


def make_contract(resizable: bool = True, noise_level: bool = True) -> ModelContract:
    """Of a network of 64x64 pixels with a receptive field of radius 5."""
    inputs = (IMAGE, NOISE_LEVEL) if noise_level else (IMAGE,)
    return ModelContract(
        name="test",
        task=Task.RESTORE,
        signatures=(Signature("restore", inputs, (RESTORED,)),),
        tiling=Tiling(halo=5, alignment=2, resizable=resizable),
    )


def make_task_contract(task: Task) -> ModelContract:
    """One of each task, with all tensors that the task may have."""
    tiling = Tiling(halo=5, alignment=2, resizable=True)
    if task is Task.RESTORE:
        return make_contract()
    if task is Task.INPAINT:
        return ModelContract("inpaint", task, (Signature("inpaint", (IMAGE, MASK), (RESTORED,)),), tiling)
    if task is Task.DETECT:
        return ModelContract("damage", task, (Signature("detect", (IMAGE,), (MASK,)),), tiling)
    if task is Task.GENERATE:
        label = TensorSpec("label", Role.LABEL, (1, len(LABELS)))
        signature = Signature("generate", (LATENT, label), (IMAGE,))
        return ModelContract("gan", task, (signature,), None, labels=LABELS)
    if task is Task.AUTOENCODE:
        both = (Signature("encode", (IMAGE,), (LATENT,)), Signature("decode", (LATENT,), (IMAGE,)))
        return ModelContract("vae", task, both, None)
    signature = Signature("restore", (IMAGE, NOISE_LEVEL, STATES[0]), (RESTORED, STATES[1]))
    return ModelContract("video", task, (signature,), tiling, states=(StatePair("state", "next_state"),))
