from __future__ import annotations

import dataclasses
import zipfile

import numpy as np
import onnx
import pytest
from made.exports import run_litebrush
from made.families import FAMILIES
from made.foreign import save_tflite, write_contract, write_pictures

import litebrush
from litebrush.bench.order import Order as BenchOrder
from litebrush.contract import Precision
from litebrush.errors import ContractError, ConversionError, EngineError, ModelFileError
from litebrush.loading import open_model
from litebrush.modelfile import ModelFile, read_model, write_model
from litebrush.onnx_engine import OnnxEngine
from litebrush.tasks import Task
from litebrush_export.onnx_export import convert_file, export_onnx
from litebrush_export.variants import Order


@pytest.fixture(scope="module")
def denoiser(tmp_path_factory):
    """The shipped denoiser as ONNX."""
    return convert_file(open_model("denoise", Precision.FLOAT32), tmp_path_factory.mktemp("onnx")).path


def test_an_onnx_file_carries_contract_and_golden_result_and_reproduces_it(denoiser):
    litert, in_onnx = open_model("denoise", Precision.FLOAT32), read_model(denoiser)
    assert in_onnx.contract == dataclasses.replace(litert.contract, verdicts=())
    assert in_onnx.golden.keys() == litert.golden.keys()
    proof = litebrush.verify(denoiser)
    assert proof.engine.startswith("onnxruntime")
    assert proof.largest_difference < 1e-5


def test_other_tools_read_an_onnx_file_and_find_the_names_of_the_contract(denoiser):
    network = onnx.load(denoiser)
    onnx.checker.check_model(network)
    assert {each.name for each in network.graph.input} == {"image", "noise_level"}
    assert [each.name for each in network.graph.output] == ["restored"]
    assert set(zipfile.ZipFile(denoiser).namelist()) == {"litebrush.json", "golden.npz", "flatbuffer.sha256"}


def test_a_photo_of_several_tiles_is_what_litert_makes_of_it(denoiser):
    photo = np.random.default_rng(3).integers(0, 256, (300, 420, 3), np.uint8)
    with litebrush.load(denoiser) as in_onnx, litebrush.load("denoise", Precision.FLOAT32) as litert:
        inside = (slice(40, -40),) * 2  # LiteRT chooses the tiles' size, which shows where a picture ends
        difference = in_onnx(photo, 25).astype(int) - litert(photo, 25)
    assert np.abs(difference[inside]).max() <= 1


@pytest.mark.parametrize("task", [task for task in FAMILIES if task is not Task.AUTOENCODE])
def test_networks_of_each_task_are_equal_in_onnx_runtime(task, folders, tmp_path):
    written, exported = export_onnx(folders[task], Order((Precision.FLOAT32,)), tmp_path)
    assert written.verification.largest_difference < 1e-4
    assert exported.parity.psnr_to_float32_db > 60


def test_two_networks_are_refused_in_words(folders, tmp_path):
    with pytest.raises(ConversionError, match="encode and decode, and an ONNX file holds one"):
        export_onnx(folders[Task.AUTOENCODE], Order((Precision.FLOAT32,)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_8_bits_are_refused_in_words(tmp_path):
    with pytest.raises(ConversionError, match="of precision int8; ONNX files are made of float32 or float16"):
        convert_file(open_model("denoise", Precision.INT8), tmp_path)


def test_a_cut_onnx_file_is_refused(denoiser, tmp_path):
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(denoiser.read_bytes()[:-1000])
    with pytest.raises(ContractError, match="an ONNX model without a readable litebrush contract"):
        read_model(cut)


def test_a_changed_onnx_network_is_refused(denoiser, tmp_path):
    content = bytearray(denoiser.read_bytes())
    content[5000] ^= 1
    with pytest.raises(ModelFileError, match="its network is not the one that was exported"):
        read_model(bytes(content))


def test_an_onnx_network_that_is_none_is_refused_by_onnx_runtime(denoiser, tmp_path):
    model = read_model(denoiser)
    broken = ModelFile(model.flatbuffer[:2000], model.contract, model.golden)
    write_model(broken, tmp_path / "broken.onnx")
    with pytest.raises(EngineError, match="ONNX Runtime refuses this model"):
        litebrush.load(tmp_path / "broken.onnx")


def test_weights_in_other_files_are_refused(denoiser, tmp_path):
    model = read_model(denoiser)
    network = onnx.load_from_string(model.flatbuffer)
    onnx.external_data_helper.convert_model_to_external_data(network, location="weights.bin", size_threshold=0)
    write_model(dataclasses.replace(model, flatbuffer=network.SerializeToString()), tmp_path / "external.onnx")
    with pytest.raises(EngineError, match="takes weights from other files"):
        litebrush.load(tmp_path / "external.onnx")


def test_tensors_beyond_all_memory_are_refused():
    pictures = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 2**30, 2**20, 3]) for name in ("in", "out")
    ]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["in"], ["out"])], "huge", pictures[:1], pictures[1:]
    )
    network = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(EngineError, match="do not fit into memory"):
        OnnxEngine(network.SerializeToString(), threads=1)


def test_a_gpu_that_onnx_runtime_cannot_reach_is_refused(denoiser):
    with pytest.raises(EngineError, match="runs nothing on gpu"):
        litebrush.load(denoiser, accelerator="gpu")


def test_a_benchmark_refuses_an_onnx_file_before_it_measures_another(denoiser):
    with pytest.raises(ModelFileError, match=r"are not counted; measure the \.tflite file"):
        list(BenchOrder(("denoise", str(denoiser)), None, (1,), ("cpu",)).wishes())


class TestCommand:
    @pytest.mark.parametrize("name", ["denoise", "inpaint"])
    def test_a_shipped_model_by_its_name(self, name, tmp_path):
        done = run_litebrush("export", name, "--format", "onnx", "--out", tmp_path)
        assert done.exit_code == 0, done.output
        assert "reproduces LiteRT's golden result" in done.output
        assert run_litebrush("verify", tmp_path / f"{name}.onnx").exit_code == 0

    def test_a_network_of_other_origin_shows_its_parity(self, tmp_path):
        source = save_tflite(tmp_path / "x.tflite")
        pictures = write_pictures(tmp_path / "pictures")
        contract = write_contract(tmp_path / "contract.toml", "cleaned")
        done = run_litebrush(
            *("export", source, "--format", "onnx", "--out", tmp_path / "out"),
            *("--contract", contract, "--calibration", pictures),
        )
        assert done.exit_code == 0, done.output
        assert "Parity on" in done.output

    def test_a_shipped_model_is_not_pruned(self, tmp_path):
        done = run_litebrush("export", "denoise", "--format", "onnx", "--prune", "0.5", "--out", tmp_path)
        assert done.exit_code == 2
        assert "'denoise' is converted as it is" in done.output

    @pytest.mark.parametrize("options", [["--precision", "int8"], ["--target", "android-gpu"], ["--print-contract"]])
    def test_what_makes_no_sense_in_onnx_is_refused(self, options, tmp_path):
        done = run_litebrush("export", "denoise", "--format", "onnx", "--out", tmp_path, *options)
        assert done.exit_code == 2
        assert "--format onnx writes float32" in done.output

    @pytest.mark.parametrize(
        "command", [("bench",), ("export", "app", "--platform", "c", "--out", "unwritten", "--model")]
    )
    def test_what_wants_a_flatbuffer_says_so(self, command, denoiser):
        done = run_litebrush(*command, denoiser)
        assert done.exit_code == 2
        assert ".tflite file of the same model" in done.output
