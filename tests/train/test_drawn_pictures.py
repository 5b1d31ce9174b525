"""Figures of drawn pictures in the log of a run."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from click.testing import CliRunner
from made.pictures import photo_pixels
from made.processes import Running, start
from made.training import train_arguments
from PIL import Image

from litebrush.errors import DataError
from litebrush_train.cli import command
from litebrush_train.config import build, override, shipped_sections
from litebrush_train.families.gan import Gan
from litebrush_train.families.vae import Vae
from litebrush_train.features import TfliteFeatures
from litebrush_train.generative_recipes import GanRecipe, VaeRecipe

TINY = (
    "model.latent=4",
    "training.steps=6",
    "training.batch_size=2",
    "compression.method=none",
    "run.validation_share=0.4",
    "run.calibration_images=2",
    "run.checkpoint_every=1",
)
TINY_GAN = (*TINY, "model.channels=1", "model.discriminator_channels=1")
TINY_VAE = (*TINY, "model.channels=1")


@pytest.fixture(scope="module")
def extractor_file(tmp_path_factory) -> Path:
    """A classifier of its own making, called as a family of networks is."""
    keras.utils.set_random_seed(0)
    image = keras.Input((16, 16, 3), batch_size=1)
    features = keras.layers.Conv2D(5, 3, activation="relu")(image)
    head = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(features))
    path = tmp_path_factory.mktemp("features") / "tiny_mobilenet.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(keras.Model(image, head)).convert())
    return path


@pytest.fixture(scope="module")
def class_folders(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("classes")
    for seed in range(12):
        name = folder / ("coat", "shoe")[seed % 2]
        name.mkdir(exist_ok=True)
        picture = photo_pixels(64, 64, seed) // (1 + seed % 2)
        Image.fromarray(np.roll(picture, 5 * seed, axis=0)).save(name / f"{seed}.png")
    return folder


def train(family: str, data: Path, out: Path, recipe: tuple[str, ...], *more: str) -> Running:
    return start(train_arguments(data, out, *more, family=family, recipe=recipe), out.with_suffix(".log"))


def log(run: Path) -> list[dict[str, str]]:
    with (run / "logs" / "training.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_log_has_the_figures_every_fourth_checkpoint_and_at_the_end(class_folders, extractor_file, tmp_path):
    run = tmp_path / "run"
    done = train("gan", class_folders, run, TINY_GAN, "--features", str(extractor_file))
    assert done.wait() == 0, done.said
    assert "the probe tells the class of" in done.said
    lines = log(run)
    for figure in ("MobileNet-FID", "MobileNet-KID", "class_accuracy", "diversity"):
        assert [line["step"] for line in lines if line[figure]] == ["4", "6"]
    assert "MobileNet-FID=" in done.said
    assert "features" not in (run / "run.json").read_text()


def test_a_run_with_features_resumes_without_them(class_folders, extractor_file, tmp_path):
    run = tmp_path / "run"
    measured = train("vae", class_folders, run, TINY_VAE, "--features", str(extractor_file))
    assert measured.wait() == 0, measured.said
    assert float(log(run)[-1]["MobileNet-FID"]) > 0
    assert "class_accuracy" not in log(run)[-1]
    assert log(run)[-1]["psnr_db"]
    resumed = train("vae", class_folders, run, TINY_VAE, "--resume")
    assert resumed.wait() == 0, resumed.said


def test_bad_features_are_refused_in_one_line_before_training(class_folders, tmp_path):
    (tmp_path / "bad.tflite").write_text("no network")
    done = train("gan", class_folders, tmp_path / "run", TINY_GAN, "--features", str(tmp_path / "bad.tflite"))
    assert done.wait() == 2
    assert "is not a TFLite network" in done.error
    assert "Traceback" not in done.said
    assert not (tmp_path / "run").exists()


def test_only_families_that_draw_take_features():
    for family, takes in (("gan", True), ("vae", True), ("denoise", False)):
        assert ("--features" in CliRunner().invoke(command, [family, "--help"]).output) == takes


def gan(extractor_file: Path, *settings: str) -> Gan:
    recipe = build(GanRecipe, override(shipped_sections("gan"), (*TINY_GAN, *settings)))
    return Gan(recipe, TfliteFeatures(extractor_file))


def test_a_generator_gets_the_same_figures_each_time(class_folders, extractor_file, tmp_path):
    family = gan(extractor_file)
    images = family.read((class_folders,), tmp_path)
    networks = family.networks(images)
    measure = family.measured(images)
    assert measure(networks) == measure(networks)


def test_a_generator_is_asked_for_the_classes_of_the_held_out_pictures(class_folders, extractor_file, tmp_path):
    family = gan(extractor_file)
    images = family.read((class_folders,), tmp_path)
    asked = []
    family.drawn = lambda networks, count, labels, images: asked.append(labels) or np.stack(list(images.validation))
    figures = family.measured(images)({})
    assert np.array_equal(asked[0], images.labels(images.validation))
    assert figures["MobileNet-FID"] == pytest.approx(0, abs=1e-6)
    assert figures["diversity"] == pytest.approx(1)


def test_an_autoencoder_is_measured_by_what_it_draws_from_the_prior(class_folders, extractor_file, tmp_path):
    recipe = build(VaeRecipe, override(shipped_sections("vae"), TINY_VAE))
    family = Vae(recipe, TfliteFeatures(extractor_file))
    images = family.read((class_folders,), tmp_path)
    figures = family.learner(family.networks(images), images).measure()
    assert set(figures) == {"MobileNet-FID", "MobileNet-KID", "diversity"}


def test_too_few_pictures_to_measure_against_are_refused(class_folders, extractor_file, tmp_path):
    family = gan(extractor_file, "run.validation_share=0.05")
    images = family.read((class_folders,), tmp_path)
    with pytest.raises(DataError, match="leave out --features"):
        family.measured(images)
    family = gan(extractor_file, "run.validation_share=0.95")
    images = family.read((class_folders,), tmp_path)
    with pytest.raises(DataError, match="a probe needs 2"):
        family.measured(images)
