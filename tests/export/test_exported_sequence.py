"""A recurrent network that was really exported, run as a device runs it."""

from __future__ import annotations

import numpy as np
import pytest
from made.families import make_cell_handover
from made.pictures import photo_pixels

from litebrush.contract import Precision
from litebrush.engine import Array
from litebrush.loading import load, open_engines, open_model
from litebrush.metrics import psnr_db
from litebrush.noise import add_gaussian_noise
from litebrush.sequence import SequenceRestorer
from litebrush.tasks import Task
from litebrush_export.conversion import convert
from litebrush_export.handover import read_handover
from litebrush_export.pipeline import export
from litebrush_export.states import tie_states
from litebrush_export.variants import Order

NOISE_LEVEL = 25


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> dict[Precision, bytes]:
    folder = tmp_path_factory.mktemp("cell")
    handover = make_cell_handover(folder / "handover")
    files = export(handover, Order((Precision.INT8, Precision.FLOAT32)), folder / "models")
    return {file.parity.precision: file.path.read_bytes() for file in files}


def restorer(content: bytes, tile_limit: int) -> SequenceRestorer:
    model = open_model(content)
    return SequenceRestorer(model.contract, open_engines(model.flatbuffer, model.contract, 1), tile_limit)


def moving(height: int, width: int, count: int) -> list[np.ndarray]:
    film = photo_pixels(height + count, width + 2 * count)
    return [film[number : number + height, 2 * number : 2 * number + width] for number in range(count)]


SIZES = [(97, 131), (150, 64), (63, 175)]


@pytest.mark.parametrize("size", SIZES)
def test_tiled_equals_whole_over_a_sequence_bit_for_bit_in_int8(exported, size):
    tiled, whole = (restorer(exported[Precision.INT8], limit).stream(NOISE_LEVEL) for limit in (80, 4096))
    for frame in moving(*size, 5):
        assert np.array_equal(tiled(frame), whole(frame))
        for name in whole._states:
            assert np.array_equal(tiled._states[name], whole._states[name])
    assert tiled.scenes == whole.scenes == 1


class Undecoded:
    """In the place of the encoding that rounds a network's output to bytes."""

    def decode(self, values: np.ndarray, out: np.ndarray) -> None:
        out[...] = values


def float_outputs(restorer: SequenceRestorer, frames: list[np.ndarray]) -> list[tuple[Array, Array]]:
    """What the network says at each step, before it is rounded to bytes, and its states."""
    network = restorer.network
    network._encodings["restored"] = Undecoded()
    plan = network.plan(*frames[0].shape[:2])
    state = network.zero_states(plan)["state"]
    outputs = []
    for frame in frames:
        restored, following = np.empty(frame.shape, np.float32), np.empty_like(state)
        network.run(
            plan, {"frame": frame, "state": state}, {"restored": restored, "next_state": following}, NOISE_LEVEL
        )
        outputs.append((restored, following))
        state = following
    return outputs


@pytest.mark.parametrize("size", SIZES[:2])
def test_tiled_equals_whole_over_a_sequence_to_a_hundred_thousandth_in_float32(exported, size):
    frames = moving(*size, 5)
    tiled, whole = (float_outputs(restorer(exported[Precision.FLOAT32], limit), frames) for limit in (80, 4096))
    for one, other in zip(tiled, whole):
        for values, expected in zip(one, other):
            assert np.max(np.abs(values - expected)) <= 1e-5


def test_load_gives_what_remembers(exported):
    with load(exported[Precision.INT8]) as loaded:
        first, second = moving(64, 64, 2)
        stream = loaded.stream(NOISE_LEVEL)
        stream(first)
        assert not np.array_equal(stream(second), loaded.stream(NOISE_LEVEL)(second))


def test_states_of_two_scales_are_handed_on_as_if_they_had_one(folders):
    """What the exporter ties, and what is left untied, differ by the rounding of a state at most."""
    folder = folders[Task.RESTORE_SEQUENCE]
    contract, untied = read_handover(folder).contract, convert(folder, Precision.INT8)
    frames = moving(64, 64, 8)
    streams = []
    for flatbuffer in (untied, tie_states(untied, contract)):
        engines = open_engines(flatbuffer, contract, threads=1)
        (engine,) = engines.values()
        streams.append((SequenceRestorer(contract, engines)(frames, NOISE_LEVEL), engine))
    (of_untied, engine), (of_tied, tied_engine) = streams
    assert engine.inputs["state"] != engine.outputs["next_state"]
    assert tied_engine.inputs["state"] == tied_engine.outputs["next_state"]
    for one, other in zip(of_untied, of_tied):
        assert np.max(np.abs(one.astype(int) - other)) <= 2


def test_a_thousand_frames_neither_blow_up_nor_freeze_nor_drift(exported):
    """A clip that goes to and fro every 20 frames, with fresh noise, is restored as well at its end as before.

    The memory of an untrained network takes some dozens of frames to fill, and the picture with it; what comes after
    the first hundred frames must not change any more.
    """
    there = moving(64, 64, 11)
    clip = [*there, *there[-2:0:-1]]
    stream = restorer(exported[Precision.INT8], 64).stream(NOISE_LEVEL)
    random = np.random.default_rng(0)
    fidelity, changes, shares_at_limit = [], [], []
    before: Array | None = None
    for number in range(1000):
        clean = clip[number % len(clip)]
        restored = stream(add_gaussian_noise(clean, NOISE_LEVEL, random))
        fidelity.append(psnr_db(restored, clean))
        (state,) = stream._states.values()
        shares_at_limit.append(np.mean(state == 127))
        changes.append(0 if before is None else np.mean(state != before))
        before = state.copy()
    assert stream.scenes == 1
    assert abs(np.mean(fidelity[-100:]) - np.mean(fidelity[100:200])) <= 0.1
    assert max(shares_at_limit) < 0.5
    assert min(changes[1:]) > 0.05
    assert len(np.unique(before)) > 20
