from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from hypothesis import given
from hypothesis import strategies as st
from made import flatbuffers

from litebrush.errors import ModelFileError
from litebrush_export.flatbuffer import Graph, Operator, Tensor, read_graphs
from litebrush_export.halfrange import magnitudes
from litebrush_export.lint import Lint, lint
from litebrush_export.partitions import partitions
from litebrush_export.target import TARGETS

NETWORKS = ("plain", "interrupted", "leaky", "looping", "five_axes", "doubled", "overflowing")


@pytest.fixture(scope="session")
def float32() -> dict[str, bytes]:
    return {name: flatbuffers.converted(getattr(flatbuffers, name)) for name in NETWORKS}


@pytest.fixture(scope="session")
def int8() -> dict[str, bytes]:
    return {name: flatbuffers.converted(getattr(flatbuffers, name), integer="int8") for name in ("plain", "leaky")}


def lint_by(table: str, flatbuffer: bytes, target: str, **more) -> Lint:
    return next(each for each in lint(flatbuffer, TARGETS[target], **more) if each.table.name == table)


@pytest.mark.parametrize("target", sorted(set(TARGETS) - {"edgetpu"}))
def test_a_plain_float_network_is_clean_on_every_target_that_takes_floats(target, float32):
    for each in lint(float32["plain"], TARGETS[target]):
        assert each.clean, each.findings
        assert each.partitions == (each.operators,)


@pytest.mark.parametrize("target", sorted(set(TARGETS) - {"web"}))
def test_a_plain_int8_network_is_clean_on_every_target_but_the_web(target, int8):
    assert all(each.clean for each in lint(int8["plain"], TARGETS[target]))


def test_the_web_wants_uint8_where_others_take_int8(int8):
    findings = {finding.operator: finding for finding in lint(int8["plain"], TARGETS["web"])[0].findings}
    assert findings.keys() == {"input", "output"}
    assert "INT8" in findings["input"].reason
    bytes_in_and_out = flatbuffers.converted(flatbuffers.plain, integer="uint8")
    assert not {"input", "output"} & {each.operator for each in lint(bytes_in_and_out, TARGETS["web"])[0].findings}


@pytest.mark.parametrize(
    ("network", "table", "target", "operator", "reason", "remedy"),
    [
        ("looping", "gpu", "android-gpu", "WHILE", "not among the operators", "export one step, with the state"),
        ("looping", "xnnpack", "cpu", "WHILE", "not among the operators", "export one step, with the state"),
        ("five_axes", "gpu", "android-gpu", "TRANSPOSE", "5 axes", "reshape to"),
        ("interrupted", "nnapi", "android-nnapi", "SIGN", "not among the operators", "RELU on both signs"),
        ("plain", "edgetpu", "edgetpu", "CONV_2D", "FLOAT32, not INT8, UINT8", "--precision int8"),
    ],
)
def test_what_falls_back_is_named_with_place_reason_and_remedy(
    network, table, target, operator, reason, remedy, float32
):
    checked = lint_by(table, float32[network], target)
    finding = next(each for each in checked.findings if each.operator == operator)
    assert reason in finding.reason
    assert remedy in finding.remedy
    names = {
        tensor.name for graph in read_graphs(float32[network]) for each in graph.operators for tensor in each.outputs
    }
    assert finding.tensor in names
    assert not checked.clean


@pytest.mark.parametrize(("table", "target"), [("gpu", "android-gpu"), ("nnapi", "android-nnapi")])
def test_a_dynamic_batch_is_refused(table, target):
    dynamic = flatbuffers.converted(flatbuffers.convolution, (None, 8, 8, 4))
    (finding,) = lint_by(table, dynamic, target).findings
    assert "dynamic shape" in finding.reason
    assert "static shapes and batch 1" in finding.remedy


def test_a_batch_of_two_is_refused_by_the_edge_tpu_only():
    two = flatbuffers.converted(lambda image: flatbuffers.plain(tf_repeat(image)), integer="int8")
    assert any("batch of 2" in each.reason for each in lint_by("edgetpu", two, "edgetpu").findings)
    assert not any("batch" in each.reason for each in lint_by("gpu", two, "android-gpu").findings)


def tf_repeat(image):
    import tensorflow as tf

    return tf.concat([image, image], 0)


