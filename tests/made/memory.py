from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc, numpy, sys
from PIL import Image
import litebrush
from ai_edge_litert.interpreter import Interpreter

def kilobytes(what):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what))

def resident_kilobytes():
    return kilobytes("VmRSS")

before = kilobytes("VmHWM")
{work}
print((kilobytes("{what}") - before) / 1000)
"""


def peak_megabytes(work: str) -> float:
    """Peak memory of some statements above the imported interpreter, in a process of their own.

    The kernel's high-water mark of the process (VmHWM): ru_maxrss would begin at that of this process.
    """
    return _measured(work, "VmHWM")


def resident_growth_megabytes(work: str) -> float:
    """Memory that some statements leave behind, in a process of their own.

    They set ``before = resident_kilobytes()`` when what is needed once is there.
    """
    return _measured(work, "VmRSS")


def _measured(work: str, what: str) -> float:
    program = PROGRAM.format(work=work, what=what)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)
