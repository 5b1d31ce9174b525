from __future__ import annotations

import pytest

import litebrush
from litebrush.accelerators import (
    HALF_PRECISION_TOLERANCE,
    Accelerator,
    accelerators_to_try,
    keeps_promise,
    replay_tolerance,
)
from litebrush.contract import Golden, Precision
from litebrush.errors import AcceleratorError, EngineError


def test_auto_prefers_the_gpu_and_all_else_is_taken_at_its_word():
    assert accelerators_to_try("auto") == (Accelerator.GPU, Accelerator.CPU)
    assert accelerators_to_try("gpu") == (Accelerator.GPU,)
    assert accelerators_to_try("cpu") == (Accelerator.CPU,)


@pytest.mark.parametrize("name", ["nnapi", "npu", "edgetpu"])
def test_what_litebrush_cannot_reach_is_refused_with_what_would_work(name):
    with pytest.raises(AcceleratorError, match="export with --target") as raised:
        litebrush.load("denoise", accelerator=name)
    assert "run it here on cpu or gpu" in str(raised.value)


def test_an_unknown_accelerator_is_refused_by_name():
    with pytest.raises(EngineError, match="no accelerator is called 'tpu'; there is cpu, gpu"):
        litebrush.verify("denoise", accelerator="tpu")


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


def test_every_precision_keeps_its_promise_but_whole_numbers_on_a_gpu():
    assert [each for each in Precision if not keeps_promise(each, "gpu")] == [
        Precision.INT8,
        Precision.INT16X8,
        Precision.MIXED,
    ]
    assert all(keeps_promise(each, "cpu") for each in Precision)
