"""TensorFlow's start, without what it says to those who build it."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2


def start_tensorflow() -> None:
    """Import it and let it look for its devices, so that what it finds missing is not what a user reads first.

    What it writes is held back, unless it fails: then all of it comes before the exception.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with stderr_held_back():
        tensorflow = importlib.import_module("tensorflow")
        tensorflow.config.list_physical_devices()


@contextmanager
def stderr_held_back() -> Iterator[None]:
    """Standard error of the process, native code's included."""
    with tempfile.TemporaryFile() as held:
        shown = os.dup(_STDERR)
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(shown, held.read())
            raise
        finally:
            os.dup2(shown, _STDERR)
            os.close(shown)
