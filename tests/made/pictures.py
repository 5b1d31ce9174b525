from __future__ import annotations

import numpy as np


def photo_pixels(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth waves with some noise, (height, width, 3) uint8."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    waves = np.stack([np.sin(rows / (9 + channel)) + np.cos(columns / (13 - channel)) for channel in range(3)], axis=2)
    return np.clip(128 + 50 * waves + random.normal(0, 15, waves.shape), 0, 255).astype(np.uint8)
