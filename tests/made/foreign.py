"""Small networks that litebrush did not train, as other people's programs leave them."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType

import keras as keras3
import numpy as np
import tensorflow as tf
import tf_keras
from PIL import Image

from litebrush.contract import ModelContract
from made.pictures import photo_pixels

SIDE = 48
CONTRACT = """\
name = "{name}"
task = "restore"
licence = "MIT"
tiling = {{ halo = 2, alignment = 1, resizable = false }}

[signatures.serving_default.inputs.photo]
role = "image"
shape = [1, {side}, {side}, 3]
range = {range}

[signatures.serving_default.outputs.{output}]
role = "image"
range = {range}
"""


def make_model(keras: ModuleType, seed: int = 3):
    """A residual network of a receptive field of radius 2 for pictures of any size."""
    keras.utils.set_random_seed(seed)
    photo = keras.Input((None, None, 3), name="photo")
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(photo)
    x = keras.layers.Conv2D(3, 3, padding="same")(x)
    return keras.Model(photo, keras.layers.Add(name="restored")([photo, x]))


def make_inpainter():
    """A network of two inputs of three channels each."""
    one, other = (keras3.Input((SIDE, SIDE, 3), name=name) for name in ("one", "other"))
    return keras3.Model([one, other], keras3.layers.Add(name="sum")([one, other]))


def save_with_keras3(folder: Path) -> Path:
    make_model(keras3).export(folder, verbose=False)
    return folder


def save_with_tf(folder: Path) -> Path:
    """A SavedModel with a static signature of names that are not Keras's."""
    model = make_model(tf_keras)
    spec = tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32, name="photo")
    function = tf.function(lambda photo: {"cleaned": model(photo)}).get_concrete_function(spec)
    tf.saved_model.save(model, str(folder), signatures={"serving_default": function})
    return folder


def save_file(keras: ModuleType, path: Path) -> Path:
    with warnings.catch_warnings():  # both Keras versions call .h5 a legacy format
        warnings.simplefilter("ignore")
        make_model(keras).save(path)
    return path


def save_tflite(path: Path, half: bool = False) -> Path:
    folder = save_with_tf(path.with_suffix(""))
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder))
    if half:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    path.write_bytes(converter.convert())
    return path


def write_contract(path: Path, output: str, name: str = "mine", value_range: str = "[0, 1]") -> Path:
    path.write_text(CONTRACT.format(name=name, side=SIDE, range=value_range, output=output))
    return path


def write_pictures(folder: Path, count: int = 5) -> Path:
    folder.mkdir()
    for index in range(count):
        Image.fromarray(photo_pixels(60, 40 + 8 * index, seed=index)).save(folder / f"{index}.png")
    return folder


def declare(path: Path, contract: ModelContract) -> Path:
    """Write a contract as a person would."""
    lines = [f'name = "{contract.name}"', f'task = "{contract.task.value}"', f"labels = {list(contract.labels)}"]
    if contract.tiling:
        resizable = str(contract.tiling.resizable).lower()
        halo, alignment = contract.tiling.halo, contract.tiling.alignment
        lines.append(f"tiling = {{ halo = {halo}, alignment = {alignment}, resizable = {resizable} }}")
    states = ", ".join(f'{pair.input} = "{pair.output}"' for pair in contract.states)
    lines.append(f"states = {{ {states} }}")
    for signature in contract.signatures:
        for side, specs in (("inputs", signature.inputs), ("outputs", signature.outputs)):
            for spec in specs:
                lines += [f"[signatures.{signature.name}.{side}.{spec.name}]", f'role = "{spec.role.value}"']
                lines += [f"range = [{spec.minimum}, {spec.maximum}]"] if spec.role.has_bytes else []
                lines += [f"highest = {spec.highest}"] if spec.highest != 255 else []
    path.write_text("\n".join(lines) + "\n")
    return path


def write_arrays(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)
    return path
