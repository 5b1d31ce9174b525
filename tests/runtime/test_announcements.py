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
