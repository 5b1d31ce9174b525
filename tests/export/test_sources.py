from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import h5py
import keras as keras3
import numpy as np
import pytest
import tf_keras
from made.exports import run_litebrush
from made.foreign import (
    SIDE,
    make_inpainter,
    save_file,
    save_tflite,
    save_with_keras3,
    save_with_tf,
    write_arrays,
    write_contract,
    write_pictures,
)
from made.pictures import photo_pixels

import litebrush
from litebrush.contract import Precision
from litebrush.errors import ContractError, ConversionError
from litebrush.loading import open_model
from litebrush.tasks import Task
from litebrush_export.adoption import adopted, print_template
from litebrush_export.declaration import read_declaration
from litebrush_export.exported import Exported
from litebrush_export.pipeline import export
from litebrush_export.tensorflow_network import open_keras_file
from litebrush_export.variants import Order

BOTH = (Precision.FLOAT32, Precision.INT8)
OUTPUTS = {
    "keras3": "output_0",
    "saved_model": "cleaned",
    "x.keras": "restored",
    "x.h5": "restored",
    "x.tflite": "cleaned",
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("calibration") / "pictures")


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sources")
    save_with_keras3(folder / "keras3")
    save_with_tf(folder / "saved_model")
    save_file(keras3, folder / "x.keras")
    save_file(tf_keras, folder / "x.h5")
    save_tflite(folder / "x.tflite")
    return {name: folder / name for name in OUTPUTS}


@pytest.fixture(scope="module")
def models(sources, pictures, tmp_path_factory) -> dict[tuple[str, Precision], Exported]:
    made = {}
    for name, output in OUTPUTS.items():
        folder = tmp_path_factory.mktemp("models")
        with adopted(sources[name], write_contract(folder / "contract.toml", output), pictures) as handover:
            for file in export(handover, Order(BOTH), folder / "out"):
                made[name, file.parity.precision] = file
    return made


