"""Work in a process of its own, because it runs C++ that can abort: the caller lives and says what happened."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from litebrush.errors import ModelFileError

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def call_apart(
    what: str, work: Callable[_Arguments, _Result], *arguments: _Arguments.args, **options: _Arguments.kwargs
) -> _Result:
    """Call a function in a new Python, and wait for it.

    A script that does so begins under ``if __name__ == "__main__":``, for the new Python imports it.

    Args:
        what: what it does, in words, for the message.
        work: a function of a module; what it takes, returns and raises must be picklable.
        arguments, options: its arguments.

    Raises:
        ModelFileError: the process died.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        try:
            return processes.submit(work, *arguments, **options).result()
        except BrokenProcessPool:
            raise ModelFileError(
                f"{what} killed the process that did it: the interpreter cannot take this network; do not load the "
                "file, export or copy it again"
            ) from None
