from __future__ import annotations

import numpy as np
import pytest
from made.memory import peak_megabytes, resident_growth_megabytes
from PIL import Image

from litebrush.interpreters import load_interpreter

REPAIR = """
pixels = numpy.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=numpy.uint8)
photo = Image.fromarray(pixels)
del pixels
restored = litebrush.load("denoise", precision="{precision}")(photo, noise_level=25)
assert restored.size == photo.size
"""

LOADS_AND_CLOSES = """
photo = numpy.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=numpy.uint8)

def load_call_and_close(index):
    restorer = litebrush.load("denoise", precision=("int8", "float32")[index % 2])
    if index % 3 == 0:
        with restorer:
            restorer(photo, noise_level=25)
    else:
        restorer(photo, noise_level=25)
    if index % 3 == 1:
        restorer.close()

for index in range(100):
    load_call_and_close(index)
gc.collect()
before = resident_kilobytes()
for index in range(1000):
    load_call_and_close(index)
gc.collect()
"""


def test_the_meter_sees_memory_that_is_used():
    assert peak_megabytes("numpy.ones(50_000_000, numpy.uint8).sum()") == pytest.approx(50, rel=0.1)


@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_twelve_megapixels_stay_under_300_megabytes(precision):
    assert peak_megabytes(REPAIR.format(precision=precision)) < 300


def test_the_command_keeps_twelve_megapixels_under_300_megabytes(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png", compress_level=0)
    command = ["repair", str(tmp_path / "in.png"), "-o", str(tmp_path / "out.tif")]
    work = f"import litebrush.cli; litebrush.cli.main({command!r}, standalone_mode=False)"
    assert peak_megabytes(f"import io; sys.stdout, real = io.StringIO(), sys.stdout; {work}; sys.stdout = real") < 300


@pytest.mark.skipif(
    load_interpreter().name.startswith("ai-edge-litert 2.1."),
    reason="LiteRT 2.1 keeps some 26 KB of each network that it ever loaded, whoever uses it",
)
def test_a_thousand_models_that_were_closed_or_dropped_leave_nothing_behind():
    assert resident_growth_megabytes(LOADS_AND_CLOSES) < 20


def test_the_meter_sees_memory_that_is_not_given_back():
    kept = "before = resident_kilobytes(); kept = numpy.ones(30_000_000, numpy.uint8)"
    assert resident_growth_megabytes(kept) == pytest.approx(30, rel=0.1)
