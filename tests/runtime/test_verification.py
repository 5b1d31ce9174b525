from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

import litebrush
from litebrush.errors import ModelFileError, VerificationError
from litebrush.loading import open_model
from litebrush.modelfile import write_model
from litebrush.zoo import MODELS, find_model

SHIPPED = [(model.name, precision) for model in MODELS for precision in model.precisions]


@pytest.mark.parametrize(("name", "precision"), SHIPPED)
def test_every_shipped_model_proves_itself(name, precision):
    result = litebrush.verify(name, precision)
    assert result.accelerator == "cpu"
    assert result.contract.precision is precision


def test_int8_is_reproduced_bit_for_bit():
    assert litebrush.verify("denoise", "int8").identical


def test_int8_is_reproduced_bit_for_bit_by_two_threads():
    assert litebrush.verify("denoise", "int8", threads=2).identical


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_another_network_under_the_same_promise_is_found_out(precision, tmp_path):
    model = open_model("denoise", precision)
    changed = bytearray(model.flatbuffer)
    buffers = schema.ModelT.InitFromPackedBuf(model.flatbuffer, 0).buffers
    weights = max((bytes(buffer.data) for buffer in buffers if buffer.data is not None), key=len)
    begin = model.flatbuffer.index(weights)
    for at in range(begin, begin + 1000, 16):
        changed[at + 2] ^= 0x60
    write_model(dataclasses.replace(model, flatbuffer=bytes(changed)), tmp_path / "m.tflite")
    with pytest.raises(VerificationError, match="does not reproduce"):
        litebrush.verify(tmp_path / "m.tflite")


def test_another_expected_result_is_found_out_by_a_tolerance(tmp_path):
    model = open_model("denoise", "float32")
    shifted = {"restore/restored": model.golden["restore/restored"] + np.float32(0.01)}
    write_model(dataclasses.replace(model, golden={**model.golden, **shifted}), tmp_path / "m.tflite")
    with pytest.raises(VerificationError, match=r"0.01, 0.0001 is allowed"):
        litebrush.verify(tmp_path / "m.tflite")


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("key", ["restore/image", "restore/restored"])
def test_a_flipped_golden_array_is_found_out(precision, key, tmp_path):
    model = open_model("denoise", precision)
    flipped = {**model.golden, key: np.ascontiguousarray(model.golden[key][::-1])}
    write_model(dataclasses.replace(model, golden=flipped), tmp_path / "m.tflite")
    with pytest.raises(VerificationError, match="does not reproduce its golden result 'restore/restored'"):
        litebrush.verify(tmp_path / "m.tflite")


def test_an_expected_result_of_another_type_is_found_out(tmp_path):
    model = open_model("denoise", "int8")
    other = {**model.golden, "restore/restored": model.golden["restore/restored"].astype(np.float32)}
    write_model(dataclasses.replace(model, golden=other), tmp_path / "m.tflite")
    with pytest.raises(VerificationError, match="is of float32, the network gives int8"):
        litebrush.verify(tmp_path / "m.tflite")


def test_a_model_without_golden_result_is_not_verified(tmp_path):
    model = open_model("denoise", "int8")
    write_model(
        dataclasses.replace(model, contract=dataclasses.replace(model.contract, golden=None)), tmp_path / "m.tflite"
    )
    with pytest.raises(VerificationError, match="promises no golden result"):
        litebrush.verify(tmp_path / "m.tflite")


def test_bytes_a_path_and_a_name_are_the_same_model():
    path = find_model("denoise", litebrush.Precision.INT8)
    photo = np.full((32, 32, 3), 99, np.uint8)
    results = [litebrush.load(source)(photo, 25) for source in ("denoise", path, str(path), path.read_bytes())]
    assert all(np.array_equal(results[0], result) for result in results[1:])


def test_a_precision_that_is_not_there_is_refused_by_name():
    with pytest.raises(ModelFileError, match="no precision is called 'int4'; there is float32"):
        litebrush.load("denoise", precision="int4")
    with pytest.raises(ModelFileError, match="precision is int8, float32 was asked"):
        litebrush.load(find_model("denoise", litebrush.Precision.INT8), precision="float32")
