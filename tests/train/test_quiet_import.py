from __future__ import annotations

import subprocess
import sys


def standard_error_of(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr


def test_tensorflow_starts_without_a_word():
    program = "from litebrush_train.quiet_import import start_tensorflow; start_tensorflow()\n"
    program += "import tensorflow; tensorflow.zeros(1)"
    assert standard_error_of(program) == ""


def test_what_wasstderr_held_back_is_shown_before_what_failed():
    program = "import os; from litebrush_train.quiet_import import stderr_held_back\n"
    program += "with stderr_held_back():\n    os.write(2, b'native words, ')\n    raise SystemExit('the end')"
    assert standard_error_of(program) == "native words, the end\n"


def test_what_is_written_afterwards_is_shown():
    program = "import os; from litebrush_train.quiet_import import stderr_held_back\n"
    program += "with stderr_held_back():\n    os.write(2, b'before')\nos.write(2, b'after')"
    assert standard_error_of(program) == "after"
