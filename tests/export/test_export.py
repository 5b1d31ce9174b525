from __future__ import annotations

import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

import litebrush
from litebrush.contract import Precision
from litebrush.encoding import PictureEncoding
from litebrush.errors import ContractError, ConversionError
from litebrush.interpreter_engine import InterpreterEngine
from litebrush.loading import open_model
from litebrush.tensors import Role
from litebrush_export import apart, variants
from litebrush_export.conversion import convert
from litebrush_export.handover import read_handover
from litebrush_export.operators import float_operators
from litebrush_export.pipeline import export
from litebrush_export.variants import Order


@pytest.fixture
def copied(handover, tmp_path):
    return shutil.copytree(handover, tmp_path / "handover")


def encodings(flatbuffer: bytes, contract: litebrush.ModelContract) -> dict[str, PictureEncoding]:
    signature = contract.signature
    engine = InterpreterEngine(flatbuffer, signature.name, 1)
    tensors = {**engine.inputs, **engine.outputs}
    return {spec.name: PictureEncoding(spec, tensors[spec.name]) for spec in (*signature.inputs, *signature.outputs)}


@pytest.mark.parametrize("precision", list(Precision))
def test_every_exported_file_proves_itself(exported, precision):
    result = litebrush.verify(exported[precision].path)
    assert result.contract.precision is precision
    assert result.identical


def test_the_contract_says_where_the_model_comes_from(exported):
    provenance = open_model(exported[Precision.INT8].path).contract.provenance
    assert (provenance.training_data, provenance.licence) == ("waves", "CC0-1.0")
    assert provenance.recipe["training"]["steps"] == 12
    assert {"tensorflow", "ai-edge-litert"} <= provenance.versions.keys()


def test_int8_leaves_no_operator_in_float(exported):
    assert not exported[Precision.INT8].parity.float_operators
    assert exported[Precision.FLOAT32].parity.float_operators["CONV_2D"] == 8


def test_learned_ranges_make_int8_tensors_the_pictures_own_bytes(exported):
    model = open_model(exported[Precision.INT8].path)
    assert all(encoding.exact for encoding in encodings(model.flatbuffer, model.contract).values())


def test_learned_ranges_are_left_as_they_were_learned(handover, monkeypatch):
    monkeypatch.setattr(variants, "refine", None)  # would fail if it was asked
    made = variants.make_variants(handover, read_handover(handover), Order((Precision.INT8,)), lambda _: None)
    assert made.flatbuffers[Precision.INT8] == convert(handover, Precision.INT8)


def test_calibrated_ranges_do_the_same_for_the_picture_that_goes_in(copied):
    shutil.rmtree(copied / "quantization_aware_model")
    flatbuffer = convert(copied, Precision.INT8)
    contract = read_handover(copied).contract
    assert not float_operators(flatbuffer)
    assert encodings(flatbuffer, contract)[contract.signature.input(Role.IMAGE).name].exact


def test_a_smaller_precision_is_a_smaller_file_of_nearly_the_same_picture(exported):
    sizes = [exported[precision].parity.size_bytes for precision in (Precision.FLOAT32, Precision.FLOAT16)]
    assert sizes[0] > sizes[1]
    assert exported[Precision.FLOAT32].parity.psnr_to_float32_db == float("inf")
    assert exported[Precision.FLOAT16].parity.psnr_to_float32_db > 60
    assert exported[Precision.DYNAMIC].parity.psnr_to_float32_db > 40
    assert exported[Precision.INT8].parity.psnr_to_float32_db > 30


def test_the_model_card_lists_each_precision_with_its_figures(exported):
    card = (exported[Precision.INT8].path.parent / "MODEL_CARD.md").read_text()
    for precision, file in exported.items():
        assert f"| {precision.value} |" in card
        assert f"{file.parity.to_truth:.2f}" in card
    assert "CC0-1.0" in card


