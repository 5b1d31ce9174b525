from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from made.contracts import make_contract, make_task_contract
from made.families import FAMILIES
from made.foreign import declare, write_arrays, write_pictures

import litebrush
from litebrush.contract import ModelContract, Precision, Provenance
from litebrush.errors import ContractError, ConversionError
from litebrush.loading import open_engines, open_model
from litebrush.runner import SignatureRunner
from litebrush.samples import real_values
from litebrush.tasks import Task
from litebrush.tensors import Role, TensorSpec
from litebrush_export.adoption import adopted
from litebrush_export.declaration import read_declaration
from litebrush_export.handover import Handover, read_handover
from litebrush_export.pipeline import export
from litebrush_export.representative import read_samples
from litebrush_export.variants import Order


def samples_of(handover: Handover, path: Path) -> Path:
    truth = {key: array for key, array in handover.validation.items() if key.endswith("/target")}
    if handover.contract.task is Task.RESTORE_SEQUENCE:
        truth = {}
    return write_arrays(path, **handover.calibration, **truth)


@pytest.mark.parametrize("task", FAMILIES)
def test_a_declared_network_of_each_task_becomes_the_hand_over_that_training_writes(folders, task, tmp_path):
    trained = read_handover(folders[task])
    arrays = samples_of(trained, tmp_path / "samples.npz")
    contract = declare(tmp_path / "contract.toml", trained.contract)
    with adopted(folders[task] / "saved_model", contract, arrays) as folder:
        ours = read_handover(folder)
    assert dataclasses.replace(ours.contract, provenance=Provenance()) == dataclasses.replace(
        trained.contract, provenance=Provenance()
    )
    assert ours.golden.keys() == trained.golden.keys()


def test_a_mask_in_which_0_is_missing_is_fed_the_other_way_round(folders, tmp_path):
    trained = read_handover(folders[Task.INPAINT])
    (signature,) = trained.contract.signatures
    inputs = tuple(
        dataclasses.replace(spec, minimum=1.0, maximum=0.0) if spec.role is Role.MASK else spec
        for spec in signature.inputs
    )
    inverted = dataclasses.replace(trained.contract, signatures=(dataclasses.replace(signature, inputs=inputs),))
    arrays = samples_of(trained, tmp_path / "samples.npz")
    source = folders[Task.INPAINT] / "saved_model"
    with adopted(source, declare(tmp_path / "contract.toml", inverted), arrays) as folder:
        (file,) = export(folder, Order((Precision.FLOAT32,)), tmp_path / "out")
    assert litebrush.verify(file.path).identical
    results = []
    for contract, flip in ((inverted, False), (trained.contract, True)):
        model = open_model(file.path)
        engine = open_engines(model.flatbuffer, contract, threads=1)[signature.name]
        mask = trained.validation["inpaint/mask"][0]
        sample = {"image": trained.validation["inpaint/image"][0], "mask": 255 - mask if flip else mask}
        results.append(SignatureRunner(contract.signature, engine).run(sample)["restored"])
    assert np.array_equal(results[0], results[1])


def test_a_missing_pixel_stands_for_the_second_value_of_the_range():
    mask = TensorSpec("mask", Role.MASK, (1, 1, 2, 1), minimum=1.0, maximum=0.0)
    assert real_values(mask, np.array([[[0], [255]]], np.uint8)).ravel().tolist() == [1, 0]


@pytest.mark.parametrize("role", [Role.IMAGE, Role.NOISE_LEVEL])
def test_no_other_range_may_be_turned_round(role):
    with pytest.raises(ContractError, match="ends before it begins"):
        TensorSpec("x", role, (1, 4, 4, 3 if role is Role.IMAGE else 1), minimum=1.0, maximum=0.0)


def test_clean_pictures_are_made_noisy_for_a_network_that_takes_a_noise_level(tmp_path):
    samples = read_samples(write_pictures(tmp_path / "pictures", count=8), make_contract())
    levels = samples.calibration["restore/noise_level"]
    assert (levels.min(), levels.max()) == (0, 50)
    assert samples.validation["restore/noise_level"].tolist() == [25, 25]
    difference = samples.validation["restore/image"].astype(float) - samples.validation["restore/target"]
    assert 18 < difference.std() < 27
    assert "restore/target" not in samples.calibration


@pytest.mark.parametrize("task", [Task.INPAINT, Task.GENERATE, Task.AUTOENCODE, Task.RESTORE_SEQUENCE])
def test_what_pictures_cannot_say_is_asked_for_by_name(task, tmp_path):
    pictures = write_pictures(tmp_path / "pictures")
    with pytest.raises(
        ConversionError, match=r"images do not say what input '.*' .* takes; give --calibration an \.npz"
    ):
        read_samples(pictures, make_task_contract(task))


def wrong(text: str, tmp_path: Path) -> str:
    path = tmp_path / "contract.toml"
    path.write_text(text)
    with pytest.raises(ContractError) as caught:
        read_declaration(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("name =", "nam ="), "the contract has no 'nam'"),
        (('"restore"', '"repair"'), "task is 'repair'; it must be one of restore"),
        (('"image"', '""'), "role is ''; it must be one of image"),
        (("range =", "rang ="), "has no 'rang'; there is highest, range, role, shape"),
        (("[0.0, 1.0]", "[0.0]"), "not a list of 2 numbers"),
        (("halo = 5", "halo = 5.5"), "tiling.halo must be given in whole pixels"),
        (("name =", "name"), "is not a TOML file"),
    ],
)
def test_a_contract_file_that_cannot_be_understood_says_why(change, message, tmp_path):
    text = declare(tmp_path / "right.toml", make_contract()).read_text()
    assert change[0] in text
    assert message in wrong(text.replace(*change), tmp_path)


def test_what_is_declared_of_another_network_is_refused(folders, tmp_path):
    trained: ModelContract = read_handover(folders[Task.DETECT]).contract
    text = declare(tmp_path / "contract.toml", trained).read_text()
    arrays = write_arrays(tmp_path / "samples.npz", image=np.zeros((4, 64, 64, 3), np.uint8))
    for change, message in (
        (("signatures.detect", "signatures.find"), "has no signature 'find'; it has detect"),
        (("inputs.image", "inputs.photo"), "there is no 'photo'; the network has image"),
        (('role = "mask"', 'role = "image"'), "has 1 channels, not 3"),
    ):
        (tmp_path / "contract.toml").write_text(text.replace(*change))
        source = folders[Task.DETECT] / "saved_model"
        with pytest.raises(ContractError, match=message), adopted(source, tmp_path / "contract.toml", arrays):
            pass