@pytest.mark.parametrize(
    ("network", "operator", "level"), [("leaky", "LEAKY_RELU", 29), ("doubled", "RESIZE_BILINEAR", 30)]
)
def test_nnapi_says_the_lowest_api_level_and_what_raises_it(network, operator, level, float32):
    highest = lint_by("nnapi", float32[network], "android-nnapi")
    assert highest.clean
    assert (highest.lowest_api_level, highest.raised_by) == (level, (operator,))
    assert highest.verdict(run_here=False).lowest_api_level == level
    (finding,) = lint_by("nnapi", float32[network], "android-nnapi", api_level=27).findings
    assert (finding.operator, f"needs API level {level}, not 27") == (operator, finding.reason)
    assert f"minSdkVersion to {level}" in finding.remedy
    assert lint_by("nnapi", float32[network], "android-nnapi", api_level=level).clean


def test_plain_networks_need_nnapi_1_0_in_float_and_1_2_in_int8(float32, int8):
    assert lint_by("nnapi", float32["plain"], "android-nnapi").lowest_api_level == 27
    assert lint_by("nnapi", int8["plain"], "android-nnapi").lowest_api_level == 29


def test_one_refused_operator_in_the_middle_makes_two_partitions_of_which_an_edge_tpu_takes_one(float32):
    nnapi = lint_by("nnapi", float32["interrupted"], "android-nnapi")
    assert (nnapi.partitions, nnapi.delegated, nnapi.operators) == ((2, 2), 4, 5)
    edgetpu = lint_by("edgetpu", flatbuffers.converted(flatbuffers.interrupted, integer="int8"), "edgetpu")
    assert edgetpu.delegated == edgetpu.partitions[0]
    assert "2 partitions of which it takes the first 1" in edgetpu.summary


@pytest.mark.parametrize("integer", [None, "int8", "uint8"])
@pytest.mark.parametrize("network", sorted({*NETWORKS, "clipped", "enlarged"} - {"looping"}))
def test_the_table_of_xnnpack_predicts_the_partitions_that_it_really_makes(network, integer):
    flatbuffer = flatbuffers.converted(getattr(flatbuffers, network), integer=integer)
    interpreter = Interpreter(model_content=flatbuffer)
    interpreter.allocate_tensors()
    made = [each for each in interpreter._get_ops_details() if each["op_name"] == "DELEGATE"]
    assert len(lint_by("xnnpack", flatbuffer, "cpu").partitions) == len(made)


def chain(kinds: list[bool]) -> Graph:
    tensors = [Tensor(n, str(n), "FLOAT32", (1,), False, False, False, None) for n in range(len(kinds) + 1)]
    operators = tuple(Operator("ADD", 1, (tensors[n],), (tensors[n + 1],), "NONE", ()) for n in range(len(kinds)))
    return Graph("", 0, (tensors[0],), (tensors[-1],), operators)


@given(st.lists(st.booleans(), max_size=12))
def test_a_chain_has_as_many_partitions_as_runs_of_taken_operators(kinds):
    runs = "".join("x" if kind else " " for kind in kinds).split()
    taken = frozenset(number for number, kind in enumerate(kinds) if kind)
    assert partitions(chain(kinds), taken) == tuple(map(len, runs))


def test_branches_that_need_not_wait_share_a_partition():
    start, *others = [Tensor(n, str(n), "FLOAT32", (1,), False, False, False, None) for n in range(5)]
    left, refused, right, end = others
    operators = (
        Operator("A", 1, (start,), (left,), "NONE", ()),
        Operator("B", 1, (start,), (refused,), "NONE", ()),
        Operator("C", 1, (start,), (right,), "NONE", ()),
        Operator("D", 1, (left, refused, right), (end,), "NONE", ()),
    )
    assert partitions(Graph("", 0, (start,), (end,), operators), frozenset({0, 2, 3})) == (2, 1)


def test_activations_that_half_precision_cannot_hold_are_found(float32):
    def signed(name: str) -> tuple:
        image = np.random.default_rng(0).random(flatbuffers.SHAPE, np.float32)
        signature = read_graphs(float32[name])[0].signature
        return magnitudes(float32[name], [(signature, {"image": image})])

    checked = lint_by("gpu", float32["overflowing"], "android-gpu", magnitudes=signed("overflowing"))
    assert not checked.findings
    assert not checked.clean
    assert {each.operator for each in checked.overflows} >= {"CONV_2D"}
    assert "half precision ends at 65504" in checked.overflows[0].reason
    assert lint_by("gpu", float32["plain"], "android-gpu", magnitudes=signed("plain")).clean
    assert lint_by("xnnpack", float32["overflowing"], "cpu", magnitudes=signed("overflowing")).clean


def test_bytes_that_are_no_flatbuffer_are_refused(float32):
    with pytest.raises(ModelFileError, match=r"not a \.tflite file"):
        lint(b"not a flatbuffer", TARGETS["cpu"])
    with pytest.raises(ModelFileError, match="damaged"):
        lint(float32["plain"][:200], TARGETS["cpu"])
