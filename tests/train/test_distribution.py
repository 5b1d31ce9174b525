"""Runs that several devices, or several processes as stand-ins for machines, share."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made.processes import Running, start, start_workers, wait_for_lines
from made.training import TINY_DENOISE, TINY_GAN, final_tensors, logged, train_arguments

from litebrush.errors import RecipeError
from litebrush_train.distribution import ONE_DEVICE, Cluster

# Sums over a batch are taken in another order, and float32 rounds them otherwise: weights differed by 1e-7.
LOSS_TOLERANCE = 1e-5  # relative; the log has six digits
WEIGHT_TOLERANCE = 1e-5
RECIPE = (*TINY_DENOISE, "training.batch_size=4")
TWO = {"worker": ["localhost:1", "localhost:2"]}


def arguments_of(data: Path, out: Path, *more: str) -> list[str]:
    return train_arguments(data, out, "--compress", "none", *more, recipe=RECIPE)


def finish(runs: list[Running]) -> None:
    for run in runs:
        assert run.wait() == 0, run.said


def assert_same_figures(run: Path, other: Path) -> None:
    found, expected = logged(run), logged(other)
    for name in ("step", "distance", "learning_rate", "psnr_db", "ssim"):
        np.testing.assert_allclose(found[name], expected[name], rtol=LOSS_TOLERANCE, err_msg=name)


def assert_same_tensors(run: Path, other: Path) -> None:
    found, expected = final_tensors(run), final_tensors(other)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=0, atol=WEIGHT_TOLERANCE, err_msg=name)


@pytest.fixture(scope="module")
def alone(image_folder, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    finish([start(arguments_of(image_folder, folder / "run"), folder / "log")])
    return folder / "run"


@pytest.fixture(scope="module")
def two_workers(image_folder, tmp_path_factory) -> Path:
    """Folder of logs ``0.log`` and ``1.log`` and the shared ``run``."""
    folder = tmp_path_factory.mktemp("two")
    finish(start_workers(2, arguments_of(image_folder, folder / "run"), folder))
    return folder


def test_two_workers_learn_what_one_does_from_the_same_batches(alone, two_workers):
    assert_same_figures(two_workers / "run", alone)
    assert_same_tensors(two_workers / "run", alone)


def test_only_the_chief_writes(alone, two_workers):
    def names(run: Path) -> set[str]:
        return {str(path.relative_to(run)) for path in run.rglob("*") if "tensorboard" not in path.parts}

    assert names(two_workers / "run") == names(alone)
    assert len(list((two_workers / "run" / "tensorboard").rglob("events*"))) == 1
    assert "handed over" in (two_workers / "0.log").read_text()
    assert "handed over" not in (two_workers / "1.log").read_text()


def test_when_a_worker_is_lost_the_others_say_so_and_all_can_go_on(image_folder, two_workers, tmp_path):
    arguments = arguments_of(image_folder, tmp_path / "run")
    chief, other = start_workers(2, arguments, tmp_path)
    wait_for_lines(chief, tmp_path / "run" / "logs" / "training.csv", 3)
    other.kill()
    assert chief.wait() == 2, chief.said
    assert chief.error.startswith("Error: worker 1 of 2 (index 0 in TF_CONFIG) lost others")
    assert chief.error.endswith("then start all workers again with --resume")
    assert "Traceback" not in chief.said
    finish(start_workers(2, [*arguments, "--resume"], tmp_path))
    assert_same_tensors(tmp_path / "run", two_workers / "run")


def test_when_the_chief_refuses_the_others_end_too(image_folder, two_workers, tmp_path):
    chief, other = start_workers(2, arguments_of(image_folder, two_workers / "run"), tmp_path)
    assert (chief.wait(), other.wait()) == (2, 2)
    assert "already holds something" in chief.error
    assert other.error.startswith("Error: worker 2 of 2 (index 1 in TF_CONFIG) lost others")


def test_two_workers_train_a_gan_which_the_chief_compresses_even_if_it_is_alone_by_then(class_folders, tmp_path):
    recipe = (*TINY_GAN, "training.steps=2")
    arguments = train_arguments(class_folders, tmp_path / "run", family="gan", recipe=recipe)
    chief, other = start_workers(2, arguments, tmp_path)
    wait_for_lines(chief, tmp_path / "run" / "logs" / "quantization_aware_training.csv", 2)
    other.kill()
    finish([chief])
    assert (tmp_path / "run" / "handover" / "quantization_aware_model").is_dir()
    tensors = final_tensors(tmp_path / "run")
    assert all(np.isfinite(values).all() for values in tensors.values())
    assert any("discriminator_optimizer" in name for name in tensors)


def test_two_devices_train_a_gan_with_dropout(class_folders, tmp_path):
    recipe = (*TINY_GAN, "training.steps=2", "model.architecture=dcgan")
    more = ("--compress", "none", "--strategy", "mirrored")
    arguments = train_arguments(class_folders, tmp_path / "run", *more, family="gan", recipe=recipe)
    finish([start(arguments, tmp_path / "log", devices=2)])
    assert np.isfinite(logged(tmp_path / "run")["generator_loss"]).all()


def test_two_devices_learn_what_one_does(image_folder, alone, tmp_path):
    arguments = arguments_of(image_folder, tmp_path / "run", "--strategy", "mirrored")
    finish([start(arguments, tmp_path / "log", devices=2)])
    assert_same_figures(tmp_path / "run", alone)
    assert_same_tensors(tmp_path / "run", alone)


def test_mirrored_on_one_device_is_one_device(capsys):
    assert Cluster.of("mirrored").connect() is ONE_DEVICE
    assert "finds one device" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "multiworker needs the variable TF_CONFIG"),
        ("{worker: 1}", "TF_CONFIG is not understood (JSONDecodeError"),
        ("[]", "TF_CONFIG is not understood (TypeError"),
        (json.dumps({"cluster": TWO}), "TF_CONFIG is not understood (KeyError: 'task')"),
        (json.dumps({"cluster": TWO, "task": {"type": "worker", "index": 2}}), "index 2 is none of 0 to 1"),
        (json.dumps({"cluster": TWO, "task": {"type": "worker", "index": -1}}), "index -1 is none of 0 to 1"),
        (json.dumps({"cluster": TWO, "task": {"type": "chief", "index": 0}}), "may list workers only"),
        (json.dumps({"cluster": {"worker": "a:1"}, "task": {"type": "worker", "index": 0}}), "may list workers only"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused(config, message, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if config is not None:
        monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(RecipeError) as refused:
        Cluster.of("multiworker")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_batch_that_cannot_be_shared_is_refused_before_any_work(image_folder, tmp_path):
    arguments = arguments_of(image_folder, tmp_path / "run", "--set", "training.batch_size=3")
    for worker in start_workers(2, arguments, tmp_path):
        assert worker.wait() == 2, worker.said
        assert "training.batch_size is 3, which 2 replicas cannot share evenly; give a multiple of 2" in worker.error
    assert not (tmp_path / "run").exists()