def command(*arguments: object, largest_file: int | None = None) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    line = [sys.executable, "-m", "litebrush", "export", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(line, capture_output=True, text=True, check=False, preexec_fn=limit, env=environment)


@pytest.mark.parametrize("precision", BOTH)
@pytest.mark.parametrize("name", OUTPUTS)
def test_a_network_of_any_origin_proves_itself_and_is_loaded(models, name, precision):
    path = models[name, precision].path
    assert litebrush.verify(path).identical
    photo = photo_pixels(70, 90, seed=9)
    assert litebrush.load(path)(photo).shape == photo.shape


@pytest.mark.parametrize("name", OUTPUTS)
def test_int8_is_all_integer_and_near_float32(models, name):
    parity = models[name, Precision.INT8].parity
    assert not parity.float_operators
    assert parity.psnr_to_float32_db > 35


def test_the_same_network_gives_the_same_picture_whatever_file_it_came_in(models):
    photo = photo_pixels(SIDE, SIDE, seed=9)
    results = [
        litebrush.load(models[name, Precision.FLOAT32].path)(photo) for name in ("saved_model", "x.h5", "x.tflite")
    ]
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


def test_a_float_tflite_is_passed_through_as_it_is(models, sources):
    assert open_model(models["x.tflite", Precision.FLOAT32].path).flatbuffer == sources["x.tflite"].read_bytes()


@pytest.mark.parametrize("keras", [keras3, tf_keras])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_both_formats_of_both_keras_versions_are_opened(keras, suffix, tmp_path):
    network = open_keras_file(save_file(keras, tmp_path / f"network{suffix}"))
    (signature,) = network.signatures
    assert [tensor.name for tensor in (*signature.inputs, *signature.outputs)] == ["photo", "restored"]
    outputs = network.run(signature.name, {"photo": np.zeros((1, 8, 8, 3), np.float32)})
    assert outputs["restored"].shape == (1, 8, 8, 3)


@pytest.mark.parametrize("keras", [keras3, tf_keras])
def test_a_layer_of_ones_own_is_an_error_in_words(keras, tmp_path):
    class Mine(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    photo = keras.Input((8, 8, 3), name="photo")
    keras.Model(photo, Mine()(photo)).save(tmp_path / "mine.keras")
    with pytest.raises(ConversionError, match="layers of your own and Lambda layers are not in the file"):
        open_keras_file(tmp_path / "mine.keras")


def test_weights_without_a_network_are_refused(tmp_path):
    with h5py.File(tmp_path / "my.weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.zeros((4, 2), np.float32)
    with pytest.raises(ConversionError, match="is no Keras model"):
        open_keras_file(tmp_path / "my.weights.h5")


def test_without_a_contract_float_files_are_written_that_load_explains(sources, tmp_path):
    done = command(sources["x.tflite"], "--precision", "float32,float16,dynamic", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "litebrush cannot load these files" in done.stdout
    for precision in ("float32", "float16", "dynamic"):
        with pytest.raises(ContractError, match=r"--print-contract > contract\.toml"):
            litebrush.load(tmp_path / f"x-{precision}.tflite")


@pytest.mark.parametrize("precision", ["int8", "int16x8"])
def test_without_a_contract_integers_are_calibrated_with_real_values(sources, tmp_path, precision):
    samples = np.random.default_rng(0).random((3, SIDE, SIDE, 3), np.float32)
    arrays = write_arrays(tmp_path / "samples.npz", photo=samples)
    more = ("--precision", precision, "--calibration", arrays, "--out", tmp_path / "out")
    done = run_litebrush("export", sources["saved_model"], *more)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / f"saved_model-{precision}.tflite").stat().st_size > 1000


def test_the_printed_contract_is_nearly_one_to_export_with(sources, tmp_path):
    text = print_template(sources["keras3"])
    assert "[signatures.serving_default.inputs.photo]" in text
    assert "the network leaves sides open" in text
    filled = text.replace("256, 256", f"{SIDE}, {SIDE}").replace("halo = 32", "halo = 2")
    (tmp_path / "contract.toml").write_text(filled)
    declaration = read_declaration(tmp_path / "contract.toml")
    assert declaration.task is Task.RESTORE
    assert declaration.signatures["serving_default"].inputs["photo"].shape == (1, SIDE, SIDE, 3)


def refused(source: Path, tmp_path: Path, *more: object, message: str) -> None:
    out = tmp_path / "out"
    done = run_litebrush("export", source, "--out", out, *more)
    assert done.exit_code == 2, done.output
    assert message in " ".join(done.output.split())
    assert "Traceback" not in done.output
    assert not out.exists() or list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("precision", "message"), [("int16x8", "int16x8 needs samples of what goes in"), ("mixed", "a mixture is found by")]
)
def test_without_a_contract_what_cannot_be_made_is_refused(sources, tmp_path, precision, message):
    refused(sources["x.tflite"], tmp_path, "--precision", precision, message=message)


def test_a_folder_of_pictures_is_no_source(pictures, tmp_path):
    refused(pictures, tmp_path, message="nor a SavedModel (it lacks saved_model.pb)")


def test_a_damaged_saved_model_is_refused(tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "saved_model.pb").write_bytes(b"no graph")
    contract = write_contract(tmp_path / "contract.toml", "cleaned")
    pictures = write_pictures(tmp_path / "pictures")
    arguments = ("--contract", contract, "--calibration", pictures)
    refused(tmp_path / "broken", tmp_path, *arguments, message="broken' cannot be loaded")


def test_a_quantized_tflite_is_refused(tmp_path):
    save_tflite(tmp_path / "half.tflite", half=True)
    with pytest.raises(ConversionError, match="is quantized already"):
        print_template(tmp_path / "half.tflite")


def test_two_image_inputs_need_a_contract(pictures, tmp_path):
    make_inpainter().save(tmp_path / "two.keras")
    more = ("--precision", "int8", "--calibration", pictures)
    refused(tmp_path / "two.keras", tmp_path, *more, message="which of the inputs one, other takes the pictures")


def test_a_full_disk_leaves_nothing_half_written(sources, pictures, tmp_path):
    contract = write_contract(tmp_path / "contract.toml", "cleaned")
    more = ("--contract", contract, "--calibration", pictures, "--precision", "float32,dynamic")
    out = tmp_path / "out"
    done = command(sources["x.tflite"], "--out", out, *more, largest_file=34_000)
    assert done.returncode == 2, done.stdout
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists() or list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((4, SIDE, SIDE, 3), 200, np.float32), r"values from 200 to 200, its declared range is \[0, 1\]"),
        (np.zeros((4, SIDE, SIDE - 1, 3), np.float32), r"of shape \(48, 47, 3\), expected \(48, 48, 3\)"),
        (np.zeros((4, SIDE, SIDE, 3), np.int32), "of type int32, expected uint8"),
        (np.full((4, SIDE, SIDE, 3), np.nan, np.float32), "not finite"),
        (np.zeros((1, SIDE, SIDE, 3), np.uint8), "holds 1 samples; at least 2"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(sources, tmp_path, array, message):
    arrays = write_arrays(tmp_path / "arrays.npz", photo=array)
    contract = write_contract(tmp_path / "contract.toml", "cleaned")
    with (
        pytest.raises((ContractError, ConversionError), match=message),
        adopted(sources["x.tflite"], contract, arrays),
    ):
        pass


def test_bytes_and_real_values_are_the_same_samples(sources, tmp_path):
    stored = np.stack([photo_pixels(SIDE, SIDE, seed) for seed in range(4)])
    contract = write_contract(tmp_path / "contract.toml", "cleaned", value_range="[-1, 1]")
    folders = []
    for name, array in (("bytes", stored), ("real", stored.astype(np.float32) / 127.5 - 1)):
        arrays = write_arrays(tmp_path / f"{name}.npz", photo=array, target=array)
        with (
            adopted(sources["x.tflite"], contract, arrays) as folder,
            np.load(folder / "calibration.npz") as calibration,
            np.load(folder / "validation.npz") as validation,
        ):
            folders.append((dict(calibration), dict(validation)))
    for one, other in zip(*folders):
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[key], other[key]) for key in one)
    assert set(folders[0][1]) == {"serving_default/photo", "serving_default/target"}
