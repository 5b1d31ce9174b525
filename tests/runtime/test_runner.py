from __future__ import annotations

import numpy as np
import pytest
from made.contracts import IMAGE, LABELS, LATENT, NOISE_LEVEL, RESTORED, STATES
from made.pictures import photo_pixels

from litebrush.engine import FakeEngine, TensorInfo
from litebrush.errors import ContractError
from litebrush.runner import SignatureRunner
from litebrush.samples import real_values
from litebrush.tensors import Role, Signature, TensorSpec

LABEL = TensorSpec("label", Role.LABEL, (1, len(LABELS)))
INPUTS = (IMAGE, NOISE_LEVEL, LATENT, LABEL, STATES[0])
SIGNATURE = Signature("run", INPUTS, (RESTORED, STATES[1]))
SCALE, ZERO_POINT = 0.03, 5
SAMPLE = {
    "image": photo_pixels(40, 50),
    "noise_level": np.array(20, np.float32),
    "latent": np.linspace(-3, 3, 8, dtype=np.float32),
    "label": np.array([0, 1, 0], np.float32),
    "state": np.full((32, 32, 4), 0.5, np.float32),
}


def tensors(specs: tuple[TensorSpec, ...], dtype: type) -> dict[str, TensorInfo]:
    quantization = (SCALE, ZERO_POINT) if dtype is np.int8 else ()
    return {spec.name: TensorInfo(spec.shape, np.dtype(dtype), *quantization) for spec in specs}


def make_runner(dtype: type) -> SignatureRunner:
    engine = FakeEngine(
        tensors(SIGNATURE.inputs, dtype),
        tensors(SIGNATURE.outputs, dtype),
        lambda inputs: {"restored": inputs["image"], "next_state": inputs["state"]},
    )
    return SignatureRunner(SIGNATURE, engine)


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 1e-6), (np.int8, SCALE / 2 + 0.5 / 255)])
def test_every_role_reaches_the_network_as_the_real_value_that_was_stored(dtype, error):
    runner = make_runner(dtype)
    runner.run(SAMPLE)
    for spec in INPUTS:
        fed = runner.engine.input(spec.name).astype(np.float32)
        real = (fed - ZERO_POINT) * SCALE if dtype is np.int8 else fed
        assert np.allclose(real, real_values(spec, SAMPLE[spec.name]), atol=error, rtol=0), spec.name


@pytest.mark.parametrize("dtype", [np.float32, np.int8])
def test_a_state_that_is_not_given_is_zero(dtype):
    runner = make_runner(dtype)
    runner.run(SAMPLE)
    outputs = runner.run({name: array for name, array in SAMPLE.items() if name != "state"})
    assert not runner.real("next_state", outputs["next_state"]).any()


def test_outputs_are_the_callers_to_keep():
    runner = make_runner(np.float32)
    first = runner.run(SAMPLE)["next_state"]
    runner.run({**SAMPLE, "state": np.zeros((32, 32, 4), np.float32)})
    assert np.all(first == 0.5)
    assert np.array_equal(runner.picture("restored", runner.run(SAMPLE)["restored"])[:40, :50], SAMPLE["image"])


def test_a_network_without_the_promised_tensors_is_refused():
    engine = FakeEngine(tensors(INPUTS[1:], np.int8), tensors(SIGNATURE.outputs, np.int8), lambda _: {})
    with pytest.raises(ContractError, match="no tensor 'image'"):
        SignatureRunner(SIGNATURE, engine)
