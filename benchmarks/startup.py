"""How long litebrush takes to start: the import, and a whole repair by the command line, in processes of their own.

python benchmarks/startup.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

RUNS = 9


def median_seconds(*command: str) -> float:
    """Median wall-clock time of a process."""
    durations = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        durations.append(time.perf_counter() - began)
    return float(np.median(durations))


def main() -> None:
    """Print the medians; the bare interpreter's own start is subtracted from the imports."""
    bare = median_seconds("-c", "pass")
    for statement in ("import numpy", "import litebrush"):
        print(f"{statement:<44}{median_seconds('-c', statement) - bare:.3f} s")
    with tempfile.TemporaryDirectory() as folder:
        photo, out = Path(folder, "in.png"), Path(folder, "out.png")
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)).save(photo)
        seconds = median_seconds("-m", "litebrush", "repair", str(photo), "-o", str(out))
    print(f"{'litebrush repair, 640x480, start included':<44}{seconds:.3f} s")


if __name__ == "__main__":
    main()
