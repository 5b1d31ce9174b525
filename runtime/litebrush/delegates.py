"""Delegates: libraries that take operators of a network from the interpreter.

A delegate library exports ``tflite_plugin_create_delegate`` and ``tflite_plugin_destroy_delegate``, as
tensorflow/lite/delegates/external/external_delegate_interface.h has it. What one says no to is told in words, and one
that takes no operator at all is refused: the CPU would do the work under its name.
"""

from __future__ import annotations

import ctypes
import os
from types import ModuleType
from typing import Any

from litebrush.accelerators import Candidate
from litebrush.errors import AcceleratorError

_ENTRY_POINTS = ("tflite_plugin_create_delegate", "tflite_plugin_destroy_delegate")
_TAKEN = "DELEGATE"  # how the interpreter calls an operator that stands for those which a delegate took


def open_delegate(candidate: Candidate, module: ModuleType) -> Any:
    """A delegate of a library.

    Args:
        candidate: with the library.
        module: the interpreter's, with ``load_delegate``.

    Raises:
        AcceleratorError: there is no such library, it is none of delegates, or the delegate refuses this machine.
    """
    library = candidate.library
    if os.sep in library and not os.path.exists(library):  # noqa: PTH110  # what has no separator, the loader looks up
        raise AcceleratorError(f"there is no delegate library '{library}'", candidate.remedy)
    try:
        loaded = ctypes.PyDLL(library)  # first here: the interpreter's package stumbles over a library it cannot load
    except OSError as problem:
        raise AcceleratorError(
            f"the delegate library '{library}' cannot be loaded ({problem})", candidate.remedy
        ) from None
    if missing := [name for name in _ENTRY_POINTS if not hasattr(loaded, name)]:
        raise AcceleratorError(f"'{library}' is no delegate library, it has no {missing[0]}", candidate.remedy)
    try:
        return module.load_delegate(library)
    except (ValueError, RuntimeError) as problem:
        raise AcceleratorError(
            f"the delegate '{library}' does not work on this machine ({_reason(problem)})", candidate.remedy
        ) from None


def require_taken_operators(interpreter: Any, candidate: Candidate) -> None:
    """Refuse a delegate that takes nothing of a network.

    Args:
        interpreter: that has applied the delegate, before it allocates tensors: then it adds a delegate of its own.
        candidate: with the delegate's library.

    Raises:
        AcceleratorError: it takes no operator.
    """
    if not any(operator["op_name"] == _TAKEN for operator in interpreter._get_ops_details()):
        raise AcceleratorError(
            f"the delegate '{candidate.library}' takes no operator of this model, all of it would run on the CPU",
            candidate.remedy,
        )


def _reason(problem: Exception) -> str:
    return str(problem).partition("\n")[2].strip() or "it gives no reason"  # the first line is the library's name
