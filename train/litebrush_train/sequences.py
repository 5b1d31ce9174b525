"""Restoration of sequences by a recurrent cell: trained through time, run frame by frame, measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf
import tf_keras as keras

from litebrush.metrics import psnr_db
from litebrush_train.clips import Clip, Frames
from litebrush_train.learner import Batch, Losses
from litebrush_train.models.cnn import BLOCK_SIZE

_FLICKER_WEIGHT = 0.02
_LEAST_NOISE = 5 / 255  # added to each level: where there is no noise there are errors, too
_LAST_FRAME_WEIGHT = 2.0  # to the first's 1


def unrolled_losses(networks: Mapping[str, keras.Model], batch: Batch, step: tf.Tensor) -> Losses:
    """What training through time minimizes, from a state of zeros.

    Args:
        networks: the cell as ``cell``.
        batch: ``frame`` and ``target``, (batch, T, H, W, 3) float32 in [0, 1], and ``noise_level``,
            (batch, H/2, W/2, 1), divided by 255. T is static: the graph holds the cell T times.
        step: not used.

    Returns:
        ``loss``; its parts ``distance``, the root mean square error of all frames together, in units of the noise,
        where the last frame counts twice as much as the first, for it knows more; and ``flicker``, the mean absolute
        change of the error from a frame to the next, in the same units. A mean of roots would make smooth scenes weigh
        more, which forgive an average over what moves.
    """
    cell, frames = networks["cell"], batch["frame"]
    state = zero_state(cell, frames[:, 0])
    errors = []
    for time in range(frames.shape[1]):
        inputs = {"frame": frames[:, time], "noise_level": batch["noise_level"], "state": state}
        restored, state = cell(inputs, training=True)
        errors.append(restored - batch["target"][:, time])
    noise = batch["noise_level"][:, 0, 0, 0] + _LEAST_NOISE
    error = tf.stack(errors) / noise[:, None, None, None]  # (T, batch, H, W, 3)
    weights = tf.linspace(1.0, _LAST_FRAME_WEIGHT, len(errors))
    weights /= tf.reduce_mean(weights)
    distance = tf.sqrt(tf.reduce_mean(weights[:, None] * tf.reduce_mean(error**2, axis=(2, 3, 4))))
    flicker = tf.reduce_mean(tf.abs(error[1:] - error[:-1]))
    return {"loss": distance + _FLICKER_WEIGHT * flicker, "distance": distance, "flicker": flicker}


def zero_state(cell: keras.Model, frame: tf.Tensor) -> tf.Tensor:
    """The state before the first frame, (batch, H/2, W/2, state_channels) float32, for frames like this one."""
    batch, height, width = (tf.shape(frame)[axis] for axis in range(3))
    return tf.zeros((batch, height // BLOCK_SIZE, width // BLOCK_SIZE, cell.output_shape[1][-1]))


def restore_clip(cell: keras.Model, frames: Frames, noise_level: float) -> Frames:
    """Restore frame by frame, as a device does.

    Args:
        cell: see :func:`litebrush_train.models.rnn.cell`.
        frames: (T, H, W, 3) uint8 RGB; H and W even.
        noise_level: standard deviation of the noise in grey levels.

    Returns:
        As ``frames``.
    """
    height, width = frames.shape[1:3]
    level = tf.fill((1, height // BLOCK_SIZE, width // BLOCK_SIZE, 1), np.float32(noise_level / 255))
    state = zero_state(cell, frames[:1])
    restored = np.empty_like(frames)
    for time, frame in enumerate(frames):
        inputs = {"frame": frame[None] / np.float32(255), "noise_level": level, "state": state}
        picture, state = cell(inputs, training=False)
        restored[time] = np.rint(np.clip(picture[0], 0, 1) * 255)
    return restored


def flicker(restored: Frames, clean: Frames) -> float:
    """Mean absolute change of the error from a frame to the next, in grey levels."""
    error = restored.astype(np.float32) - clean
    return float(np.abs(np.diff(error, axis=0)).mean())


def clip_figures(cell: keras.Model, clips: Iterable[Clip]) -> dict[str, float]:
    """Means over clips: ``psnr_db`` of all frames, ``last_frame_psnr_db``, and ``flicker`` in grey levels."""
    figures = []
    for clip in clips:
        restored = restore_clip(cell, clip.degraded, clip.noise_level)
        last = psnr_db(restored[-1], clip.clean[-1])
        figures.append((psnr_db(restored, clip.clean), last, flicker(restored, clip.clean)))
    return dict(zip(("psnr_db", "last_frame_psnr_db", "flicker"), map(float, np.mean(figures, axis=0))))
