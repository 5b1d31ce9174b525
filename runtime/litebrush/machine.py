"""What machine this is, as far as it matters to a network.

Standard library only: the doctor needs it where little works.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_DOT_PRODUCT_FLAGS = frozenset({"avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm"})
_ARM_CORES = {
    "0xd03": "Cortex-A53",
    "0xd04": "Cortex-A35",
    "0xd05": "Cortex-A55",
    "0xd07": "Cortex-A57",
    "0xd08": "Cortex-A72",
    "0xd09": "Cortex-A73",
    "0xd0b": "Cortex-A76",
    "0xd0c": "Neoverse-N1",
    "0xd41": "Cortex-A78",
    "0xd42": "Cortex-A78AE",
}
"""Arm's own cores by the part number of /proc/cpuinfo (Arm, Main ID Register of each core's reference manual)."""

CPU_INFO = Path("/proc/cpuinfo")
BOARD_MODEL = Path("/proc/device-tree/model")


@dataclass(frozen=True)
class Machine:
    """A machine.

    Attributes:
        board: such as ``Raspberry Pi 4 Model B Rev 1.4``; empty where the kernel does not tell.
        cpu: its model; empty where the kernel does not tell.
        architecture: such as ``aarch64``.
        cores: that this process may use.
        int8_dot_product: see :func:`has_int8_dot_product`.
        memory_bytes: in all; 0 where the system does not tell.
        system: kernel and distribution.
        python: version.
        packages: versions of numpy and pillow; empty where one is not installed.
    """

    board: str
    cpu: str
    architecture: str
    cores: int
    int8_dot_product: bool | None
    memory_bytes: int
    system: str
    python: str
    packages: dict[str, str]


def this_machine() -> Machine:
    """The machine at hand."""
    return Machine(
        board=board_model(),
        cpu=cpu_model(),
        architecture=platform.machine(),
        cores=usable_cores(),
        int8_dot_product=has_int8_dot_product(),
        memory_bytes=_memory_bytes(),
        system=_system(),
        python=platform.python_version(),
        packages={name: _version(name) for name in ("numpy", "pillow")},
    )


def usable_cores() -> int:
    """Cores of the CPU that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def board_model(path: Path = BOARD_MODEL) -> str:
    """The name of a single-board computer; empty elsewhere."""
    return _read(path).strip("\0\n ")


def cpu_model(cpu_info: Path = CPU_INFO) -> str:
    """The CPU's model. An Arm kernel on 64 bits gives a part number only, which is looked up."""
    rows = _rows(cpu_info)
    if "CPU part" in rows:
        part = rows["CPU part"]
        return _ARM_CORES.get(part, f"Arm part {part}") if rows.get("CPU implementer") == "0x41" else f"part {part}"
    return rows.get("model name", "")


def has_int8_dot_product(cpu_info: Path = CPU_INFO) -> bool | None:
    """Whether this CPU multiplies and adds 8-bit integers in one instruction; None where it does not tell.

    AVX-VNNI and AVX512-VNNI on x86-64, dotprod and i8mm on Arm. Without them an 8-bit convolution
    takes about as many instructions as a float one, and int8 saves memory but little time.
    """
    rows = _rows(cpu_info)
    flags = {flag for label in ("flags", "Features") for flag in rows.get(label, "").split()}
    return bool(flags & _DOT_PRODUCT_FLAGS) if flags else None


def _rows(cpu_info: Path) -> dict[str, str]:
    rows = (line.partition(":") for line in _read(cpu_info).splitlines())
    return {label.strip(): value.strip() for label, _, value in rows}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def _system() -> str:
    kernel = f"{platform.system()} {platform.release()}"
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {kernel}"
    except (OSError, KeyError):
        return kernel


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
