"""Small networks for a device with made inputs, trained for a few steps."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tf_keras as keras
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from litebrush_train.compression.stages import Stage
from litebrush_train.generative_recipes import GeneratorRecipe
from litebrush_train.layers import DepthToSpace
from litebrush_train.learner import Networks, SupervisedLearner
from litebrush_train.models.cnn import restorer
from litebrush_train.models.gan import generator
from litebrush_train.recipes import CompressionRecipe
from litebrush_train.restoration_recipes import RestorerRecipe

Inputs = dict[str, np.ndarray]
Made = tuple[keras.Model, Inputs]
SIDE = 16


def shaken(model: keras.Model, strength: float = 0.05) -> keras.Model:
    """The model with every weight moved away from where it begins, so that none is zero; variances stay positive."""
    random = np.random.default_rng(0)
    for variable in model.weights:
        change = random.normal(0, strength, variable.shape)
        variable.assign_add(np.abs(change) if "variance" in variable.name else change)
    return model


def pictures(count: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(1).random((count, SIDE, SIDE, channels), np.float32)


def normal(count: int, length: int) -> np.ndarray:
    return np.random.default_rng(2).standard_normal((count, length), np.float32)


def denoiser_recipe(channels: int = 16, blocks: int = 1) -> RestorerRecipe:
    return RestorerRecipe(channels, channels, blocks, coarse_channels=channels, coarse_blocks=1)


def made_denoiser(channels: int = 16, blocks: int = 1) -> Made:
    model = restorer(denoiser_recipe(channels, blocks), noise_level=True, height=SIDE, width=SIDE)
    return shaken(model), {"image": pictures(4), "noise_level": np.full((4, SIDE // 2, SIDE // 2, 1), 0.1, np.float32)}


def made_generator(architecture: str = "hinge", classes: int = 0) -> Made:
    channels = 2 if architecture == "dcgan" else 4  # 5x5 kernels, eight times as many channels at its beginning
    model = generator(GeneratorRecipe(architecture=architecture, latent=8, channels=channels), classes)
    label = {"label": np.eye(classes, dtype=np.float32)[np.arange(4) % classes]} if classes else {}
    return shaken(model), {"latent": normal(4, 8), **label}


def made_encoder() -> Made:
    image = keras.Input((SIDE, SIDE, 3), name="image")
    x = keras.layers.Conv2D(8, 3, 2, "same", activation="relu", name="down0")(image)
    x = keras.layers.Conv2D(8, 3, 2, "same", activation="relu", name="down1")(x)
    x = keras.layers.Flatten(name="features")(x)
    mean, deviation = keras.layers.Dense(4, name="mean")(x), keras.layers.Dense(4, name="log_deviation")(x)
    return shaken(keras.Model(image, [mean, deviation])), {"image": pictures(4)}


def made_decoder() -> Made:
    latent = keras.Input((8,), name="latent")
    x = keras.layers.Dense(8 * 8 * 4, activation="relu", name="seed")(latent)
    x = keras.layers.Reshape((8, 8, 4), name="seed_picture")(x)
    x = keras.layers.Conv2D(12, 3, padding="same", activation="sigmoid", name="tail")(x)
    return shaken(keras.Model(latent, DepthToSpace(2, name="image")(x))), {"latent": normal(4, 8)}


def made_cell(activation: str | None) -> Made:
    """A recurrent cell; frame and state to picture and next state."""
    frame, state = keras.Input((SIDE, SIDE, 3), name="frame"), keras.Input((SIDE, SIDE, 4), name="state")
    x = keras.layers.Concatenate(name="frame_and_state")([frame, state])
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="inside")(x)
    picture = keras.layers.Conv2D(3, 3, padding="same", name="picture")(x)
    following = keras.layers.Conv2D(4, 3, padding="same", activation=activation, name="next_state")(x)
    inputs = {"frame": pictures(4), "state": 2 * pictures(4, 4) - 1}
    return shaken(keras.Model([frame, state], [picture, following])), inputs


def made_sparse_coder() -> Made:
    """Two steps of a learned sparse coder: code, what it leaves unexplained, better code, picture."""
    image = keras.Input((SIDE, SIDE, 3), name="image")
    code = keras.layers.ReLU(name="code0")(keras.layers.Conv2D(8, 4, 2, "same", name="encode0")(image))
    explained = keras.layers.Conv2DTranspose(3, 4, 2, "same", name="decode0")(code)
    residual = keras.layers.Subtract(name="residual")([image, explained])
    change = keras.layers.Conv2D(8, 4, 2, "same", name="encode1")(residual)
    code = keras.layers.ReLU(name="code1")(keras.layers.Add(name="better")([code, change]))
    return shaken(keras.Model(image, keras.layers.Conv2DTranspose(3, 4, 2, "same", name="restored")(code))), {
        "image": pictures(4)
    }


def with_layer(layer: keras.layers.Layer) -> Made:
    """A convolution, the layer, a convolution."""
    image = keras.Input((SIDE, SIDE, 3), name="image")
    x = layer(keras.layers.Conv2D(8, 3, padding="same", name="head")(image))
    return shaken(keras.Model(image, keras.layers.Conv2D(3, 3, padding="same", name="tail")(x))), {"image": pictures(4)}


def outputs(model: keras.Model, inputs: Inputs) -> list[np.ndarray]:
    results = model(inputs, training=False)
    return [result.numpy() for result in (results if isinstance(results, list) else [results])]


def learner(network: keras.Model, stage: Stage, recipe: CompressionRecipe) -> SupervisedLearner:
    """Learns to answer one half, everywhere."""

    def losses(networks: Networks, batch: Inputs, step: tf.Tensor) -> dict[str, tf.Tensor]:
        results = networks["model"](batch, training=True)
        results = results if isinstance(results, list) else [results]
        return {"loss": tf.add_n([tf.reduce_mean(tf.square(result - 0.5)) for result in results])}

    end_of_step = stage.end_of_step(network)
    return SupervisedLearner(
        {"model": network},
        recipe,
        losses,
        lambda networks: {},
        lambda networks: np.zeros((1, 1, 3), np.uint8),
        (end_of_step,) if end_of_step else (),
    )


def steps_of(trained: SupervisedLearner, inputs: Inputs) -> Callable[[int], float]:
    """What takes a number of steps, compiled as in a run, and returns the last loss."""
    learn = tf.function(tf.autograph.experimental.do_not_convert(trained.learn))

    def take(count: int) -> float:
        for _ in range(count):
            losses = learn(inputs)
        return float(losses["loss"])

    return take


def converter_of(model: keras.Model) -> tf.lite.TFLiteConverter:
    """For a batch of one, of the graph and its variables: a Keras model would be traced layer by layer."""
    module = tf.Module()
    module.read = model.variables
    call = tf.autograph.experimental.do_not_convert(lambda inputs: model(inputs, training=False))
    inputs = {tensor.name: tf.TensorSpec((1, *tensor.shape[1:]), tensor.dtype, tensor.name) for tensor in model.inputs}
    return tf.lite.TFLiteConverter.from_concrete_functions([tf.function(call).get_concrete_function(inputs)], module)


def interpreter(model: keras.Model) -> Interpreter:
    """The quantization-aware model in 8 bits, converted without representative data."""
    converter = converter_of(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Statistics for quantized inputs", UserWarning)  # the network carries them
        content = converter.convert()
    return Interpreter(model_content=content, experimental_op_resolver_type=plain)
