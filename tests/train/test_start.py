"""Training that begins with the weights of a finished run."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from made.processes import start, wait_for_lines
from made.training import TINY_DENOISE, TINY_RNN, TINY_VAE, train_arguments

from litebrush_train.cli import read_start
from litebrush_train.config import build, override, shipped_sections
from litebrush_train.families.deblock import Deblock
from litebrush_train.families.denoise import Denoise
from litebrush_train.families.family import Family
from litebrush_train.families.rnn import Rnn
from litebrush_train.fit import finished_networks
from litebrush_train.pictures import load_image_folders
from litebrush_train.restoration_recipes import DeblockRecipe
from litebrush_train.sequence_recipes import RnnRecipe


def tiny_cell() -> Family[RnnRecipe]:
    return Rnn(build(RnnRecipe, override(shipped_sections("rnn"), TINY_RNN)))


@pytest.fixture
def images(image_folder, tmp_path):
    return load_image_folders((image_folder,), 0.2, 16, store=tmp_path)


def test_a_cell_that_starts_from_a_denoiser_restores_what_stands_still_as_the_denoiser_does(finished_run, images):
    begun = read_start(finished_run)
    networks = tiny_cell().networks(images)
    begun.hand_weights_to(networks, images)
    denoiser = Denoise(begun.family.recipe).networks(images)
    begun.hand_weights_to(denoiser, images)
    random = np.random.default_rng(0)
    frame, level = random.random((1, 32, 32, 3), np.float32), np.full((1, 16, 16, 1), 0.1, np.float32)
    state = np.concatenate([tf.nn.space_to_depth(frame, 2), random.random((1, 16, 16, 4), np.float32)], axis=3)
    restored = networks["cell"]({"frame": frame, "noise_level": level, "state": state})
    alone = denoiser["model"]({"image": frame, "noise_level": level})
    assert not np.array_equal(alone, frame)
    np.testing.assert_allclose(restored[0], alone, atol=1e-6)


def test_a_convolution_of_fewer_inputs_takes_the_weights_of_the_first(finished_run, images):
    begun = read_start(finished_run)
    denoiser = Denoise(begun.family.recipe).networks(images)
    deblocker = Deblock(build(DeblockRecipe, override(shipped_sections("deblock"), TINY_DENOISE))).networks(images)
    for networks in (denoiser, deblocker):
        begun.hand_weights_to(networks, images)
    told, untold = (networks["model"].get_layer("head").get_weights() for networks in (denoiser, deblocker))
    assert told[0].shape[2] == untold[0].shape[2] + 1  # the noise level
    assert np.array_equal(told[0][:, :, :-1], untold[0])
    assert np.array_equal(told[1], untold[1])


def test_a_wider_network_begins_as_the_one_whose_weights_it_was_given(finished_run, images):
    begun = read_start(finished_run)
    model = begun.family.recipe.model
    wider = replace(begun.family.recipe, model=replace(model, inner_channels=model.inner_channels + 5))
    narrow, wide = (Denoise(recipe).networks(images) for recipe in (begun.family.recipe, wider))
    for networks in (narrow, wide):
        begun.hand_weights_to(networks, images)
    random = np.random.default_rng(0)
    image, level = random.random((1, 32, 32, 3), np.float32), np.full((1, 16, 16, 1), 0.1, np.float32)
    before, after = (networks["model"]({"image": image, "noise_level": level}) for networks in (narrow, wide))
    assert not np.array_equal(before, image)
    np.testing.assert_allclose(after, before, atol=1e-6)


def test_what_no_layer_of_the_run_is_like_stays_as_it_was(finished_run, images):
    networks = tiny_cell().networks(images)
    before = networks["cell"].get_layer("gate").get_weights()
    read_start(finished_run).hand_weights_to(networks, images)
    assert all(map(np.array_equal, before, networks["cell"].get_layer("gate").get_weights()))


def test_a_run_says_what_it_started_from_and_is_resumed_without_it(image_folder, finished_run, tmp_path):
    first = shutil.copytree(finished_run, tmp_path / "first")
    recipe = (*TINY_RNN, "training.steps=2000")

    def begin(*more):
        arguments = train_arguments(image_folder, tmp_path / "run", *more, family="rnn", recipe=recipe)
        return start(arguments, tmp_path / "log")

    running = begin("--start-from", str(first))
    wait_for_lines(running, tmp_path / "run" / "logs" / "training.csv", 2)
    running.kill()
    assert "fresh: compare, farther, far0, far1, far2, nearer, judge, features, gate, average, recall" in running.said
    assert json.loads((tmp_path / "run" / "run.json").read_text())["start"]["name"] == "denoise"
    shutil.rmtree(first)
    resumed = begin("--resume")
    wait_for_lines(resumed, tmp_path / "run" / "logs" / "training.csv", 4)
    resumed.kill()


def test_before_its_first_checkpoint_a_run_is_not_resumed_from_random_weights(image_folder, finished_run, tmp_path):
    arguments = train_arguments(image_folder, tmp_path / "run", family="rnn", recipe=TINY_RNN)
    running = start([*arguments, "--start-from", str(finished_run)], tmp_path / "log")
    assert running.wait() == 0, running.said
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    shutil.rmtree(tmp_path / "run" / "finished")
    refused = start([*arguments, "--resume"], tmp_path / "log")
    assert refused.wait() == 2
    assert "starts from 'denoise'; give --start-from again" in refused.error


@pytest.fixture
def starts(finished_run, tmp_path):
    """Runs that another one cannot start from, by what is wrong with them."""
    shutil.copytree(finished_run, tmp_path / "unfinished", ignore=shutil.ignore_patterns("finished"))
    shutil.copytree(finished_run, tmp_path / "other layers")
    record = json.loads((finished_run / "run.json").read_text())
    wider = {**record, "recipe": {**record["recipe"], "model": {**record["recipe"]["model"], "channels": 16}}}
    autoencoder = {**record, "family": "vae", "recipe": override(shipped_sections("vae"), TINY_VAE)}
    for name, changed in (("other shapes", wider), ("other pictures", autoencoder)):
        run = shutil.copytree(finished_run, tmp_path / name)
        (run / "run.json").write_text(json.dumps(changed))
    run = shutil.copytree(finished_run, tmp_path / "fewer layers")
    network = Denoise(read_start(run).family.recipe).network()
    without_tail = keras.Model(network.inputs, network.get_layer("tail").input)
    (kept,) = finished_networks(run, "training").values()
    tf.train.Checkpoint(network=without_tail).write(kept)
    return tmp_path


@pytest.mark.parametrize(
    ("of", "family", "message"),
    [
        ("nowhere", "denoise", "holds no run"),
        ("unfinished", "denoise", "has no finished training to start from"),
        ("other layers", "vae", "no layer of this network is like one"),
        ("other shapes", "denoise", "do not fit what its run.json and these images"),
        ("fewer layers", "denoise", "do not fit what its run.json and these images"),
        ("other pictures", "denoise", "only another vae can start from it"),
    ],
)
def test_a_start_that_cannot_be_is_refused(of, family, message, starts, image_folder, tmp_path):
    recipe = {"vae": TINY_VAE, "denoise": TINY_DENOISE}[family]
    arguments = train_arguments(image_folder, tmp_path / "run", family=family, recipe=recipe)
    refused = start([*arguments, "--start-from", str(starts / of)], tmp_path / "log")
    assert refused.wait() == 2, refused.said
    assert message in refused.error
    assert not (tmp_path / "run" / "run.json").exists()
