"""Arguments of ``litebrush train`` for runs of seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

SHORT = (
    "training.steps=12",
    "training.batch_size=2",
    "compression.steps=4",
    "compression.batch_size=2",
    "run.checkpoint_every=2",
    "run.calibration_images=3",
)
TINY_RESIDUAL = (
    *(*SHORT, "patches.patch_size=16", "patches.tile_size=64"),
    *("model.channels=8", "model.inner_channels=8", "model.blocks=1"),
)
TINY_DENOISE = (*TINY_RESIDUAL, "model.coarse_channels=8", "model.coarse_blocks=1")
TINY_DETECTOR = (*SHORT, "model.channels=4", "model.levels=1", "patches.patch_size=16", "patches.tile_size=64")
TINY_RNN = (*TINY_DENOISE, "patches.tile_size=80", "model.state_channels=16", "clips.frames=2")
TINY_VAE = (*SHORT, "model.latent=8", "model.channels=4")
TINY_GAN = (
    *(*SHORT, "compression.method=qat", "model.latent=8"),
    *("model.channels=2", "model.discriminator_channels=2", "model.truncation=0.7"),
)
TINY_SPARSE = (*SHORT, "model.atoms=8", "model.iterations=1", "patches.patch_size=16", "patches.tile_size=64")
TINY = {
    "denoise": TINY_DENOISE,
    "deblock": TINY_DENOISE,
    "inpaint": TINY_DENOISE,
    "damage": TINY_DETECTOR,
    "sparse": TINY_SPARSE,
    "rnn": TINY_RNN,
    "gan": TINY_GAN,
    "vae": TINY_VAE,
}


def train_arguments(
    data: Path, out: Path, *more: str, family: str = "denoise", recipe: tuple[str, ...] = TINY_DENOISE
) -> list[str]:
    """Arguments for one run of a family."""
    settings = [part for setting in recipe for part in ("--set", setting)]
    return ["train", family, "--data", str(data), "--out", str(out), *settings, *more]


def final_tensors(run: Path) -> dict[str, np.ndarray]:
    """All that the last checkpoint of each phase of a run holds, by phase and name."""
    tensors = {}
    for phase in (run / "checkpoints").iterdir():
        reader = tf.train.load_checkpoint(str(phase))
        for name in reader.get_variable_to_shape_map():
            if "OBJECT_GRAPH" not in name and "save_counter" not in name:
                tensors[f"{phase.name}/{name}"] = reader.get_tensor(name)
    return tensors


def logged(run: Path, phase: str = "training") -> dict[str, np.ndarray]:
    """The columns of a phase's log by name."""
    header, *rows = [line.split(",") for line in (run / "logs" / f"{phase}.csv").read_text().splitlines()]
    return {name: np.array(column, float) for name, column in zip(header, zip(*rows))}
