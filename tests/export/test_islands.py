from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from made import flatbuffers
from made.families import FAMILIES

from litebrush.contract import Precision
from litebrush_export.conversion import convert
from litebrush_export.handover import read_handover
from litebrush_export.islands import Place, eight_bit_operators, leave_in_float
from litebrush_export.operators import float_operators
from litebrush_export.trial import run_real

NETWORKS = ("plain", "leaky", "enlarged", "interrupted")
STEPS = 2  # where float sums round the other way, in a chain of a few operators


def run(flatbuffer: bytes, image: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(
        model_content=flatbuffer, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    (result,) = interpreter.get_signature_runner("serving_default")(image=image).values()
    return result.astype(int)


@pytest.fixture(scope="module", params=NETWORKS)
def network(request) -> bytes:
    return flatbuffers.converted(getattr(flatbuffers, request.param), integer="int8")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(2).integers(-128, 128, flatbuffers.SHAPE).astype(np.int8)


def test_all_in_float_with_every_result_rounded_computes_what_8_bits_do(network, image):
    places = eight_bit_operators(network)
    simulated = leave_in_float(network, places, places).flatbuffer
    assert set(float_operators(simulated)) >= set(places.values())
    assert np.max(np.abs(run(simulated, image) - run(network, image))) <= STEPS


def test_each_operator_alone_in_float_changes_nothing_but_rounding(network, image):
    expected = run(network, image)
    for place, name in eight_bit_operators(network).items():
        changed = leave_in_float(network, {place}).flatbuffer
        assert float_operators(changed)[name] >= 1
        assert np.max(np.abs(run(changed, image) - expected)) <= STEPS


def test_no_operator_in_float_is_the_same_network(network, image):
    unchanged = leave_in_float(network, ()).flatbuffer
    assert float_operators(unchanged) == float_operators(network)
    assert np.array_equal(run(unchanged, image), run(network, image))


def test_between_two_operators_in_float_nothing_is_rounded():
    network = flatbuffers.converted(flatbuffers.plain, integer="int8")
    places = tuple(eight_bit_operators(network))
    alone = [leave_in_float(network, {place}).flatbuffer for place in places[:2]]
    together = leave_in_float(network, places[:2]).flatbuffer
    conversions = [sum(float_operators(each).values()) for each in (*alone, together)]
    assert conversions[2] < conversions[0] + conversions[1]


def test_a_kernel_can_be_changed_and_the_network_notices(image):
    network = flatbuffers.converted(flatbuffers.plain, integer="int8")
    places = eight_bit_operators(network)
    change = {Place(0, 0): np.full((4, 3, 3, 4), 0.05)}
    changed = leave_in_float(network, places, places, kernel_changes=change).flatbuffer
    assert np.max(np.abs(run(changed, image) - run(network, image))) > STEPS


@pytest.mark.parametrize("task", FAMILIES)
def test_every_family_can_be_simulated(folders, task):
    handover, int8 = read_handover(folders[task]), convert(folders[task], Precision.INT8)
    places = eight_bit_operators(int8)
    samples = list(handover.representative_dataset())
    simulated = leave_in_float(int8, places, places).flatbuffer
    pairs = zip(run_real(handover.contract, int8, samples), run_real(handover.contract, simulated, samples))
    for expected, found in pairs:
        assert np.max(np.abs(expected - found)) <= 0.02 * max(1.0, float(np.max(np.abs(expected))))
