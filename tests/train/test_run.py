from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from made.processes import start
from made.training import TINY_DENOISE, logged, train_arguments


def refusal(arguments: list[str], folder) -> str:
    done = start(arguments, folder / "log")
    assert done.wait() == 2, done.said
    assert "Traceback" not in done.said
    return done.error


def test_a_run_leaves_recipe_logs_previews_and_hand_over(finished_run):
    assert json.loads((finished_run / "run.json").read_text())["recipe"]["training"]["steps"] == 12
    assert logged(finished_run)["step"].tolist() == [2, 4, 6, 8, 10, 12]
    assert logged(finished_run, "quantization_aware_training")["step"].tolist() == [2, 4]
    assert (finished_run / "previews" / "training-0000012.png").exists()
    assert {path.name for path in (finished_run / "handover").iterdir()} == {
        "calibration.npz",
        "contract.json",
        "golden.npz",
        "quantization_aware_model",
        "saved_model",
        "validation.npz",
    }


def test_a_finished_run_is_handed_over_again_without_its_checkpoints(image_folder, finished_run, tmp_path):
    run = shutil.copytree(finished_run, tmp_path / "run")
    for part in ("handover", "checkpoints"):
        shutil.rmtree(run / part)
    done = start(train_arguments(image_folder, run, "--resume"), tmp_path / "log")
    assert done.wait() == 0, done.said
    contract = json.loads((run / "handover" / "contract.json").read_text())
    assert (contract["provenance"]["training_data"], contract["provenance"]["licence"]) == ("waves", "CC0-1.0")
    golden, again = (np.load(each / "handover" / "golden.npz") for each in (finished_run, run))
    assert golden.files == again.files
    assert all(np.array_equal(golden[name], again[name]) for name in golden.files)
    assert not (run / "checkpoints").exists()


def test_a_run_is_not_resumed_with_other_images(image_folder, finished_run, tmp_path):
    others = shutil.copytree(image_folder, tmp_path / "images")
    (others / "0.png").unlink()
    assert "was begun with other images" in refusal(train_arguments(others, finished_run, "--resume"), tmp_path)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--resume"], "holds no run to resume"),
        (["--set", "model.blocks=40"], "nothing left inside a halo of 175"),
        (["--set", "patches.patch_size=512"], "0 usable of 5 images"),
        (
            ["--set", "patches.patch_size=18"],
            "patch_size is 18; with these model settings it must be a multiple of 4",
        ),
    ],
)
def test_what_cannot_end_in_a_hand_over_is_refused_before_training(image_folder, tmp_path, more, message):
    run = tmp_path / "run"
    assert message in refusal(train_arguments(image_folder, run, *more), tmp_path)
    assert not (run / "checkpoints").exists()


def test_an_out_that_is_a_file_is_refused(image_folder, tmp_path):
    (tmp_path / "run").write_text("a letter")
    assert "choose another --out" in refusal(train_arguments(image_folder, tmp_path / "run" / "deeper"), tmp_path)


def test_a_run_is_not_begun_over_another(image_folder, finished_run, tmp_path):
    arguments = train_arguments(image_folder, finished_run)
    assert "already holds something; add --resume" in refusal(arguments, tmp_path)


def test_a_run_is_not_resumed_with_another_recipe(image_folder, finished_run, tmp_path):
    recipe = (*TINY_DENOISE, "training.learning_rate=0.5")
    arguments = train_arguments(image_folder, finished_run, "--resume", recipe=recipe)
    assert "training.learning_rate was 0.001 and is now 0.5" in refusal(arguments, tmp_path)


@pytest.mark.parametrize("section", ["training", "compression"])
def test_a_loss_that_is_no_number_stops_the_run_and_names_step_files_and_the_last_good_checkpoint(
    image_folder, tmp_path, section
):
    recipe = (*TINY_DENOISE, f"{section}.steps=200", f"{section}.learning_rate=3e38", "run.checkpoint_every=1")
    message = refusal(train_arguments(image_folder, tmp_path / "run", recipe=recipe), tmp_path)
    assert f"begin again in a new --out with a lower {section}.learning_rate" in message
    phase = "training" if section == "training" else "quantization_aware_training"
    (last,) = (tmp_path / "run" / "checkpoints" / phase).glob("ckpt-*.index")
    assert f"(the last good checkpoint is {last.with_suffix('')})" in message
    step = int(last.stem.removeprefix("ckpt-")) + 1
    assert f" at step {step} of {phase} on a batch from '{image_folder}" in message
