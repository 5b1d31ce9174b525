from __future__ import annotations

import numpy as np
import pytest

from litebrush.contract import Precision
from litebrush.loading import open_engines
from litebrush.tasks import Task
from litebrush_export.conversion import convert
from litebrush_export.handover import read_handover
from litebrush_export.states import tie_states


@pytest.fixture(scope="module")
def recurrent(folders):
    folder = folders[Task.RESTORE_SEQUENCE]
    return read_handover(folder).contract, convert(folder, Precision.INT8), convert(folder, Precision.FLOAT32)


def scales(contract, flatbuffer):
    (engine,) = open_engines(flatbuffer, contract, threads=1).values()
    return engine.inputs["state"], engine.outputs["next_state"], engine


def run(engine, picture, state, into):
    engine.input("image")[...] = picture
    engine.input("noise_level")[...] = 0
    engine.input("state")[...] = into(state)
    engine.invoke()
    return engine.output("restored").copy(), engine.output("next_state").copy()


def test_a_state_has_one_scale_going_in_and_coming_out(recurrent):
    contract, converted, _ = recurrent
    before, after, _ = scales(contract, converted)
    assert before != after  # otherwise there is nothing to tie
    going_in, coming_out, _ = scales(contract, tie_states(converted, contract))
    assert going_in == coming_out == before


def test_bytes_copied_from_step_to_step_stay_with_the_real_values(recurrent):
    contract, converted, _ = recurrent
    going_in, coming_out, untied = scales(contract, converted)
    _, _, tied = scales(contract, tie_states(converted, contract))
    zero = np.full(going_in.shape, going_in.zero_point, np.int8)
    of_tied = of_untied = zero
    for step in range(12):
        picture = np.random.default_rng(step).integers(-128, 128, tied.inputs["image"].shape).astype(np.int8)
        result, of_tied = run(tied, picture, of_tied, lambda state: state)
        scale = np.float32(coming_out.scale / going_in.scale)

        def requantized(state, scale=scale, first=step == 0):
            if first:
                return state
            real = (state.astype(np.float32) - coming_out.zero_point) * scale + going_in.zero_point
            return np.clip(np.rint(real), -128, 127).astype(np.int8)

        expected, of_untied = run(untied, picture, of_untied, requantized)
        assert np.max(np.abs(result.astype(int) - expected)) <= 1


def test_what_needs_no_tying_is_left_as_it_is(recurrent):
    contract, converted, float32 = recurrent
    tied = tie_states(converted, contract)
    assert tie_states(tied, contract) is tied
    assert tie_states(float32, contract) is float32
