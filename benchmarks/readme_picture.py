"""The picture in the README: a photo that scikit-image ships, noisy and repaired by the shipped int8 model.

python benchmarks/readme_picture.py
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import skimage
from PIL import Image, ImageDraw, ImageFont

import litebrush
from litebrush.image import read_rgb
from litebrush.metrics import psnr_db
from litebrush.noise import add_gaussian_noise

NOISE_LEVEL = 25
CROP = (slice(20, 260), slice(40, 400))
ENLARGED = 2
GAP = 12
CAPTION = 40


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default="docs/images/denoise.jpg")
def main(out: Path) -> None:
    """Draw the picture."""
    truth = read_rgb(Path(skimage.__file__).parent / "data" / "chelsea.png")
    degraded = add_gaussian_noise(truth, NOISE_LEVEL, np.random.Generator(np.random.Philox(key=NOISE_LEVEL)))
    restored = litebrush.load("denoise", "int8")(degraded, NOISE_LEVEL)
    panels = [
        (degraded, f"noisy, {psnr_db(degraded, truth):.1f} dB"),
        (restored, f"repaired by denoise-int8.tflite, {psnr_db(restored, truth):.1f} dB"),
    ]
    height, width = truth[CROP].shape[0] * ENLARGED, truth[CROP].shape[1] * ENLARGED
    sheet = Image.new("RGB", (2 * width + GAP, height + CAPTION), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(24)
    for index, (pixels, caption) in enumerate(panels):
        left = index * (width + GAP)
        sheet.paste(Image.fromarray(pixels[CROP]).resize((width, height), Image.Resampling.NEAREST), (left, 0))
        draw.text((left + 4, height + 6), caption, fill="black", font=font)
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, quality=90, subsampling=0)


if __name__ == "__main__":
    main()
