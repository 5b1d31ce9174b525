"""Work in a process of its own, because it runs C++ that can abort: the tool lives and says what happened.

The process is ``python -m MODULE ARGUMENT...``; its end is :func:`run_apart`, its beginning :func:`answer`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

from litebrush.errors import ContractError, ConversionError, LitebrushError, MissingExtraError

_REPORTED_LINES = 3
_REFUSED = 3
_PASSED_ON = {kind.__name__: kind for kind in (ContractError, ConversionError, MissingExtraError)}


def run_apart(what: str, module: str, *arguments: str, timeout_s: float | None = None) -> None:
    """Run a module in a process of its own and wait for it.

    Args:
        what: what it does, in words, for the message.
        module: its full name; it must call :func:`answer`.
        arguments: its command line.
        timeout_s: how long it may take; None for as long as it wants.

    Raises:
        ConversionError: the process died, failed or took too long.
        LitebrushError: what the process raised on purpose.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-m", module, *arguments]
    try:
        finished = subprocess.run(
            command, capture_output=True, text=True, env=environment, check=False, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        raise ConversionError(f"{what} did not end within {timeout_s:g} seconds") from None
    if finished.returncode == _REFUSED:
        kind, _, message = finished.stderr.strip().splitlines()[-1].partition(": ")
        raise _PASSED_ON.get(kind, ConversionError)(message)
    if finished.returncode != 0:
        raise ConversionError(f"{what} failed: {_how_it_ended(finished.returncode, finished.stderr)}")


def _how_it_ended(status: int, stderr: str) -> str:
    last_lines = [line.strip() for line in stderr.splitlines() if line.strip()][-_REPORTED_LINES:]
    how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
    return f"the process {how}; its last words: {' | '.join(last_lines)}"


def answer(work: Callable[..., None]) -> None:
    """Do the work with the process's arguments; what litebrush raises on purpose becomes the last line."""
    try:
        work(*sys.argv[1:])
    except LitebrushError as problem:
        sys.exit(_last_line(problem))


def _last_line(problem: LitebrushError) -> int:
    print(f"\n{type(problem).__name__}: {' '.join(str(problem).split())}", file=sys.stderr, flush=True)
    return _REFUSED
