from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from made.pictures import photo_pixels

from litebrush_train.clips import Clip
from litebrush_train.compression.equalization import equalize
from litebrush_train.compression.quantization import quantization_aware
from litebrush_train.models.rnn import (
    ALIGNMENT,
    PICTURE_CHANNELS,
    STATE_RANGE,
    cell,
    channel_groups,
    receptive_field_radius,
)
from litebrush_train.sequence_recipes import SequenceModelRecipe
from litebrush_train.sequences import clip_figures, flicker, restore_clip, unrolled_losses, zero_state

RECIPE = SequenceModelRecipe(channels=8, blocks=1, coarse_channels=8, coarse_blocks=1, state_channels=16)
SIDE = 16
STEP = tf.constant(0)


def scattered(model: keras.Model, deviation: float = 0.1) -> keras.Model:
    """Weights of a network that is no longer at its beginning, where the last convolution is zero."""
    random = np.random.default_rng(0)
    model.set_weights([weights + random.normal(0, deviation, weights.shape) for weights in model.get_weights()])
    return model


def inputs(side: int = SIDE, count: int = 1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    half = side // 2
    return {
        "frame": random.random((count, side, side, 3), np.float32),
        "noise_level": np.full((count, half, half, 1), 0.1, np.float32),
        "state": random.random((count, half, half, RECIPE.state_channels), np.float32),
    }


def still_clip(frames: int = 4, noise_level: float = 25.0) -> Clip:
    random = np.random.default_rng(2)
    clean = np.repeat(photo_pixels(SIDE, SIDE)[None], frames, axis=0)
    noisy = np.clip(np.rint(clean + random.normal(0, noise_level, clean.shape)), 0, 255).astype(np.uint8)
    return Clip(noisy, clean, noise_level, ())


def batch(clip: Clip) -> dict[str, tf.Tensor]:
    half = SIDE // 2
    return {
        "frame": tf.constant(clip.degraded[None] / np.float32(255)),
        "noise_level": tf.fill((1, half, half, 1), np.float32(clip.noise_level / 255)),
        "target": tf.constant(clip.clean[None] / np.float32(255)),
    }


@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize("coarse_blocks", [0, 1])
def test_frame_and_state_reach_as_far_as_the_receptive_fields_radius(blocks, coarse_blocks):
    recipe = SequenceModelRecipe(2, 3, blocks, 2, coarse_blocks, RECIPE.state_channels)
    model = cell(recipe)
    model.set_weights([np.full_like(weights, 0.01) for weights in model.get_weights()])
    reaches = [reach(model, (48 + shift, 48 + shift)) for shift in range(ALIGNMENT)]
    by_frame, by_state = map(max, zip(*reaches))
    assert by_frame == by_state == receptive_field_radius(recipe)


def reach(model: keras.Model, at: tuple[int, int]) -> tuple[int, int]:
    """The farthest pixels that change a pixel of the restored frame, of the frame and under the state."""
    sample = {name: tf.constant(array) for name, array in inputs(96).items()}
    with tf.GradientTape() as tape:
        tape.watch(sample)
        pixel = model(sample)[0][0, at[0], at[1], 0]
    gradients = tape.gradient(pixel, sample)
    by_frame = np.abs(gradients["frame"].numpy()[0]).sum(axis=2)
    by_state = np.kron(np.abs(gradients["state"].numpy()[0]).sum(axis=2), np.ones((2, 2)))
    farthest = [int(np.abs(np.argwhere(influence > 0) - at).max()) for influence in (by_frame, by_state)]
    return farthest[0], farthest[1]


def test_the_gate_is_shown_differences_of_frame_and_state_from_the_first_step_on():
    compare = cell(SequenceModelRecipe()).get_layer("compare")
    random = np.random.default_rng(3)
    seen, state = random.random((2, 1, 6, 6, PICTURE_CHANNELS), np.float32)
    rest = random.random((1, 6, 6, 13), np.float32)  # features and the noise level
    shown = compare(np.concatenate([seen, state, rest], axis=3)).numpy()[..., : 2 * PICTURE_CHANNELS]
    expected = np.concatenate([np.maximum(seen - state, 0), np.maximum(state - seen, 0)], axis=3)
    np.testing.assert_allclose(shown, expected, atol=1e-6)


def test_before_it_is_trained_a_picture_that_stands_still_stays_as_it_is():
    sample = inputs()
    sample["state"][..., :PICTURE_CHANNELS] = tf.nn.space_to_depth(sample["frame"], 2)
    restored, next_state = cell(RECIPE)(sample)
    np.testing.assert_allclose(restored, sample["frame"], atol=1e-6)
    np.testing.assert_allclose(next_state[..., :PICTURE_CHANNELS], sample["state"][..., :PICTURE_CHANNELS], atol=1e-6)


def test_the_default_cell_has_the_documented_size():
    assert cell(SequenceModelRecipe()).count_params() == 311580


def test_the_state_that_comes_out_fits_where_it_goes_in():
    model = cell(RECIPE, SIDE, SIDE)
    assert model.output_shape[1] == dict(zip(model.input_names, model.input_shape))["state"]
    assert zero_state(model, inputs(count=3)["frame"]).shape == (3, *model.output_shape[1][1:])


def test_the_state_stays_in_its_range_over_a_long_video():
    model = scattered(cell(RECIPE), deviation=1.0)  # far more than training makes of it
    sample = inputs()
    for _ in range(20):
        sample["state"] = model(sample)[1].numpy()
    assert STATE_RANGE[0] <= sample["state"].min() < sample["state"].max() <= STATE_RANGE[1]


def test_restoring_depends_on_earlier_frames_and_on_nothing_else():
    model, clip = scattered(cell(RECIPE)), still_clip()
    restored = restore_clip(model, clip.degraded, clip.noise_level)
    assert np.array_equal(restored, restore_clip(model, clip.degraded, clip.noise_level))
    begun_later = restore_clip(model, clip.degraded[1:], clip.noise_level)
    assert not np.array_equal(restored[1:], begun_later)
    cut_short = restore_clip(model, clip.degraded[:2], clip.noise_level)
    assert np.array_equal(restored[:2], cut_short)


def test_training_unrolls_what_restoring_does_frame_by_frame():
    model, clip = scattered(cell(RECIPE)), still_clip()
    losses = tf.function(unrolled_losses)({"cell": model}, batch(clip), STEP)
    error = (restore_exactly(model, clip) - clip.clean / 255) / ((clip.noise_level + 5) / 255)
    weights = np.linspace(1, 2, len(error)) / 1.5
    together = np.sqrt((weights * (error**2).mean(axis=(1, 2, 3))).mean())
    assert float(losses["distance"]) == pytest.approx(together, rel=1e-4)
    assert float(losses["flicker"]) == pytest.approx(np.abs(np.diff(error, axis=0)).mean(), rel=1e-4)
    assert next(iter(losses)) == "loss"
    assert float(losses["loss"]) > float(losses["distance"])


def restore_exactly(model: keras.Model, clip: Clip) -> np.ndarray:
    """The cell's own values, neither clipped nor rounded."""
    given = batch(clip)
    state, restored = zero_state(model, given["frame"][:, 0]), []
    for time in range(len(clip.degraded)):
        picture, state = model({"frame": given["frame"][:, time], "noise_level": given["noise_level"], "state": state})
        restored.append(picture[0].numpy())
    return np.stack(restored)


def test_the_last_frames_error_reaches_back_to_the_first_frame():
    model, clip = scattered(cell(RECIPE)), still_clip()
    frame, level = batch(clip)["frame"], batch(clip)["noise_level"]
    state = zero_state(model, frame[:, 0])
    with tf.GradientTape() as tape:
        tape.watch(frame)
        for time in range(len(clip.degraded)):
            restored, state = model({"frame": frame[:, time], "noise_level": level, "state": state})
        last = tf.reduce_sum(tf.abs(restored))
    assert np.abs(tape.gradient(last, frame)[0, 0]).max() > 0


def test_training_reaches_every_weight():
    model = scattered(cell(RECIPE))
    with tf.GradientTape() as tape:
        loss = unrolled_losses({"cell": model}, batch(still_clip()), STEP)["loss"]
    gradients = tape.gradient(loss, model.trainable_variables)
    assert all(gradient is not None and np.abs(gradient).max() > 0 for gradient in gradients)


def test_training_on_a_clip_restores_it_and_later_frames_better_than_the_first():
    keras.utils.set_random_seed(0)
    model, clip = cell(RECIPE), still_clip()
    given, optimizer = batch(clip), keras.optimizers.Adam(3e-3, jit_compile=False)

    @tf.function
    def learn() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = unrolled_losses({"cell": model}, given, STEP)["loss"]
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return loss

    optimizer.build(model.trainable_variables)
    before = clip_figures(model, [clip])
    losses = [float(learn()) for _ in range(60)]
    after = clip_figures(model, [clip])
    assert losses[-1] < 0.8 * losses[0]
    assert after["psnr_db"] > before["psnr_db"] + 1
    assert after["flicker"] < before["flicker"]
    assert after["last_frame_psnr_db"] > after["psnr_db"] + 0.5


def test_a_clip_that_is_left_alone_has_the_figures_of_its_damage():
    clip, untrained = still_clip(noise_level=10), cell(RECIPE)
    kernel, bias = untrained.get_layer("gate").get_weights()
    untrained.get_layer("gate").set_weights([kernel, np.full_like(bias, 100)])  # the new frame takes the place of all
    figures = clip_figures(untrained, [clip])
    assert figures["psnr_db"] == pytest.approx(20 * np.log10(255 / 10), abs=0.5)
    assert figures["flicker"] == pytest.approx(10 * np.sqrt(2) * np.sqrt(2 / np.pi), rel=0.1)
    assert set(figures) == {"psnr_db", "last_frame_psnr_db", "flicker"}


def test_an_error_that_stays_is_no_flicker():
    clean = still_clip(frames=2).clean // 2
    assert flicker(clean + np.uint8(3), clean) == 0
    assert flicker(np.stack([clean[0], clean[1] + np.uint8(3)]), clean) == 3


def test_equalization_changes_the_weights_and_neither_the_frame_nor_the_state():
    model, sample = scattered(cell(RECIPE)), inputs(count=2)
    equalized = equalize(model, channel_groups(RECIPE))
    before, after = (each.get_layer("block0_expand").get_weights()[0] for each in (model, equalized))
    assert not np.allclose(before, after)
    for ours, theirs in zip(model(sample), equalized(sample)):
        assert np.allclose(ours, theirs, atol=1e-4)


def test_the_cell_can_be_trained_with_simulated_quantization():
    model, sample = scattered(cell(RECIPE)), inputs(count=2)
    quantized = quantization_aware(model, sample)
    for ours, theirs in zip(model(sample), quantized(sample, training=False)):
        assert 0 < np.abs(ours - theirs).mean() < 0.02 * np.abs(ours).max()
    losses = unrolled_losses({"cell": quantized}, batch(still_clip()), STEP)
    assert np.isfinite(float(losses["loss"]))
