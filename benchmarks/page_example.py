"""Makes the example photo of the generated page: Chelsea the cat (public domain, from scikit-image), noisy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from skimage.data import chelsea

from litebrush.noise import add_gaussian_noise

PAGE = Path(__file__).parent.parent / "export/litebrush_export/appkit/templates/web/public/example.jpg"
NOISE_LEVEL = 24
QUALITY = 90

if __name__ == "__main__":
    noisy = add_gaussian_noise(chelsea(), NOISE_LEVEL, np.random.default_rng(1))
    Image.fromarray(noisy).save(PAGE, quality=QUALITY, subsampling=0)
