from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from made.exports import quick_exports
from made.training import TINY
from PIL import Image

from litebrush.contract import Precision
from litebrush.errors import DataError, RecipeError
from litebrush.loading import open_model, verify
from litebrush_export.pipeline import export
from litebrush_export.variants import Order
from litebrush_train.cli import FAMILIES, family_class, recipe_class
from litebrush_train.config import build, override, shipped_sections
from litebrush_train.distribution import Cluster
from litebrush_train.families.denoise import Denoise
from litebrush_train.families.restoration import MODEL
from litebrush_train.restoration_recipes import DenoiseRecipe
from litebrush_train.run import TrainingOrder, train
from litebrush_train.run_folder import RunFolder

PRECISIONS = (Precision.FLOAT32, Precision.INT8)
BY_NAME = {family.name: family for family in FAMILIES}


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    with quick_exports():
        yield


def run(name: str, data: Path, out: Path, *settings: str) -> Path:
    sections = override(shipped_sections(name), (*TINY[name], "training.steps=4", "compression.steps=2", *settings))
    family = family_class(BY_NAME[name])
    recipe = build(recipe_class(BY_NAME[name]), sections)
    folder = RunFolder(out)
    train(TrainingOrder(name, family(recipe), (data,), "waves", "CC0-1.0"), folder, Cluster.of(None))
    return folder.handover


def test_a_denoiser_minimizes_the_root_mean_square_error_of_a_patch_in_the_mean_over_patches():
    denoise = Denoise(build(DenoiseRecipe, override(shipped_sections("denoise"), TINY["denoise"])))
    random = np.random.default_rng(0)
    target = random.random((2, 16, 16, 3), np.float32)
    noise = np.array([0.02, 0.2], np.float32)[:, None, None, None] * random.choice((-1, 1), target.shape)
    batch = {"image": target + noise, "noise_level": np.zeros((2, 8, 8, 1), np.float32), "target": target}
    untrained = denoise.network()  # leaves a picture as it is

    def distance(**changed):
        tensors = {name: tf.constant(values, tf.float32) for name, values in {**batch, **changed}.items()}
        return denoise.losses({MODEL: untrained}, tensors, tf.constant(0))["distance"]

    assert float(distance()) == pytest.approx(0.11, rel=1e-3)
    with tf.GradientTape() as tape:
        nothing_to_learn = distance(image=target)
    gradients = tape.gradient(nothing_to_learn, untrained.trainable_variables)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_family_trains_hands_over_converts_and_runs(name, class_folders, tmp_path):
    handover = run(name, class_folders, tmp_path / "run")
    exported = export(handover, Order(PRECISIONS), tmp_path / "models")
    for file, precision in zip(exported, PRECISIONS):
        result = verify(file.path)
        assert result.identical
        assert result.contract.name == name
        assert result.contract.precision is precision
    assert not exported[1].parity.float_operators
    assert exported[1].parity.psnr_to_float32_db > 25
    assert open_model(exported[0].path).contract.provenance.training_data == "waves"


def test_a_conditional_generator_knows_its_classes_and_an_unconditional_one_has_none(class_folders, tmp_path):
    contracts = {}
    for which, data in (("classes", class_folders), ("flat", class_folders / "a")):
        handover = run("gan", data, tmp_path / which, "compression.method=none")
        contracts[which] = json.loads((handover / "contract.json").read_text())
    assert contracts["classes"]["labels"] == ["a", "b"]
    assert contracts["flat"]["labels"] == []
    assert [tensor["role"] for tensor in contracts["flat"]["signatures"][0]["inputs"]] == ["latent"]


def test_a_generator_is_handed_over_with_its_truncation(class_folders, tmp_path):
    draws = []
    for truncation in (1.0, 0.5):
        settings = ("compression.method=none", f"model.truncation={truncation}")
        handover = run("gan", class_folders, tmp_path / str(truncation), *settings)
        draws.append(tf.saved_model.load(str(handover / "saved_model")).signatures["generate"])
    latent, label = np.full((1, 8), 0.8, np.float32), np.eye(2, dtype=np.float32)[:1]
    whole, narrowed = (
        draw(latent=tf.constant(factor * latent), label=tf.constant(label))["image"]
        for draw, factor in zip(draws, (0.5, 1.0))
    )
    np.testing.assert_allclose(whole, narrowed, atol=1e-5)


def test_a_generator_of_one_class_folder_is_refused_before_anything_is_written(class_folders, tmp_path):
    shutil.copytree(class_folders / "a", tmp_path / "data" / "a")
    with pytest.raises(DataError, match="all images lie in one class folder"):
        run("gan", tmp_path / "data", tmp_path / "run")
    assert not (tmp_path / "run" / "run.json").exists()


@pytest.mark.parametrize("architecture", ["hinge", "dcgan"])
def test_either_architecture_draws_pictures_of_the_asked_side(architecture, class_folders, tmp_path):
    settings = (f"model.architecture={architecture}", "model.side=128", "compression.method=none")
    handover = run("gan", enlarged(class_folders, tmp_path / "large"), tmp_path / "run", *settings)
    with np.load(handover / "golden.npz") as golden:
        assert golden["generate/image"].shape == (128, 128, 3)


def enlarged(folder: Path, out: Path) -> Path:
    for path in folder.rglob("*.png"):
        target = out / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as image:
            image.resize((140, 130)).save(target)
    return out


@pytest.mark.parametrize("method", ["prune", "prune-2:4", "cluster", "prune-qat", "channels"])
def test_a_denoiser_takes_every_compression(method, class_folders, tmp_path):
    handover = run("denoise", class_folders, tmp_path / "run", f"compression.method={method}")
    (file,) = export(handover, Order((Precision.INT8,)), tmp_path / "models")
    assert verify(file.path).identical
    assert (handover / "quantization_aware_model").is_dir() == (method == "prune-qat")


def test_what_a_method_cannot_take_is_named_before_training(class_folders, tmp_path):
    with pytest.raises(RecipeError, match="channels"):
        run("vae", class_folders, tmp_path / "run", "compression.method=channels")
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_a_run_leaves_previews_and_figures(class_folders, tmp_path):
    run("denoise", class_folders, tmp_path / "run", "compression.method=none")
    header = (tmp_path / "run" / "logs" / "training.csv").read_text().splitlines()[0]
    assert header.split(",") == [
        "step", "distance", "seconds_a_step", "data_share", "learning_rate", "psnr_db", "ssim"
    ]  # fmt: skip
    with Image.open(tmp_path / "run" / "previews" / "training-0000002.png") as preview:
        assert preview.size == (6 * 132 - 4, 3 * 132 - 4)
    assert list((tmp_path / "run" / "tensorboard" / "training").iterdir())
