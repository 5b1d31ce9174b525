from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from hypothesis import given, settings
from hypothesis import strategies as st
from made.networks import (
    interpreter,
    learner,
    made_cell,
    made_denoiser,
    made_generator,
    outputs,
    steps_of,
    with_layer,
)

from litebrush_train.compression.pruning import MaskedLayer, prune
from litebrush_train.compression.stages import STAGES, Stage
from litebrush_train.compression.structure import Structure
from litebrush_train.recipes import CompressionRecipe

STEPS = 9
KERNELS = (keras.layers.Conv2D, keras.layers.Conv2DTranspose, keras.layers.Dense)


def recipe(method: str, sparsity: float = 0.5, steps: int = STEPS) -> CompressionRecipe:
    return CompressionRecipe(steps=steps, learning_rate=1e-2, method=method, sparsity=sparsity)


def kernels(model: keras.Model) -> dict[str, np.ndarray]:
    return {layer.name: layer.kernel.numpy() for layer in model.layers if type(layer) in KERNELS}


def pruned(stage: Stage, made, asked: CompressionRecipe) -> tuple[keras.Model, keras.Model]:
    network, inputs = made
    begun = stage.begin(network, asked, Structure(), inputs)
    steps_of(learner(begun, stage, asked), inputs)(asked.steps)
    return begun, stage.finish(begun)


@pytest.mark.parametrize(
    ("made", "sparsity"), [(made_denoiser, 0.5), (made_generator, 0.75), (lambda: made_generator("dcgan"), 0.5)]
)
def test_each_kernel_ends_with_the_asked_share_of_exact_zeros(made, sparsity):
    (stage,) = STAGES["prune"]
    _, finished = pruned(stage, made(), recipe("prune", sparsity))
    for name, kernel in kernels(finished).items():
        assert np.mean(kernel == 0) == pytest.approx(sparsity, abs=1 / kernel.size), name


def test_the_finished_network_is_plain_and_computes_the_same():
    network, inputs = made_denoiser()
    (stage,) = STAGES["prune"]
    begun, finished = pruned(stage, (network, inputs), recipe("prune"))
    assert [layer.name for layer in finished.layers] == [layer.name for layer in network.layers]
    assert finished.count_params() == network.count_params()
    assert np.array_equal(outputs(finished, inputs)[0], outputs(begun, inputs)[0])


def test_pruning_leaves_the_given_network_as_it_is():
    network, inputs = made_denoiser()
    before = network.get_weights()
    pruned(STAGES["prune"][0], (network, inputs), recipe("prune"))
    assert all(np.array_equal(was, now) for was, now in zip(before, network.get_weights()))


def test_training_goes_on_after_the_last_weights_went():
    network, inputs = made_denoiser()
    asked = recipe("prune", steps=12)
    (stage,) = STAGES["prune"]
    begun = stage.begin(network, asked, Structure(), inputs)
    take = steps_of(learner(begun, stage, asked), inputs)
    take(8)
    masks = [layer.pruning_vars[0][1].numpy() for layer in begun.layers if isinstance(layer, MaskedLayer)]
    before = begun.get_layer("masked_layer_head").layer.kernel.numpy()
    take(4)
    after = [layer.pruning_vars[0][1].numpy() for layer in begun.layers if isinstance(layer, MaskedLayer)]
    assert all(np.array_equal(was, now) for was, now in zip(masks, after))
    assert not np.array_equal(before, begun.get_layer("masked_layer_head").layer.kernel.numpy())


@settings(max_examples=40)
@given(steps=st.integers(1, 5000), sparsity=st.sampled_from([0.25, 0.5, 0.9]))
def test_the_asked_sparsity_is_reached_within_two_thirds_of_the_steps(steps, sparsity):
    image = keras.Input((4, 4, 1))
    network = keras.Model(image, keras.layers.Conv2D(1, 1, name="only")(image))
    schedule = prune(network, recipe("prune", sparsity, steps)).layers[-1].pruning_schedule
    renewals = [step for step in range(1, schedule.end_step + 1) if step % schedule.frequency == 0]
    assert renewals[-1] == schedule.end_step <= max(1, 2 * steps / 3)
    assert float(schedule(tf.constant(renewals[-1], tf.int64))[1]) == pytest.approx(sparsity)


