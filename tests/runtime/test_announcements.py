from __future__ import annotations

import os

import pytest

from litebrush.announcements import without_announcements


def test_announcements_are_dropped_and_everything_else_passes(capfd):
    with without_announcements():
        os.write(2, b"INFO: Created something for CPU.\nERROR: it did not work\n")
    os.write(2, b"INFO: after\n")
    assert capfd.readouterr().err == "ERROR: it did not work\nINFO: after\n"


def test_what_was_written_before_an_error_is_not_lost(capfd):
    def fail() -> None:
        with without_announcements():
            os.write(2, b"a reason\n")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fail()
    assert capfd.readouterr().err == "a reason\n"


def test_what_a_gpu_announces_on_both_streams_is_dropped_and_its_name_is_kept(capfd):
    with without_announcements() as announced:
        os.write(1, b"INFO: Failed to load OpenCL library. Trying ICD loader.\na result\n")
        os.write(2, b"WARNING: [npu_registry.cc:34] NPU accelerator could not be loaded\n")
        os.write(2, b"I0000 00:00:17.3 53 environment.cc:532] Selected adapter: Some GPU, arch=a, vendor=v, ")
        os.write(2, b"backend=Vulkan, adapterType=Discrete GPU\nWHILE: Operation is not supported.\n")
    assert capfd.readouterr() == ("a result\n", "WHILE: Operation is not supported.\n")
    assert announced.adapter == "Some GPU, Discrete GPU"


def test_without_a_gpu_none_is_named():
    with without_announcements() as announced:
        os.write(2, b"INFO: Created something for CPU.\n")
    assert announced.adapter is None
