from __future__ import annotations

import dataclasses
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litebrush.contract import Golden, Precision
from litebrush.errors import ContractError, ModelFileError
from litebrush.modelfile import ModelFile, read_model, write_model


@pytest.fixture
def model(contract) -> ModelFile:
    golden = {
        "restore/image": np.full((8, 8, 3), 7, np.uint8),
        "restore/noise_level": np.array(25, np.float32),
        "restore/restored": np.arange(192, dtype=np.int8).reshape(8, 8, 3),
    }
    promise = Golden(0.0, {"restore/restored": "ab"})
    described = dataclasses.replace(contract, precision=Precision.INT8, golden=promise)
    return ModelFile(b"\x1c\0\0\0TFL3" + bytes(range(200)), described, golden)


def test_what_was_written_is_read_back(model, tmp_path):
    write_model(model, tmp_path / "m.tflite")
    read = read_model(tmp_path / "m.tflite")
    assert (read.flatbuffer, read.contract) == (model.flatbuffer, model.contract)
    assert read.golden.keys() == model.golden.keys()
    for key, array in model.golden.items():
        assert np.array_equal(read.golden[key], array)
        assert read.golden[key].dtype == array.dtype


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"restore/image": np.zeros((8, 8, 3), np.float32)}, "'restore/image' of shape .8, 8, 3. and type float32"),
        ({"restore/image": np.zeros((65, 8, 3), np.uint8)}, "does not fit the model"),
        ({"restore/image": np.zeros((0, 8, 3), np.uint8)}, "does not fit the model"),
        ({"restore/noise_level": np.zeros(2, np.float32)}, "'restore/noise_level' of shape"),
        ({"restore/restored": np.zeros((7, 8, 3), np.int8)}, "'restore/restored' of shape"),
        ({"restore/surprise": np.zeros(1)}, "'restore/surprise', which is no tensor"),
    ],
)
def test_a_golden_result_that_does_not_fit_the_contract_is_refused(model, tmp_path, change, message):
    write_model(dataclasses.replace(model, golden={**model.golden, **change}), tmp_path / "m.tflite")
    with pytest.raises(ContractError, match=message):
        read_model(tmp_path / "m.tflite")


@pytest.mark.parametrize("key", ["restore/image", "restore/noise_level", "restore/restored"])
def test_a_golden_result_that_lacks_an_array_is_refused_by_its_name(model, tmp_path, key):
    golden = {name: array for name, array in model.golden.items() if name != key}
    write_model(dataclasses.replace(model, golden=golden), tmp_path / "m.tflite")
    with pytest.raises(ContractError, match=f"lacks '{key}'"):
        read_model(tmp_path / "m.tflite")


def test_equal_models_give_equal_files(model, tmp_path):
    write_model(model, tmp_path / "a.tflite")
    write_model(model, tmp_path / "b.tflite")
    assert (tmp_path / "a.tflite").read_bytes() == (tmp_path / "b.tflite").read_bytes()


def test_the_file_begins_with_the_flatbuffer_and_any_unzip_reads_the_rest(model, tmp_path):
    write_model(model, tmp_path / "m.tflite")
    assert (tmp_path / "m.tflite").read_bytes().startswith(model.flatbuffer)
    with zipfile.ZipFile(tmp_path / "m.tflite") as archive:
        assert archive.namelist() == ["litebrush.json", "golden.npz", "flatbuffer.sha256"]


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_byte_or_a_cut_never_passes_for_the_model(model, tmp_path, data):
    write_model(model, tmp_path / "m.tflite")
    content = bytearray((tmp_path / "m.tflite").read_bytes())
    if data.draw(st.booleans()):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    else:
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    try:
        read = read_model(bytes(content))
    except ModelFileError:
        return
    assert (read.flatbuffer, read.contract) == (model.flatbuffer, model.contract)
    assert all(np.array_equal(read.golden[key], array) for key, array in model.golden.items())


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", ModelFileError, "is empty"),
        (b"this is a text file, not a model", ModelFileError, "not a TFLite model"),
        (b"\x1c\0\0\0TFL3" + bytes(100), ContractError, "without a readable litebrush contract"),
    ],
)
def test_files_that_are_no_litebrush_model_are_named_as_what_they_are(content, error, message):
    with pytest.raises(error, match=message):
        read_model(content)


def test_a_zip_of_something_else_is_not_a_contract(tmp_path):
    path = tmp_path / "metadata.tflite"
    path.write_bytes(b"\x1c\0\0\0TFL3" + bytes(100))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labels.txt", "cat\n")
    with pytest.raises(ContractError, match="no litebrush contract"):
        read_model(path)


def test_a_folder_that_does_not_exist_leaves_nothing_behind(model, tmp_path):
    with pytest.raises(ModelFileError, match="cannot write"):
        write_model(model, tmp_path / "nowhere" / "m.tflite")
    assert list(tmp_path.iterdir()) == []
