"""A run that was killed and resumed ends as one that never was, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from made.processes import start, wait_for_lines
from made.training import TINY_DENOISE, TINY_GAN, TINY_RNN, TINY_VAE, final_tensors, logged, train_arguments

RUNS = {
    "denoise": ("denoise", TINY_DENOISE, "none", "training"),
    "denoise, quantization-aware": ("denoise", TINY_DENOISE, "qat", "quantization_aware_training"),
    "denoise, pruned": ("denoise", TINY_DENOISE, "prune", "pruning"),
    "gan": ("gan", TINY_GAN, "none", "training"),
    "gan with dropout": ("gan", (*TINY_GAN, "model.architecture=dcgan"), "none", "training"),
    "vae": ("vae", TINY_VAE, "none", "training"),
    "rnn": ("rnn", TINY_RNN, "none", "training"),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_killed_and_resumed_run_ends_with_the_tensors_of_an_uninterrupted_one(
    name, image_folder, class_folders, tmp_path
):
    family, recipe, method, phase = RUNS[name]
    data = class_folders if family == "gan" else image_folder

    def begin(run, *more):
        arguments = train_arguments(data, tmp_path / run, "--compress", method, *more, family=family, recipe=recipe)
        return start(arguments, tmp_path / f"{run}.log")

    uninterrupted, interrupted = begin("uninterrupted"), begin("interrupted")
    wait_for_lines(interrupted, tmp_path / "interrupted" / "logs" / f"{phase}.csv", 2)
    interrupted.kill()
    assert not (tmp_path / "interrupted" / "handover").exists()
    resumed = begin("interrupted", "--resume")
    for run in (uninterrupted, resumed):
        assert run.wait() == 0, run.said
    assert not any(line.lstrip().startswith(f"{phase}:   0%") for line in resumed.said.splitlines())
    steps = logged(tmp_path / "interrupted", phase)["step"]
    assert len(set(steps)) == len(steps)
    expected, found = final_tensors(tmp_path / "uninterrupted"), final_tensors(tmp_path / "interrupted")
    assert expected.keys() == found.keys()
    for tensor, values in expected.items():
        assert np.array_equal(values, found[tensor]), tensor