def test_the_report_shows_what_each_precision_did_to_the_picture(exported):
    page = (exported[Precision.INT8].path.parent / "report.html").read_text()
    for precision, file in exported.items():
        assert f'<th scope="row">{precision.value}</th>' in page
        assert f"{file.parity.error.banding:.2f}" in page
    assert page.count(": input, ") == 4


@pytest.mark.parametrize("part", ["contract.json", "saved_model", "calibration.npz", "validation.npz", "golden.npz"])
def test_a_hand_over_that_lacks_a_part_is_refused_by_its_name(copied, part):
    path = copied / part
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(ConversionError, match=f"it lacks {part}"):
        read_handover(copied)


def test_a_damaged_array_file_is_named(copied):
    (copied / "calibration.npz").write_bytes(b"PK nonsense")
    with pytest.raises(ConversionError, match=r"calibration.npz' is damaged"):
        read_handover(copied)


def change_arrays(path: Path, **changes: np.ndarray | None) -> None:
    """Replace arrays of the restore signature, or take them out."""
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays.update({f"restore/{name}": array for name, array in changes.items()})
    np.savez(path, **{key: array for key, array in arrays.items() if array is not None})


@pytest.mark.parametrize("file", ["calibration.npz", "validation.npz", "golden.npz"])
def test_arrays_without_an_input_are_refused(copied, file):
    change_arrays(copied / file, noise_level=None)
    with pytest.raises(ContractError, match="lacks restore/noise_level"):
        read_handover(copied)


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (
            "calibration.npz",
            {"image": np.zeros((3, 32, 64, 3), np.uint8)},
            r"'restore/image' are of shape \(32, 64, 3\)",
        ),
        ("calibration.npz", {"image": np.zeros((3, 64, 64, 3), np.float32)}, "and type float32, not"),
        ("calibration.npz", {"image": np.zeros((2, 64, 64, 3), np.uint8)}, "no or unequal numbers of samples"),
        ("validation.npz", {"target": np.zeros((12, 32, 64, 3), np.uint8)}, "of 'restore/target' are of shape"),
        ("validation.npz", {"target": np.zeros((2, 64, 64, 3), np.uint8)}, "of 'restore/target', but"),
        ("golden.npz", {"image": np.zeros((65, 64, 3), np.uint8)}, "'restore/image' is no sample"),
        ("golden.npz", {"restored": np.zeros((2, 2, 3), np.float32)}, r"'restore/restored' is of shape \(2, 2, 3\)"),
    ],
)
def test_arrays_that_do_not_fit_the_contract_are_refused(copied, file, change, message):
    change_arrays(copied / file, **change)
    with pytest.raises(ContractError, match=message):
        read_handover(copied)


def test_without_truth_there_is_no_figure_of_it(copied, tmp_path):
    change_arrays(copied / "validation.npz", target=None)
    (file,) = export(copied, Order((Precision.FLOAT32,)), tmp_path / "models")
    assert file.parity.to_truth is None
    assert open_model(file.path).contract.quality == ()
    assert "to truth" not in (tmp_path / "models" / "MODEL_CARD.md").read_text()


def test_a_converter_that_refuses_is_an_error_message_and_nothing_is_written(copied, tmp_path):
    (copied / "saved_model" / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(ConversionError, match="conversion to float32 failed: the process ended with status 1"):
        export(copied, Order((Precision.FLOAT32,)), tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_converter_that_crashes_is_an_error_message(copied, tmp_path, monkeypatch):
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\necho about to crash >&2\nkill -SEGV $$\n")
    crashing.chmod(crashing.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(apart.sys, "executable", str(crashing))
    with pytest.raises(ConversionError, match="was killed by SIGSEGV; its last words: about to crash"):
        convert(copied, Precision.INT8)


def test_a_conversion_that_changed_the_network_is_found_out(copied, tmp_path):
    with np.load(copied / "golden.npz") as arrays:
        expected = arrays["restore/restored"]
    change_arrays(copied / "golden.npz", restored=expected + np.float32(0.01))
    with pytest.raises(ConversionError, match=r"differs from the trained one by 0.01"):
        export(copied, Order((Precision.FLOAT32,)), tmp_path / "models")
