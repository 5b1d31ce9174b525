"""Keeping the interpreter's announcements off a person's terminal.

LiteRT writes ``INFO: Created TensorFlow Lite XNNPACK delegate for CPU.`` straight to file descriptor 2 and has no
switch for it. The command line drops such lines; a library call never touches standard error.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_ANNOUNCEMENT = b"INFO: "


@contextmanager
def without_announcements() -> Iterator[None]:
    """Hold back what is written to standard error meanwhile; at the end, all but announcements passes."""
    sys.stderr.flush()
    real_stderr = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(real_stderr, 2)
            os.close(real_stderr)
            held_back.seek(0)
            for line in held_back:
                if not line.startswith(_ANNOUNCEMENT):
                    os.write(2, line)
