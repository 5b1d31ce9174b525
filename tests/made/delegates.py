"""Delegate libraries for tests, compiled from ``delegate.c``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

REFUSES, TAKES_NOTHING, COMPUTES, GIVES_ZEROS = range(4)
SOURCE = Path(__file__).with_name("delegate.c")


def compile_delegate(takes: int, folder: Path) -> Path:
    """A delegate library; the test is skipped where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler for a delegate library; on Debian: apt install gcc libc6-dev")
    library = folder / f"libdelegate{takes}.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", f"-DTAKES={takes}", "-o", library, SOURCE],
        check=True,
        capture_output=True,
    )
    return library
