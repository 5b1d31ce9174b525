"""Python's warnings, held back while a library says what is no user's to mend.

Pillow warns of large pictures and of odd metadata, which are handled; TensorFlow of its own interpreter.
:func:`warnings.catch_warnings` alone is not for threads: of two that overlap, the one that ends last puts back what the
other had set, and warnings stay off for good.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_lock = threading.Lock()
_inside = 0
_filters = ExitStack()


@contextmanager
def without_warnings() -> Iterator[None]:
    """Warnings are ignored, of all threads, until the last that is in here has left."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside
    with _lock:
        if _inside == 0:
            _filters.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        _inside += 1


def _leave() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if _inside == 0:
            _filters.close()
