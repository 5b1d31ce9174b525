from __future__ import annotations

import csv
import json
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
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


def test_a_killed_run_resumes_and_ends_with_the_weights_of_an_uninterrupted_one(image_folder, finished_run, tmp_path):
    run = tmp_path / "run"
    process = subprocess.Popen(train_arguments(image_folder, run), stderr=subprocess.DEVNULL)
    while len(logged_steps(run)) < 3:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    subprocess.run(train_arguments(image_folder, run, "--resume"), check=True, capture_output=True)
    expected, resumed = final_weights(finished_run), final_weights(run)
    assert expected.keys() == resumed.keys()
    for name, array in expected.items():
        assert np.array_equal(array, resumed[name]), name


def test_a_run_leaves_recipe_log_and_hand_over(finished_run):
    assert json.loads((finished_run / "recipe.json").read_text())["training"]["steps"] == 12
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
    assert "already holds a run; add --resume" in done.stderr


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
    assert "the loss became" in done.stderr
    assert "last good checkpoint" in done.stderr
    assert "Traceback" not in done.stderr
