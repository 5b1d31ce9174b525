from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from made.contracts import IMAGE, RESTORED, STATES, make_task_contract
from made.pictures import photo_pixels

from litebrush.contract import ModelContract, StatePair, Tiling
from litebrush.errors import ContractError
from litebrush.tasks import Task
from litebrush.tensors import Signature
from litebrush_train.handover import Network, write_handover


class Brighter(tf.Module):
    """Adds a tenth and the state's mean; remembers 1."""

    def __init__(self) -> None:
        self.tenth = tf.Variable(0.1)

    def __call__(self, image: tf.Tensor, state: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"restored": image + self.tenth + tf.reduce_mean(state), "next_state": tf.ones_like(state)}


def make_sequence() -> tuple[ModelContract, Network]:
    image, restored = (dataclasses.replace(spec, shape=(1, 128, 128, 3)) for spec in (IMAGE, RESTORED))
    signature = Signature("restore", (image, STATES[0]), (restored, STATES[1]))
    contract = ModelContract(
        "video", Task.RESTORE_SEQUENCE, (signature,), Tiling(0, 2, True), states=(StatePair("state", "next_state"),)
    )
    module = Brighter()
    return contract, Network(signature, module, module)


def write(folder, contract: ModelContract, network: Network):
    pictures = np.stack([photo_pixels(128, 128, seed) for seed in range(4)]).reshape(2, 2, 128, 128, 3)
    calibration = {"restore/image": pictures[0], "restore/state": np.zeros((2, *STATES[0].shape[1:]), np.float32)}
    return write_handover(folder, contract, (network,), (), calibration, {"restore/image": pictures}), pictures


def test_the_golden_result_is_the_corner_of_the_first_step_from_a_state_of_zero(tmp_path):
    folder, pictures = write(tmp_path / "handover", *make_sequence())
    with np.load(folder / "golden.npz") as golden:
        assert set(golden) == {"restore/image", "restore/restored", "restore/next_state"}
        assert np.array_equal(golden["restore/image"], pictures[0, 0, :64, :64])
        assert np.allclose(golden["restore/restored"], pictures[0, 0, :64, :64] / 255 + 0.1)
        assert golden["restore/next_state"].shape == (16, 16, 4)


def test_the_saved_model_has_the_contracts_signatures_and_shapes(tmp_path):
    contract, network = make_sequence()
    folder, _ = write(tmp_path / "handover", contract, network)
    restore = tf.saved_model.load(str(folder / "saved_model")).signatures["restore"]
    shapes = {name: tuple(spec.shape) for name, spec in restore.structured_input_signature[1].items()}
    assert shapes == {spec.name: spec.shape for spec in contract.signature.inputs}


def test_networks_of_another_contract_are_refused(tmp_path):
    _, network = make_sequence()
    with pytest.raises(ContractError, match="do not have the signatures of the contract"):
        write(tmp_path / "handover", make_task_contract(Task.RESTORE_SEQUENCE), network)
    assert not (tmp_path / "handover").exists()
