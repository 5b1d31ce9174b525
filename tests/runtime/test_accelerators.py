from __future__ import annotations

import pytest

import litebrush
from litebrush.accelerators import (
    HALF_PRECISION_TOLERANCE,
    OTHER_ROUNDING_TOLERANCE,
    accelerators_to_try,
    keeps_promise,
    replay_tolerance,
)
from litebrush.contract import Golden, Precision
from litebrush.errors import AcceleratorError, EngineError


def names_to_try(asked: str) -> list[str]:
    return [candidate.name for candidate in accelerators_to_try(asked)]


def test_auto_prefers_accelerators_and_all_else_is_taken_at_its_word():
    assert names_to_try("auto") == ["gpu", "npu", "cpu"]
    for name in ("cpu", "gpu", "npu", "edgetpu"):
        assert names_to_try(name) == [name]


@pytest.mark.parametrize("asked", ["/opt/libx.so", "libx.so", "./x", "delegate:/opt/libx.so", "delegate:x"])
def test_a_library_is_a_delegate_by_a_name_that_can_be_asked_again(asked):
    (name,) = names_to_try(asked)
    assert name == f"delegate:{asked.removeprefix('delegate:')}"
    assert names_to_try(name) == [name]


REFUSED = {
    "nnapi": ("float16", "a part of Android 8.1 to 14", "run it here on cpu or gpu"),
    "npu": ("float16", "LiteRT finds no NPU here|no LiteRT that can compile for a NPU", "cpu or gpu|--upgrade"),
    "edgetpu": ("int8", r"libedgetpu\.so\.1' cannot be loaded", "on Debian: libedgetpu1-std .*or run it on the cpu"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_this_machine_has_not_is_refused_with_why_and_what_would_work(name):
    precision, why, remedy = REFUSED[name]
    with pytest.raises(AcceleratorError, match=f"({why}).*; .*({remedy})"):
        litebrush.load("denoise", precision, accelerator=name)


@pytest.mark.parametrize("name", ["tpu", "delegate:", ""])
def test_an_unknown_accelerator_is_refused_by_name(name):
    with pytest.raises(EngineError, match=f"no accelerator is called '{name}'; there is cpu, gpu"):
        litebrush.verify("denoise", accelerator=name)


def test_int8_is_refused_on_an_npu_with_what_would_work():
    with pytest.raises(
        AcceleratorError, match=r"tells no scales.*float16 or float32 on the npu, or run int8 on the cpu"
    ):
        litebrush.load("denoise", "int8", accelerator="npu")


@pytest.mark.parametrize("call", [litebrush.load, litebrush.verify])
def test_int8_is_refused_on_a_gpu_with_what_would_work(call):
    with pytest.raises(AcceleratorError, match="ask for precision float16 or float32 on the gpu, or run int8 on the"):
        call("denoise", "int8", accelerator="gpu")


def test_auto_runs_int8_on_the_cpu():
    assert litebrush.load("denoise", "int8", accelerator="auto").accelerator == "cpu"


def test_only_float16_on_a_gpu_may_be_further_off_than_promised():
    golden = Golden(1e-4)
    for precision in Precision:
        assert replay_tolerance(golden, precision, "cpu") == 1e-4
        expected = HALF_PRECISION_TOLERANCE if precision is Precision.FLOAT16 else 1e-4
        assert replay_tolerance(golden, precision, "gpu") == expected
    assert replay_tolerance(Golden(0.1), Precision.FLOAT16, "gpu") == 0.1


def test_equal_bits_are_not_demanded_of_an_interpreter_that_rounds_otherwise():
    bits = Golden(0, {"restore/restored": "0" * 64})
    assert replay_tolerance(bits, Precision.INT8, "cpu", exact=False) == OTHER_ROUNDING_TOLERANCE
    assert replay_tolerance(bits, Precision.INT8, "cpu") == 0
    assert replay_tolerance(Golden(1e-4), Precision.FLOAT32, "cpu", exact=False) == 1e-4


def test_every_precision_keeps_its_promise_but_whole_numbers_on_a_gpu():
    assert [each for each in Precision if not keeps_promise(each, "gpu")] == [
        Precision.INT8,
        Precision.INT16X8,
        Precision.MIXED,
    ]
    assert all(keeps_promise(each, "cpu") for each in Precision)
