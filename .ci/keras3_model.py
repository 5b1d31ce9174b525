"""Run in an environment without litebrush: make a small network with Keras 3, export it, and keep what it computes.

python keras3_model.py make FOLDER       writes model/ (a SavedModel), pictures/ and expected.npy
python keras3_model.py compare FOLDER    holds repaired.png against expected.npy
"""

import sys
from pathlib import Path

import keras
import numpy as np
from PIL import Image

SIDE = 96
LEAST_PSNR_DB = 30.0
NEEDED_BY_A_FAILURE = 20.0  # what the input itself reaches; a network that does nothing must not pass


def make(folder: Path) -> None:
    """A residual network with what is hard to convert: strides, batch normalization, LeakyReLU, nearest upsampling."""
    keras.utils.set_random_seed(1)
    photo = keras.Input((SIDE, SIDE, 3), name="photo")
    x = keras.layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(photo)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.LeakyReLU(0.1)(x)
    x = keras.layers.UpSampling2D(2, interpolation="nearest")(x)
    x = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer=keras.initializers.RandomNormal(0, 0.05))(x)
    model = keras.Model(photo, keras.layers.Add(name="repaired")([photo, x]))
    pictures = np.stack([picture(seed) for seed in range(8)])
    model.compile("adam", "mae")
    model.fit(pictures / 255, 1 - pictures / 255, epochs=30, verbose=0)  # away from doing nothing
    model.export(folder / "model", verbose=False)
    (folder / "pictures").mkdir()
    for number, each in enumerate(pictures):
        Image.fromarray(each).save(folder / "pictures" / f"{number}.png")
    np.save(folder / "expected.npy", model.predict(pictures[:1] / 255, verbose=0)[0])
    print(f"made with Keras {keras.__version__} in {sys.prefix}")


def picture(seed: int) -> np.ndarray:
    """Smooth waves with some noise, (SIDE, SIDE, 3) uint8."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    waves = np.stack([np.sin(rows / (9 + seed)) + np.cos(columns / (13 - channel)) for channel in range(3)], axis=2)
    return np.clip(128 + 50 * waves + random.normal(0, 10, waves.shape), 0, 255).astype(np.uint8)


def compare(folder: Path) -> None:
    """End with status 1 where the int8 file repairs otherwise than Keras does."""
    expected = np.rint(np.clip(np.load(folder / "expected.npy"), 0, 1) * 255)
    repaired, given = (np.asarray(Image.open(folder / name), float) for name in ("repaired.png", "pictures/0.png"))
    nearness, of_input = (10 * np.log10(255**2 / np.mean(np.square(each - expected))) for each in (repaired, given))
    print(f"int8 on the device against Keras: {nearness:.1f} dB (the untouched input: {of_input:.1f} dB)")
    sys.exit(not (nearness >= LEAST_PSNR_DB and of_input < NEEDED_BY_A_FAILURE))


if __name__ == "__main__":
    {"make": make, "compare": compare}[sys.argv[1]](Path(sys.argv[2]))
