"""What this machine can run models with: found by trying, each thing in a process of its own.

Native code that crashes takes its own process with it, not the doctor's. What is tried is what a person would type:
``litebrush verify``, which loads a shipped model and replays its golden result.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from litebrush import __version__
from litebrush.contract import Precision
from litebrush.errors import EngineError
from litebrush.interpreters import INTERPRETERS, VARIABLE, InterpreterPackage, choose_interpreter
from litebrush.machine import Machine, this_machine
from litebrush.zoo import MODELS

TIME_LIMIT_S = 180
ACCELERATORS = (("gpu", Precision.FLOAT16), ("npu", Precision.FLOAT16), ("edgetpu", Precision.INT8))
"""What is tried beside the CPU, and the precision that suits it."""


@dataclass(frozen=True)
class Trial:
    """Something that was tried.

    Attributes:
        command: what to type to see it again.
        works: it ended well.
        said: its last line, or how it ended.
        crashed: a signal ended it, and no error in words.
    """

    command: str
    works: bool
    said: str
    crashed: bool = False


@dataclass(frozen=True)
class InterpreterFinding:
    """An interpreter.

    Attributes:
        name: of its package.
        version: None where it is not installed.
        install: what to type to have it, and what it needs.
        trial: None where it is not installed.
    """

    name: str
    version: str | None
    install: str
    trial: Trial | None


@dataclass(frozen=True)
class Findings:
    """All that was found.

    Attributes:
        litebrush: version.
        machine: the machine.
        taken: the interpreter that litebrush takes; empty where it can take none.
        problem: why it can take none; empty where it can.
        interpreters: in the order of preference.
        accelerators: by name.
        models: by name, the shipped models in their preferred precision, on the interpreter that is taken.
    """

    litebrush: str
    machine: Machine
    taken: str
    problem: str
    interpreters: tuple[InterpreterFinding, ...]
    accelerators: dict[str, Trial]
    models: dict[str, Trial]

    @property
    def can_run_models(self) -> bool:
        """Whether an interpreter here reproduces what a shipped model promises."""
        return any(each.trial is not None and each.trial.works for each in self.interpreters)


def examine() -> Findings:
    """Try everything; takes some seconds, on a small board a minute."""
    taken, problem = "", ""
    try:
        taken = choose_interpreter().name
    except EngineError as reason:
        problem = str(reason)
    probe = MODELS[0].name
    return Findings(
        litebrush=__version__,
        machine=this_machine(),
        taken=taken,
        problem=problem,
        interpreters=tuple(_interpreter(package, probe) for package in INTERPRETERS),
        accelerators={
            name: attempt(["verify", probe, "--precision", precision.value, "--accelerator", name])
            for name, precision in ACCELERATORS
        },
        models={model.name: attempt(["verify", model.name, "--precision", model.preferred.value]) for model in MODELS},
    )


def attempt(
    arguments: Sequence[str], variables: Mapping[str, str] | None = None, limit_s: float = TIME_LIMIT_S
) -> Trial:
    """Run litebrush in a process of its own.

    Args:
        arguments: of the command line.
        variables: of the environment, added to this process's.
        limit_s: when to give up, in seconds.
    """
    variables = variables or {}
    command = " ".join([*(f"{name}={value}" for name, value in variables.items()), "litebrush", *arguments])
    try:
        done = subprocess.run(
            [sys.executable, "-m", "litebrush", *arguments],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Trial(command, False, f"gave no answer within {limit_s:g} seconds")
    except OSError as problem:
        return Trial(command, False, f"cannot be started: {problem.strerror or problem}")
    if done.returncode < 0:
        return Trial(command, False, f"crashed ({_signal_name(-done.returncode)})", crashed=True)
    lines = [line.strip() for line in (done.stdout or done.stderr).splitlines() if line.strip()]
    said = lines[-1].removeprefix("Error: ") if lines else f"ended with status {done.returncode}"
    return Trial(command, done.returncode == 0, said)


def _interpreter(package: InterpreterPackage, probe: str) -> InterpreterFinding:
    trial = None
    if package.version is not None:
        trial = attempt(["verify", probe, "--precision", Precision.INT8.value], {VARIABLE: package.name})
    return InterpreterFinding(package.name, package.version, f"{package.install} (needs {package.needs})", trial)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
