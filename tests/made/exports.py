"""Exports that take less time: conversions need not import TensorFlow each anew, and nothing is timed for long."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from litebrush.cli import main
from litebrush_export import apart, mixed, pipeline
from made.processes import SERVER, divert_output

_PYTHON = sys.executable
_IMPORT_TENSORFLOW = ("litebrush_export.adoption", "litebrush_export.conversion", "litebrush_export.plain")


@contextmanager
def quick_exports() -> Iterator[None]:
    """Let work apart that needs TensorFlow begin with it, and let a few runs of a network do for its times.

    Commands in processes of their own do not notice: they start their conversions as a user's do.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apart, "subprocess", _WarmSubprocess)
        patch.setattr(pipeline, "_LEAST_SECONDS", 0)
        patch.setattr(mixed, "_LEAST_SECONDS", 0)
        yield


def run_litebrush(*arguments: object) -> Result:
    """The command line in this process, so that its exports are quick too."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="litebrush")


class _WarmSubprocess:
    """What :mod:`litebrush_export.apart` takes from :mod:`subprocess`."""

    TimeoutExpired = subprocess.TimeoutExpired

    @staticmethod
    def run(command: list[str], env: dict[str, str], **options: Any) -> subprocess.CompletedProcess[str]:
        python, _, module, *arguments = command
        if python != _PYTHON or module not in _IMPORT_TENSORFLOW:
            return subprocess.run(command, env=env, **options)
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            process = SERVER.Process(target=_run_module, args=(module, arguments, env, log))
            process.start()
            process.join()
            return subprocess.CompletedProcess(command, process.exitcode, "", log.read_text(errors="replace"))


def _run_module(module: str, arguments: list[str], environment: dict[str, str], log: Path) -> None:
    divert_output(log)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")
