"""What ``.ci/pi`` compares.

make FILE                   a noisy photo
generator FILE              a small generator
compare FILE FILE LEVELS    fails where pixels differ by more levels
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

task, first, *more = sys.argv[1:]
if task == "make":
    rows, columns = np.mgrid[0:150, 0:210]
    waves = np.stack([127 + 100 * np.sin(rows / 17 + c) * np.cos(columns / (11 + 3 * c)) for c in range(3)], axis=-1)
    noise = np.random.Generator(np.random.Philox(key=1)).normal(0, 20, waves.shape)
    Image.fromarray((waves + noise).clip(0, 255).astype(np.uint8)).save(first)
elif task == "generator":
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from made.generator_file import write_generator

    write_generator(Path(first))
else:
    second, allowed = more
    here, there = (np.asarray(Image.open(file).convert("RGB")).astype(int) for file in (first, second))
    difference = np.abs(here - there)
    print(f"{np.mean(difference > 0):.1%} of the values differ from this machine's, by {difference.max()} at most")
    sys.exit(f"only {allowed} is allowed" if difference.max() > int(allowed) else None)
