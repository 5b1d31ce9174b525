from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from hypothesis import given
from hypothesis import strategies as st
from made.networks import interpreter, made_cell, made_denoiser, outputs

from litebrush_train.compression.quantization import learn_ranges, quantization_aware, settle_ranges
from litebrush_train.compression.ranges import FixedRange, LearnedRange, bounds

SEEN = np.linspace(-1, 2, 64, dtype=np.float32).reshape(1, 4, 4, 4)


def darkening_network() -> keras.Model:
    image = keras.Input((4, 4, 4), name="image")
    network = keras.Model(image, keras.layers.Conv2D(4, 1, use_bias=False, name="darken")(image))
    network.set_weights([0.7 * np.eye(4, dtype=np.float32)[None, None]])
    return network


def learning_network() -> keras.Model:
    quantized = quantization_aware(darkening_network(), {"image": SEEN}, {"image": (-0.3, 0.5)})
    learn_ranges(quantized)
    return quantized


def range_of(network: keras.Model, name: str) -> tuple[float, ...]:
    return tuple(float(bound) for bound in bounds(network.get_layer(f"quant_{name}")))


def factors(network: keras.Model) -> list[tf.Variable]:
    return [variable for variable in network.trainable_variables if "range_factor" in variable.name]


@given(
    step=st.floats(1e-3, 2e-2),
    zero_point=st.integers(0, 255),
    factor=st.floats(0.3, 2),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_slope_of_the_factor_is_that_of_learned_step_sizes(step, zero_point, factor, seed):
    random = np.random.default_rng(seed)
    ends = {"min_var": tf.constant(-step * zero_point), "max_var": tf.constant(step * (255 - zero_point))}
    steps = random.integers(-300, 300, 50) + random.uniform(-0.4, 0.4, 50)  # clear of the ties between two roundings
    values, upstream = (factor * step * steps).astype(np.float32), random.normal(0, 1, 50).astype(np.float32)
    stored = np.clip(np.rint(steps), -zero_point, 255 - zero_point)
    inside = (steps >= -zero_point) & (steps <= 255 - zero_point)
    by_step = np.where(inside, stored - steps, stored)

    variable = tf.Variable(factor)
    with tf.GradientTape() as tape:
        tape.watch(given_values := tf.constant(values))
        rounded = LearnedRange(FixedRange(None), variable)(given_values, True, ends)
    by_values, by_factor = tape.gradient(rounded, [given_values, variable], upstream)

    assert np.allclose(rounded, factor * step * stored, atol=1e-3 * factor * step)
    assert np.array_equal(by_values.numpy() != 0, inside & (upstream != 0))
    assert by_factor.numpy() == pytest.approx(step * np.sum(upstream * by_step), abs=1e-3)


def test_a_range_grows_narrow_where_only_small_values_matter_to_the_loss():
    network = learning_network()
    before = range_of(network, "darken")
    (factor,) = factors(network)
    optimizer = keras.optimizers.Adam(0.02)
    small = SEEN * 0.2
    for _ in range(60):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(network(small, training=True) - 0.7 * small))
        optimizer.apply_gradients([(tape.gradient(loss, factor), factor)])
    settle_ranges(network)
    least, greatest = range_of(network, "darken")
    assert 0.5 * before[1] > greatest > 0.65 * small.max()
    assert least / greatest == pytest.approx(before[0] / before[1])


def test_settled_ranges_round_as_the_learned_ones_did_and_are_those_of_the_file():
    network, inputs = made_denoiser()
    quantized = quantization_aware(network, inputs)
    learn_ranges(quantized)
    for factor in factors(quantized):
        factor.assign(0.8)
    learned = outputs(quantized, inputs)[0]
    settle_ranges(quantized)
    assert np.array_equal(outputs(quantized, inputs)[0], learned)
    assert not np.array_equal(outputs(quantization_aware(network, inputs), inputs)[0], learned)
    least, greatest = range_of(quantized, "restored")
    (output,) = interpreter(quantized).get_output_details()
    assert output["quantization"][0] == pytest.approx((greatest - least) / 255)


def test_a_network_that_nobody_trained_on_rounds_as_before():
    network, inputs = made_denoiser()
    fixed, learning = quantization_aware(network, inputs), quantization_aware(network, inputs)
    learn_ranges(learning)
    assert np.allclose(outputs(fixed, inputs)[0], outputs(learning, inputs)[0], atol=1e-6)


def test_known_ranges_are_not_learned():
    network, inputs = made_cell("tanh")
    quantized = quantization_aware(network, inputs, tied=(("state", "next_state"),))
    learn_ranges(quantized, ("next_state", "frame"))
    learning = {factor.name.split("/")[0] for factor in factors(quantized)}
    assert learning
    assert not any("next_state" in name for name in learning)
