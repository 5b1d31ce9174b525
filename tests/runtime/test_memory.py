from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import resource, numpy
from PIL import Image
import litebrush
from ai_edge_litert.interpreter import Interpreter

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

imported = peak_mb()
pixels = numpy.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=numpy.uint8)
photo = Image.fromarray(pixels)
del pixels
restored = litebrush.load("denoise", precision="PRECISION")(photo, noise_level=25)
assert restored.size == photo.size
print(peak_mb() - imported)
"""


def peak_megabytes(precision: str) -> float:
    program = PROGRAM.replace("PRECISION", precision)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_twelve_megapixels_stay_under_300_megabytes_in_int8():
    assert peak_megabytes("int8") < 300


def test_twelve_megapixels_stay_under_300_megabytes_in_float32():
    assert peak_megabytes("float32") < 300
