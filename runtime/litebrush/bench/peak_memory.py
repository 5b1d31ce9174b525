"""The most memory that this process ever held."""

from __future__ import annotations

import sys
from pathlib import Path


def peak_memory_mb(status: Path = Path("/proc/self/status")) -> float | None:
    """Megabytes (10^6 bytes) of the process's high-water mark; None where the system does not tell.

    On Linux the kernel's own (VmHWM); elsewhere ``getrusage``, which a process inherits from the one that started it.
    """
    try:
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return _from_rusage()
    marks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return marks[0] * 1024 / 1e6 if marks else None


def _from_rusage() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6
