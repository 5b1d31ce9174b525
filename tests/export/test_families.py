from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys

import numpy as np
import pytest
from made.families import COUNT, FAMILIES, STEPS
from made.pictures import photo_pixels
from PIL import Image

import litebrush
from litebrush.contract import Precision
from litebrush.encoding import quantize
from litebrush.errors import ContractError, ConversionError, VerificationError
from litebrush.loading import TASK_CLASSES, open_engines, open_model
from litebrush.metrics import psnr_db
from litebrush.modelfile import write_model
from litebrush.tasks import Task
from litebrush.tensors import Role
from litebrush_export.exported import Exported
from litebrush_export.handover import read_handover
from litebrush_export.pipeline import export
from litebrush_export.trial import frames_of, given_of, labels_of, open_runners, try_validation
from litebrush_export.variants import Order

PRECISIONS = (Precision.FLOAT32, Precision.INT8)


@pytest.fixture(scope="module")
def families(folders, tmp_path_factory) -> dict[tuple[Task, Precision], Exported]:
    models = tmp_path_factory.mktemp("models")
    return {
        (task, file.parity.precision): file
        for task, folder in folders.items()
        for file in export(folder, Order(PRECISIONS), models / task.value)
    }


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("task", FAMILIES)
def test_every_family_is_exported_to_a_file_that_proves_itself(families, task, precision):
    result = litebrush.verify(families[task, precision].path)
    assert result.identical
    assert result.contract.task is task


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("task", FAMILIES)
def test_any_flipped_golden_array_is_refused(families, task, precision, tmp_path):
    model = open_model(families[task, precision].path)
    for key, array in model.golden.items():
        if array.ndim == 0:
            continue
        flipped = {**model.golden, key: np.ascontiguousarray(np.flip(array))}
        write_model(dataclasses.replace(model, golden=flipped), tmp_path / "m.tflite")
        with pytest.raises(VerificationError, match="does not reproduce"):
            litebrush.verify(tmp_path / "m.tflite")


@pytest.mark.parametrize("task", FAMILIES)
def test_int8_leaves_nothing_in_float_and_stays_near_float32(families, task):
    parity = families[task, Precision.INT8].parity
    assert not parity.float_operators
    assert 20 < parity.psnr_to_float32_db < 100
    assert families[task, Precision.FLOAT32].parity.psnr_to_float32_db == float("inf")


@pytest.mark.parametrize(
    ("task", "what"),
    [
        (Task.INPAINT, "PSNR of held-out pictures"),
        (Task.DETECT, "F1 of held-out masks at a threshold of 0.5"),
        (Task.AUTOENCODE, "PSNR of held-out pictures, encoded and decoded"),
        (Task.RESTORE_SEQUENCE, "PSNR of held-out pictures, noise level 25"),
    ],
)
def test_the_contract_says_what_was_measured_against_the_truth(families, task, what):
    file = families[task, Precision.INT8]
    (measured,) = open_model(file.path).contract.quality
    assert measured.what == what
    assert measured.value == pytest.approx(file.parity.to_truth, abs=1e-3)
    card = (file.path.parent / "MODEL_CARD.md").read_text()
    assert file.parity.figure.heading in card


def test_a_generator_has_no_truth(families):
    file = families[Task.GENERATE, Precision.INT8]
    assert file.parity.to_truth is None
    assert open_model(file.path).contract.quality == ()
    assert "Labels: bag, boot, coat." in (file.path.parent / "MODEL_CARD.md").read_text()


def test_a_budget_without_a_truth_is_refused_before_anything_is_converted(folders, tmp_path):
    steps = []
    with pytest.raises(ConversionError, match="a budget needs held-out samples with their truth"):
        export(folders[Task.GENERATE], Order((Precision.MIXED,)), tmp_path, steps.append)
    assert steps == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("task", FAMILIES)
def test_every_family_gets_a_report(families, task):
    page = (families[task, Precision.INT8].path.parent / "report.html").read_text()
    assert "int8: error" in page
    assert ("input" in page) == (task not in (Task.GENERATE, Task.AUTOENCODE))


@pytest.mark.parametrize("task", FAMILIES)
def test_a_family_is_loaded_as_the_class_of_its_task(families, task):
    with litebrush.load(families[task, Precision.INT8].path) as model:
        assert type(model) is TASK_CLASSES[task]
        assert model.precision is Precision.INT8


