"""``make FILE`` makes a noisy photo; ``compare FILE FILE`` demands equal pixels."""

import sys

import numpy as np
from PIL import Image

task, *files = sys.argv[1:]
if task == "make":
    rows, columns = np.mgrid[0:150, 0:210]
    waves = np.stack([127 + 100 * np.sin(rows / 17 + c) * np.cos(columns / (11 + 3 * c)) for c in range(3)], axis=-1)
    noise = np.random.Generator(np.random.Philox(key=1)).normal(0, 20, waves.shape)
    Image.fromarray((waves + noise).clip(0, 255).astype(np.uint8)).save(files[0])
else:
    first, second = (np.asarray(Image.open(file).convert("RGB")).astype(int) for file in files)
    difference = np.abs(first - second)
    print(
        f"{files[1]}: {np.mean(difference > 0):.1%} of the values differ, by {difference.max()} levels at most, {np.sqrt(np.mean(difference**2.0)):.2f} in the mean square"
    )
