"""Delegate libraries that a C compiler makes here: real ones, of which one computes and one errs."""

from __future__ import annotations

import numpy as np
import pytest
from made.delegates import COMPUTES, GIVES_ZEROS, REFUSES, TAKES_NOTHING, compile_delegate
from made.gpu import litebrush as litebrush_command
from made.pictures import photo_pixels

import litebrush
from litebrush.accelerators import accelerators_to_try
from litebrush.errors import AcceleratorError, EngineError, VerificationError
from litebrush.interpreter_engine import InterpreterEngine
from litebrush.loading import open_model


@pytest.mark.parametrize("prefix", ["", "delegate:"])
def test_a_delegate_that_computes_rightly_is_verified_and_named(prefix, tmp_path):
    library = compile_delegate(COMPUTES, tmp_path)
    model = litebrush.load("denoise", "float32", accelerator=f"{prefix}{library}")
    assert model.accelerator == f"delegate:{library}"
    pixels = photo_pixels(300, 280)
    assert np.array_equal(model(pixels, 25), litebrush.load("denoise", "float32")(pixels, 25))


def test_a_delegate_that_errs_is_an_error_and_not_a_picture(tmp_path):
    library = compile_delegate(GIVES_ZEROS, tmp_path)
    with pytest.raises(VerificationError, match=f"does not reproduce its golden result .*delegate:{library}"):
        litebrush.load("denoise", "float32", accelerator=str(library))


def test_a_delegate_that_takes_nothing_is_refused(tmp_path):
    with pytest.raises(AcceleratorError, match="takes no operator of this model, all of it would run on the CPU"):
        litebrush.verify("denoise", accelerator=str(compile_delegate(TAKES_NOTHING, tmp_path)))


def test_a_delegate_that_refuses_the_machine_says_why(tmp_path):
    with pytest.raises(AcceleratorError, match=r"not work on this machine \(no such device is plugged in\); run it on"):
        litebrush.verify("denoise", accelerator=str(compile_delegate(REFUSES, tmp_path)))


def test_a_library_that_is_none_of_delegates_is_refused():
    with pytest.raises(AcceleratorError, match=r"'libc\.so\.6' is no delegate library, it has no tflite_plugin_create"):
        litebrush.verify("denoise", accelerator="delegate:libc.so.6")


def test_a_library_that_is_not_there_or_not_one_is_refused(tmp_path):
    with pytest.raises(AcceleratorError, match=r"there is no delegate library '/nowhere/libx\.so'"):
        litebrush.verify("denoise", accelerator="/nowhere/libx.so")
    (tmp_path / "text.so").write_text("I am not a library")
    with pytest.raises(AcceleratorError, match=r"text.so' cannot be loaded"):
        litebrush.verify("denoise", accelerator=str(tmp_path / "text.so"))


def test_a_delegate_runs_the_shapes_of_the_file_only(tmp_path):
    (candidate,) = accelerators_to_try(str(compile_delegate(COMPUTES, tmp_path)))
    engine = InterpreterEngine(open_model("denoise", "float32").flatbuffer, "restore", 1, candidate)
    engine.resize({name: info.shape for name, info in engine.inputs.items()})
    with pytest.raises(EngineError, match="shapes of the file only"):
        engine.resize({"image": (1, 64, 64, 3)})


def test_the_command_line_takes_a_library_and_says_so(tmp_path):
    library = compile_delegate(COMPUTES, tmp_path)
    done = litebrush_command("verify", "denoise", "--precision", "float32", "--accelerator", library)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"on delegate:{library}\n")
