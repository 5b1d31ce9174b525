from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from made import flatbuffers

from litebrush_export.flatbuffer_network import FlatbufferNetwork
from litebrush_export.islands import eight_bit_operators, leave_in_float
from litebrush_export.packing import pack, unpack


@pytest.fixture(scope="module")
def network() -> bytes:
    return flatbuffers.converted(flatbuffers.plain, integer="int8")


def with_values_behind(flatbuffer: bytes) -> bytes:
    """The same with its largest values behind the flatbuffer, as writers of large networks leave it."""
    model = unpack(flatbuffer)
    largest = max(model.buffers, key=lambda buffer: 0 if buffer.data is None else len(buffer.data))
    values, largest.data = bytes(largest.data), None
    largest.offset, largest.size = 1 << 40, len(values)
    length = len(pack(model))  # does not depend on the offset's value
    largest.offset = -(-length // 16) * 16
    return pack(model).ljust(largest.offset, b"\0") + values


def run(flatbuffer: bytes) -> np.ndarray:
    image = np.random.default_rng(2).integers(-128, 128, flatbuffers.SHAPE).astype(np.int8)
    (result,) = Interpreter(model_content=flatbuffer).get_signature_runner("serving_default")(image=image).values()
    return result


def test_values_behind_the_flatbuffer_come_inside(network):
    behind = with_values_behind(network)
    assert np.array_equal(run(behind), run(network))  # such a file is a right one
    inside = pack(unpack(behind))
    assert all(buffer.offset <= 1 for buffer in unpack(inside).buffers)
    assert np.array_equal(run(inside), run(network))


def test_a_foreign_network_keeps_such_values_when_it_is_given_a_signature():
    float32 = flatbuffers.converted(flatbuffers.plain)
    model = unpack(with_values_behind(float32))
    model.signatureDefs = None
    behind = with_values_behind(pack(model))
    opened = FlatbufferNetwork(behind, "foreign.tflite")
    (signature,) = opened.signatures
    image = np.random.default_rng(2).random(flatbuffers.SHAPE, np.float32)
    (found,) = opened.run(signature.name, {signature.inputs[0].name: image}).values()
    (wanted,) = Interpreter(model_content=float32).get_signature_runner("serving_default")(image=image).values()
    assert np.array_equal(found, wanted)


def test_operators_of_such_a_network_can_be_left_in_float(network):
    behind = with_values_behind(network)
    places = eight_bit_operators(behind)
    simulated = leave_in_float(behind, places, places).flatbuffer
    assert np.max(np.abs(run(simulated).astype(int) - run(network))) <= 2