def test_inspect_shows_signatures_states_and_labels(families):
    shown = {
        task: subprocess.run(
            [sys.executable, "-m", "litebrush", "inspect", str(families[task, Precision.INT8].path)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for task in (Task.AUTOENCODE, Task.GENERATE, Task.RESTORE_SEQUENCE)
    }
    assert "signature  encode" in shown[Task.AUTOENCODE]
    assert "signature  decode" in shown[Task.AUTOENCODE]
    assert "latent (latent) 1x8, real values" in shown[Task.AUTOENCODE]
    assert "labels     bag, boot, coat" in shown[Task.GENERATE]
    assert "state      next_state becomes state" in shown[Task.RESTORE_SEQUENCE]


def test_the_state_is_carried_from_step_to_step(folders, families):
    handover = read_handover(folders[Task.RESTORE_SEQUENCE])
    model = open_model(families[Task.RESTORE_SEQUENCE, Precision.FLOAT32].path)
    carried = try_validation(open_runners(model.contract, model.flatbuffer), handover)
    assert len(carried) == 2 * STEPS
    still = {key: np.repeat(array[:, :1], STEPS, axis=1) for key, array in handover.validation.items()}
    pictures = try_validation(
        open_runners(model.contract, model.flatbuffer), dataclasses.replace(handover, validation=still)
    ).reshape(2, STEPS, *carried.shape[1:])
    assert np.array_equal(pictures[:, 0], carried.reshape(pictures.shape)[:, 0])
    assert not np.array_equal(pictures[:, 0], pictures[:, 1])


def test_the_autoencoder_decodes_what_it_encoded(folders, families):
    handover = read_handover(folders[Task.AUTOENCODE])
    model = open_model(families[Task.AUTOENCODE, Precision.FLOAT32].path)
    runners = open_runners(model.contract, model.flatbuffer)
    decoded = try_validation(runners, handover)
    assert decoded.shape == (COUNT, 64, 64, 3)
    code = runners["encode"].run({"image": handover.validation["encode/image"][1]})["latent"]
    assert np.array_equal(
        decoded[1], runners["decode"].picture("image", runners["decode"].run({"latent": code})["image"])
    )


def test_what_went_in_is_one_for_each_picture_that_came_out(folders):
    given = {
        task: (handover, given_of(handover, Role.IMAGE), given_of(handover, Role.MASK))
        for task, handover in ((task, read_handover(folder)) for task, folder in folders.items())
    }
    assert {task: None if images is None else len(images) for task, (_, images, _) in given.items()} == {
        Task.INPAINT: COUNT,
        Task.DETECT: COUNT,
        Task.GENERATE: None,
        Task.AUTOENCODE: COUNT,
        Task.RESTORE_SEQUENCE: 2 * STEPS,
    }
    assert [task for task, (_, _, masks) in given.items() if masks is not None] == [Task.INPAINT]
    assert frames_of(given[Task.RESTORE_SEQUENCE][0]) == STEPS
    assert frames_of(given[Task.DETECT][0]) == 1
    assert labels_of(given[Task.GENERATE][0]) == ("bag", "boot", "coat", "bag")
    assert labels_of(given[Task.DETECT][0]) == ()


def test_signatures_of_one_file_run_apart_and_keep_their_inputs(families):
    model = open_model(families[Task.AUTOENCODE, Precision.INT8].path)
    encoder, decoder = open_engines(model.flatbuffer, model.contract, threads=1).values()
    assert set(encoder.inputs) == {"image"}
    assert set(decoder.inputs) == {"latent"}
    for values in (np.zeros((1, 8), np.float32), np.ones((1, 8), np.float32)):
        decoder.input("latent")[...] = quantize(values, decoder.inputs["latent"])
        decoder.invoke()
        first = decoder.output("image").copy()
        decoder.invoke()
        assert np.array_equal(decoder.output("image"), first)


def test_calibration_of_a_recurrent_network_needs_states(folders, tmp_path):
    folder = shutil.copytree(folders[Task.RESTORE_SEQUENCE], tmp_path / "handover")
    with np.load(folder / "calibration.npz") as stored:
        arrays = {key: array for key, array in stored.items() if key != "restore/state"}
    np.savez(folder / "calibration.npz", **arrays)
    with pytest.raises(ContractError, match="lacks restore/state"):
        read_handover(folder)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_an_exported_generator_draws_the_same_from_the_same_seed(families, precision):
    with litebrush.load(families[Task.GENERATE, precision].path) as generator:
        first, again = (np.stack([np.asarray(image) for image in generator(3, seed=7)]) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.std() > 0


def test_an_exported_int8_generator_draws_nearly_what_float32_draws(families):
    drawn = [
        np.stack([np.asarray(image) for image in litebrush.load(families[Task.GENERATE, precision].path)(4, seed=7)])
        for precision in PRECISIONS
    ]
    assert psnr_db(*drawn) > 25


@pytest.mark.parametrize("precision", PRECISIONS)
def test_an_exported_autoencoder_encodes_and_decodes(families, precision):
    photo = photo_pixels(40, 60)
    with litebrush.load(families[Task.AUTOENCODE, precision].path) as autoencoder:
        latent = autoencoder.encode(photo)
        assert np.isfinite(latent).all()
        assert np.array_equal(np.asarray(autoencoder.decode(latent)), np.asarray(autoencoder(photo)))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_command_fills_in_with_an_exported_inpainter_what_a_mask_says(families, precision, tmp_path):
    photo, mask = photo_pixels(70, 90), np.zeros((70, 90), np.uint8)
    mask[10:20, 30:39] = 255
    Image.fromarray(photo).save(tmp_path / "photo.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    command = [sys.executable, "-m", "litebrush", "repair", tmp_path / "photo.png", "-o", tmp_path / "out.png"]
    model = ["--model", families[Task.INPAINT, precision].path, "--mask", tmp_path / "mask.png"]
    done = subprocess.run([*command, *model], capture_output=True, text=True, check=True)
    assert f"1.4 % filled in by inpaint {precision.value} on cpu" in done.stdout
    with Image.open(tmp_path / "out.png") as repaired:
        changed = (np.asarray(repaired) != photo).any(axis=2)
    assert changed.any()
    assert not changed[mask == 0].any()
