from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from conftest import TINY_RECIPE, train_arguments


def final_weights(run: Path) -> dict[str, np.ndarray]:
    weights = {}
    for phase in ("training", "quantization_aware_training"):
        reader = tf.train.load_checkpoint(str(run / "checkpoints" / phase))
        for name in reader.get_variable_to_shape_map():
            if "OBJECT_GRAPH" not in name and "save_counter" not in name:
                weights[f"{phase}/{name}"] = reader.get_tensor(name)
    return weights


def logged_steps(run: Path) -> list[tuple[str, int]]:
    if not (run / "log.csv").exists():
        return []
    with (run / "log.csv").open(newline="") as file:
        return [(row["phase"], int(row["step"])) for row in csv.DictReader(file)]


@pytest.mark.parametrize("lines_before_the_kill", [3, 7])
def test_a_killed_run_resumes_and_ends_with_the_weights_of_an_uninterrupted_one(
    image_folder, finished_run, tmp_path, lines_before_the_kill
):
    run = tmp_path / "run"
    process = subprocess.Popen(train_arguments(image_folder, run), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(logged_steps(run)) < lines_before_the_kill:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (run / "handover").exists()
    done = subprocess.run(train_arguments(image_folder, run, "--resume"), check=True, capture_output=True, text=True)
    assert not any(line.startswith("training:   0%") for line in done.stderr.splitlines())
    assert len(set(logged_steps(run))) == len(logged_steps(run))
    expected, resumed = final_weights(finished_run), final_weights(run)
    assert expected.keys() == resumed.keys()
    for name, array in expected.items():
        assert np.array_equal(array, resumed[name]), name


def test_a_resumed_run_keeps_what_was_said_about_its_images(image_folder, finished_run, tmp_path):
    run = shutil.copytree(finished_run, tmp_path / "run")
    shutil.rmtree(run / "handover")
    subprocess.run(train_arguments(image_folder, run, "--resume"), check=True, capture_output=True)
    contract = json.loads((run / "handover" / "contract.json").read_text())
    assert (contract["provenance"]["training_data"], contract["provenance"]["licence"]) == ("waves", "CC0-1.0")


def test_a_run_is_not_resumed_with_other_images(image_folder, finished_run, tmp_path):
    others = shutil.copytree(image_folder, tmp_path / "images")
    (others / "0.png").unlink()
    done = subprocess.run(
        train_arguments(others, finished_run, "--resume"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "was begun with other images" in done.stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--resume"], "holds no run to resume"),
        (["--set", "model.blocks=40"], "nothing left inside a halo of 165"),
        (["--set", "training.patch_size=512"], "0 usable of 5 images"),
    ],
)
def test_what_cannot_end_in_a_hand_over_is_refused_before_training(image_folder, tmp_path, more, message):
    done = subprocess.run(
        train_arguments(image_folder, tmp_path / "run", *more), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_out_that_is_a_file_is_refused(image_folder, tmp_path):
    (tmp_path / "run").write_text("a letter")
    arguments = train_arguments(image_folder, tmp_path / "run" / "deeper")
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "choose another --out" in done.stderr


def test_a_run_leaves_recipe_log_and_hand_over(finished_run):
    assert json.loads((finished_run / "run.json").read_text())["recipe"]["training"]["steps"] == 12
    assert logged_steps(finished_run)[-1] == ("quantization_aware_training", 4)
    assert {path.name for path in (finished_run / "handover").iterdir()} == {
        "calibration.npz",
        "contract.json",
        "golden.npz",
        "quantization_aware_model",
        "saved_model",
        "validation.npz",
    }


def test_a_run_is_not_begun_over_another(image_folder, finished_run):
    done = subprocess.run(train_arguments(image_folder, finished_run), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "already holds something; add --resume" in done.stderr


def test_a_run_is_not_resumed_with_another_recipe(image_folder, finished_run):
    recipe = (*TINY_RECIPE, "training.learning_rate=0.5")
    arguments = train_arguments(image_folder, finished_run, "--resume", recipe=recipe)
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "training.learning_rate was 0.0015 and is now 0.5" in done.stderr


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_last_good_checkpoint(image_folder, tmp_path):
    recipe = (*TINY_RECIPE, "training.learning_rate=1e30", "training.steps=200")
    arguments = train_arguments(image_folder, tmp_path / "run", recipe=recipe)
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "begin again in a new --out with a lower training.learning_rate" in done.stderr
    assert "last good checkpoint" in done.stderr
    assert "Traceback" not in done.stderr
