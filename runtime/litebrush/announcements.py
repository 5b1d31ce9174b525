"""Keeping LiteRT's announcements off a person's terminal.

LiteRT writes ``INFO: Created TensorFlow Lite XNNPACK delegate for CPU.`` straight to file descriptor 2, its GPU
accelerator a page more and a line of it to descriptor 1, and there is no switch for it. The command line drops such
lines; a library call never touches standard output and standard error. One of them says what cannot be asked
otherwise: which GPU it is.
"""

from __future__ import annotations

import atexit
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TextIO

_ANNOUNCEMENT = re.compile(
    rb"INFO: |WARNING: \[|WARNING: Logging before|[IW]\d{4} |\xe2\x94\x94 Could not load|\s*$"
    rb"|Warning: vk|    at CheckVk|ERROR: \[delegate_webgpu|E\d{4} .*delegate_webgpu|=== Source Location|third_party/"
)
_ADAPTER = re.compile(rb"Selected adapter: (.+?), arch=.*adapterType=(.+)")


@dataclass
class Announced:
    """What was announced.

    Attributes:
        adapter: the GPU and its kind, such as ``SwiftShader Device (Subzero), CPU / Software``; None where none was
            named. Known when :func:`without_announcements` has ended.
    """

    adapter: str | None = None


@contextmanager
def without_announcements() -> Iterator[Announced]:
    """Hold back what is written to standard output and error meanwhile; at the end, all but announcements passes."""
    announced = Announced()
    with ExitStack() as streams:
        for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
            if stream is not None:  # a closed one
                streams.enter_context(_without_announcements(stream, descriptor, announced))
        yield announced


@contextmanager
def _without_announcements(stream: TextIO, descriptor: int, announced: Announced) -> Iterator[None]:
    stream.flush()
    real = os.dup(descriptor)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), descriptor)
        try:
            yield
        finally:
            stream.flush()
            os.dup2(real, descriptor)
            os.close(real)
            held_back.seek(0)
            for line in held_back:
                if adapter := _ADAPTER.search(line):
                    announced.adapter = b", ".join(adapter.groups()).strip().decode("utf-8", "replace")
                if not _ANNOUNCEMENT.match(line):
                    os.write(descriptor, line)


def drop_farewell() -> None:
    """Drop what LiteRT's GPU accelerator says when the process ends, after the last line of Python."""
    atexit.register(_to_nowhere, 2)


def _to_nowhere(descriptor: int) -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
