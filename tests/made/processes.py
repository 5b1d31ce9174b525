"""``litebrush`` in processes of its own that need not import TensorFlow each anew."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

TIMEOUT_S = 240

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["litebrush_train.run", "litebrush_train.families.denoise"])


@dataclass(frozen=True)
class Running:
    """A started command.

    Attributes:
        process: that runs it.
        log: what it writes to standard output and standard error.
    """

    process: BaseProcess
    log: Path

    def wait(self) -> int:
        """Its exit status; minus the signal's number where one killed it."""
        self.process.join(TIMEOUT_S)
        assert self.process.exitcode is not None, self.said
        return self.process.exitcode

    def kill(self) -> None:
        """As a lost machine would: at once and without a word."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()

    @property
    def said(self) -> str:
        """What is in the log."""
        return self.log.read_text(errors="replace")

    @property
    def error(self) -> str:
        """The one line that tells the user what is wrong."""
        return "".join(line for line in self.said.splitlines() if line.startswith("Error: "))


def start(arguments: list[str], log: Path, devices: int = 1, **environment: str) -> Running:
    """Start ``litebrush`` with arguments, on one thread, with so many logical devices."""
    process = SERVER.Process(target=_run, args=(arguments, log, devices, environment), daemon=True)
    process.start()
    return Running(process, log)


def start_workers(count: int, arguments: list[str], log_folder: Path) -> list[Running]:
    """The same command as so many workers that share each batch; the first is the chief."""
    log_folder.mkdir(parents=True, exist_ok=True)
    addresses = [f"localhost:{port}" for port in _free_ports(count)]
    configs = [{"cluster": {"worker": addresses}, "task": {"type": "worker", "index": n}} for n in range(count)]
    return [
        start([*arguments, "--strategy", "multiworker"], log_folder / f"{n}.log", TF_CONFIG=json.dumps(config))
        for n, config in enumerate(configs)
    ]


def wait_for_lines(running: Running, csv: Path, count: int) -> None:
    """Until a phase of a run has written so many lines, its header included."""
    deadline = time.monotonic() + TIMEOUT_S
    while not csv.exists() or len(csv.read_text().splitlines()) < count:
        assert running.process.is_alive(), running.said
        assert time.monotonic() < deadline, running.said
        time.sleep(0.005)


def divert_output(log: Path) -> None:
    """Let all that this process writes to standard output and standard error go to a file."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("localhost", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _run(arguments: list[str], log: Path, devices: int, environment: dict[str, str]) -> None:
    divert_output(log)
    os.environ.update({"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", **environment})
    import tensorflow as tf

    from litebrush.cli import main

    if devices > 1:
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
    sys.argv = ["litebrush", *arguments]
    main()
