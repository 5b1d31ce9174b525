from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import numpy, sys
from PIL import Image
import litebrush
from ai_edge_litert.interpreter import Interpreter

def peak_kilobytes():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

imported = peak_kilobytes()
{work}
print((peak_kilobytes() - imported) / 1000)
"""


def peak_megabytes(work: str) -> float:
    """Peak memory of some statements above the imported interpreter, in a process of their own.

    The kernel's high-water mark of the process (VmHWM): ru_maxrss would begin at that of this process.
    """
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(work=work)], capture_output=True, text=True, check=True)
    return float(done.stdout)
