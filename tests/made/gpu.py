"""A GPU for machines without one: the software Vulkan driver that Debian's chromium carries."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

DRIVER = Path("/usr/lib/chromium/vk_swiftshader_icd.json")
REQUIRED = "LITEBRUSH_REQUIRE_GPU"
WITHOUT_DRIVER = {"VK_ICD_FILENAMES": "/nowhere/icd.json", "VK_DRIVER_FILES": "/nowhere/icd.json"}


def driver_environment(runtime_folder: Path) -> dict[str, str]:
    """What makes Vulkan take the software driver and no other."""
    return {
        "VK_ICD_FILENAMES": str(DRIVER),
        "VK_DRIVER_FILES": str(DRIVER),
        "XDG_RUNTIME_DIR": str(runtime_folder),
    }


def require_driver(driver: Path, environment: Mapping[str, str]) -> None:
    """Skip a test without the driver; fail it where the environment demands that it is run."""
    if driver.exists():
        return
    message = f"no software Vulkan driver at {driver}; on Debian: apt install chromium libvulkan1"
    if environment.get(REQUIRED):
        pytest.fail(message)
    pytest.skip(message)


def litebrush(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own: a driver may take the process with it."""
    return _run("-m", "litebrush", *map(str, arguments), **environment)


def python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own."""
    return _run("-c", program, **environment)


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={**os.environ, **environment},
    )
