"""Old photographs, repaired in one call."""

from __future__ import annotations

from litebrush.image import ImageLike
from litebrush.loading import load
from litebrush.restorer import NoiseLevel


def repair(photo: ImageLike, noise_level: NoiseLevel = "auto") -> ImageLike:
    """Remove the noise of a photograph with the shipped model.

    Args:
        photo: PIL image, or uint8 array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.
        noise_level: standard deviation of the noise in grey levels (0 to 50), or ``"auto"`` to estimate it.

    Returns:
        The same kind of picture.

    Raises:
        ImageError: a picture that is not supported.
    """
    return load("denoise")(photo, noise_level)
