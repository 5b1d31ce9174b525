"""Work that may crash, hang or eat memory, in processes of its own; each piece's end is written down.

A module of work ends in ``judge_seeds(judge)``, where ``judge(seed)`` says in a word what became of a seed.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_SECONDS_FOR_ONE = 20
_PAGE = os.sysconf("SC_PAGE_SIZE")


def judged(module: str, seeds: range, *arguments: str, megabytes: int) -> dict[int, str]:
    """What became of each seed, or what it did to the process, such as ``killed by SIGSEGV``.

    Args:
        module: of the work, as in ``python -m``.
        seeds: what it is called with. After one that kills the process a new process goes on.
        arguments: what more it is told.
        megabytes: memory that it may take above what it has when it begins. What needs more gets a MemoryError.
    """
    found: dict[int, str] = {}
    begin = seeds.start
    while begin < seeds.stop:
        command = [sys.executable, "-m", module, str(begin), str(seeds.stop), str(megabytes), *arguments]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment)
        ended = dict(line.split(" ", 1) for line in done.stdout.splitlines())
        found.update((int(seed), end) for seed, end in ended.items())
        if done.returncode == 0:
            break
        assert done.returncode < 0, done.stderr  # the work could not even begin
        begin = begin + len(ended)
        name = signal.Signals(-done.returncode).name
        found[begin] = "did not end" if name == "SIGALRM" else f"killed by {name}"
        begin += 1
    assert sorted(found) == list(seeds)
    return found


def arguments() -> list[str]:
    """What :func:`judged` was given as arguments."""
    return sys.argv[4:]


def judge_seeds(judge: Callable[[int], str]) -> None:
    """Judge the seeds on the command line, one line of standard output each."""
    begin, end, megabytes = map(int, sys.argv[1:4])
    _limit_memory(megabytes)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for seed in range(begin, end):
        signal.alarm(_SECONDS_FOR_ONE)
        print(seed, _end_of(judge, seed), flush=True)


def _end_of(judge: Callable[[int], str], seed: int) -> str:
    try:
        return judge(seed)
    except BaseException as problem:  # what is meant to be raised, the judge has caught
        return " ".join(f"{type(problem).__name__} escaped: {problem}".split())


def _limit_memory(megabytes: int) -> None:
    now = int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
    resource.setrlimit(resource.RLIMIT_AS, (now + megabytes * 1_000_000,) * 2)
