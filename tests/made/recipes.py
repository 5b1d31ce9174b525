"""Settings that make each family small enough to train within seconds."""

from __future__ import annotations

_SHORT = (
    "training.steps=2",
    "training.batch_size=2",
    "compression.steps=2",
    "compression.batch_size=2",
    "run.checkpoint_every=2",
    "run.calibration_images=3",
)
_PATCHES = (*_SHORT, "patches.patch_size=32", "patches.tile_size=64")
_RESIDUAL = (*_PATCHES, "model.channels=8", "model.blocks=1")
_MULTISCALE = (
    *_SHORT,
    "patches.patch_size=32",
    "patches.tile_size=192",
    "model.channels=8",
    "model.widest=8",
    "model.levels=1",
    "model.blocks=1",
)

TINY = {
    "denoise": _RESIDUAL,
    "deblock": _RESIDUAL,
    "inpaint": _MULTISCALE,
    "damage": _MULTISCALE,
    "sparse": (*_PATCHES, "model.atoms=8", "model.iterations=1"),
    "rnn": (*_RESIDUAL, "model.state_channels=4", "clips.frames=2"),
    "gan": (*_SHORT, "model.latent=8", "model.channels=2", "model.discriminator_channels=2"),
    "vae": (*_SHORT, "model.latent=8", "model.channels=4"),
}
