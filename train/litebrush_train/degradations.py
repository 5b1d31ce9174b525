"""What time and cameras do to a photograph, as seeded functions on uint8 pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def gaussian_noise(picture: NDArray[np.uint8], noise_level: float, random: np.random.Generator) -> NDArray[np.uint8]:
    """Add white Gaussian noise, then round and clip to 8 bits, as every stored photo is.

    Args:
        picture: (H, W, C) uint8.
        noise_level: standard deviation in grey levels (0 to 255).
        random: the source of the noise; the same state gives the same picture.

    Returns:
        (H, W, C) uint8.

    """
    noise = random.standard_normal(picture.shape, dtype=np.float32)
    noise *= noise_level
    noise += picture
    return np.clip(np.rint(noise, out=noise), 0, 255, out=noise).astype(np.uint8)