def test_a_cell_called_several_times_a_step_counts_one_step():
    network, inputs = made_cell("tanh")
    (stage,) = STAGES["prune"]
    begun = stage.begin(network, recipe("prune"), Structure(), inputs)
    renew = stage.end_of_step(begun)

    @tf.function
    def step() -> None:
        for _ in range(3):
            begun(inputs, training=True)
        renew()

    step()
    step()
    counts = {int(layer.pruning_step) for layer in begun.layers if isinstance(layer, MaskedLayer)}
    assert counts == {2}


def test_two_of_every_four_weights_along_the_input_channels_are_zero():
    (stage,) = STAGES["prune-2:4"]
    network, inputs = made_denoiser()
    _, finished = pruned(stage, (network, inputs), recipe("prune-2:4"))
    left_alone = stage.left_alone(network, recipe("prune-2:4"))
    assert left_alone == ("head",)  # 13 input channels
    for name, kernel in kernels(finished).items():
        if name in left_alone:
            assert np.count_nonzero(kernel) == kernel.size
            continue
        groups = np.moveaxis(kernel, -2, -1).reshape(-1, 4)  # four input channels of one filter at one place
        assert np.all(np.count_nonzero(groups, axis=1) == 2), name


def test_two_of_four_leaves_transposed_convolutions_alone():
    (stage,) = STAGES["prune-2:4"]
    network, _ = made_generator("dcgan")
    assert set(stage.left_alone(network, recipe("prune-2:4"))) == {"up0", "up1", "up2", "image"}


@pytest.mark.parametrize("method", ["prune", "prune-2:4"])
def test_an_interrupted_pruning_ends_as_an_uninterrupted_one(method, tmp_path):
    asked = recipe(method)
    (stage,) = STAGES[method]
    network, inputs = made_denoiser()
    _, uninterrupted = pruned(stage, (network, inputs), asked)

    begun = stage.begin(network, asked, Structure(), inputs)
    first = learner(begun, stage, asked)
    steps_of(first, inputs)(4)
    saved = tf.train.Checkpoint(**first.kept).save(str(tmp_path / "checkpoint"))
    again = stage.begin(network, asked, Structure(), inputs)
    second = learner(again, stage, asked)
    tf.train.Checkpoint(**second.kept).restore(saved).assert_consumed()
    steps_of(second, inputs)(STEPS - 4)
    for was, now in zip(uninterrupted.get_weights(), stage.finish(again).get_weights()):
        assert np.array_equal(was, now)


@pytest.mark.parametrize("made", [made_denoiser, made_generator])
def test_zeros_survive_quantization_aware_training_into_the_8_bit_file(made):
    asked = recipe("prune-qat")
    network, inputs = made()
    first, second = STAGES["prune-qat"]
    _, sparse = pruned(first, (network, inputs), asked)
    _, finished = pruned(second, (sparse, inputs), asked)
    converted = interpreter(finished)
    weights = [
        converted.get_tensor(tensor["index"])
        for tensor in converted.get_tensor_details()
        if tensor["dtype"] == np.int8 and any(key in tensor["name"] for key in ("LastValueQuant", "/kernel"))
    ]
    sizes = sorted(kernel.size for kernel in kernels(network).values())
    assert sorted(kernel.size for kernel in weights) == sizes
    assert all(np.mean(kernel == 0) > 0.49 for kernel in weights)


def test_what_is_no_kernel_is_not_pruned():
    (stage,) = STAGES["prune"]
    _, finished = pruned(stage, with_layer(keras.layers.PReLU(name="slope")), recipe("prune"))
    assert np.count_nonzero(finished.get_layer("slope").alpha.numpy()) == finished.get_layer("slope").alpha.numpy().size
