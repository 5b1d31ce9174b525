"""SavedModels and Keras files, opened; only processes of their own import this."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from litebrush.errors import ConversionError, MissingExtraError
from litebrush_export.sources import FoundSignature, FoundTensor, Shape, Tensors

_KERAS_SIGNATURE = "serving_default"
_Call = Callable[..., Mapping[str, Any]]


class TensorFlowNetwork:
    """A network that TensorFlow runs; see :class:`litebrush_export.sources.Network`."""

    def __init__(self, owner: Any, calls: Mapping[str, _Call], signatures: tuple[FoundSignature, ...]) -> None:
        """Join what must be saved besides variables with what computes each signature, called by input names."""
        self.signatures = signatures
        self.versions: Mapping[str, str] = {"tensorflow": tf.__version__}
        self._owner = owner
        self._calls = calls

    def run(self, signature: str, inputs: Tensors) -> dict[str, NDArray[Any]]:
        """See :class:`litebrush_export.sources.Network`.

        Raises:
            ConversionError: the network does not take these shapes.
        """
        try:
            outputs = self._calls[signature](**{name: tf.constant(values) for name, values in inputs.items()})
        except (tf.errors.OpError, ValueError, TypeError) as problem:
            shapes = ", ".join(f"{name} {list(values.shape)}" for name, values in inputs.items())
            raise ConversionError(f"the network does not run on {shapes}: {_first_line(problem)}") from None
        return {name: values.numpy() for name, values in outputs.items()}

    def save(self, folder: Path, inputs: Mapping[str, Mapping[str, Shape]]) -> None:
        """See :class:`litebrush_export.sources.Network`."""
        module = tf.Module()
        module.owner = self._owner
        functions = {name: _concrete_function(self._calls[name], shapes) for name, shapes in inputs.items()}
        module.read = [
            function.variables for function in functions.values()
        ]  # Keras 3 hides them in objects of its own
        try:
            tf.saved_model.save(module, str(folder / "saved_model"), signatures=functions)
        except (tf.errors.OpError, OSError) as problem:
            raise ConversionError(f"cannot write to '{folder}': {_first_line(problem)}; is the disk full?") from None


def _concrete_function(call: _Call, shapes: Mapping[str, Shape]) -> Any:
    specs = {name: tf.TensorSpec(shape, tf.float32, name=name) for name, shape in shapes.items()}
    return tf.function(lambda **inputs: call(**inputs)).get_concrete_function(**specs)


def open_saved_model(folder: Path) -> TensorFlowNetwork:
    """Open a SavedModel with named signatures.

    Raises:
        ConversionError: damaged, or without signatures.
    """
    try:
        loaded = tf.saved_model.load(str(folder))
    except Exception as problem:  # protobuf, TensorFlow and Keras raise many kinds on damaged bytes
        raise ConversionError(f"the SavedModel '{folder}' cannot be loaded: {_first_line(problem)}") from None
    if not loaded.signatures:
        raise ConversionError(
            f"the SavedModel '{folder}' has no signatures; save it with model.export(folder), or with "
            "tf.saved_model.save(module, folder, signatures=...)"
        )
    signatures = tuple(
        FoundSignature(
            name,
            tuple(_found(each, spec) for each, spec in sorted(function.structured_input_signature[1].items())),
            tuple(_found(each, spec) for each, spec in sorted(function.structured_outputs.items())),
        )
        for name, function in loaded.signatures.items()
    )
    return TensorFlowNetwork(loaded, dict(loaded.signatures), signatures)


def open_keras_file(path: Path) -> TensorFlowNetwork:
    """Open a .keras or .h5 file, with the Keras that wrote it.

    Raises:
        ConversionError: damaged, weights without a network, or layers that are not Keras's own.
        MissingExtraError: it needs tf_keras, which is not installed.
    """
    keras = _keras_that_wrote(path)
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception as problem:  # Keras raises ValueError, TypeError, OSError, KeyError and more
        raise ConversionError(
            f"'{path}' cannot be loaded by Keras {keras.__version__}: {_first_line(problem)}; layers of your own and "
            "Lambda layers are not in the file: where their code is, write model.export(folder) and give the folder"
        ) from None
    if not getattr(model, "inputs", None):
        raise ConversionError(f"'{path}' is a network whose inputs are not known; write model.export(folder) instead")
    inputs = {_plain(tensor.name): tensor for tensor in model.inputs}
    outputs = dict(zip(model.output_names, model.outputs))
    if len(inputs) != len(model.inputs) or len(outputs) != len(model.outputs):
        raise ConversionError(f"'{path}' has inputs or outputs of one name; give them names of their own")

    def call(**values: Any) -> dict[str, Any]:
        ordered = [values[name] for name in inputs]
        given = model(ordered[0] if len(ordered) == 1 else ordered, training=False)
        return dict(zip(outputs, tf.nest.flatten(given)))

    signature = FoundSignature(
        _KERAS_SIGNATURE,
        tuple(_found(name, tensor) for name, tensor in inputs.items()),
        tuple(_found(name, tensor) for name, tensor in outputs.items()),
    )
    return TensorFlowNetwork(tf.Module(), {_KERAS_SIGNATURE: call}, (signature,))


def _keras_that_wrote(path: Path) -> ModuleType:
    if _version_of(path).startswith("3"):
        import keras

        return keras
    try:
        import tf_keras
    except ImportError:
        raise MissingExtraError(f"'{path}' was written by Keras 2; type: pip install tf-keras") from None
    return tf_keras


def _version_of(path: Path) -> str:
    """The version of the Keras that wrote a file."""
    import h5py

    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return str(json.loads(archive.read("metadata.json"))["keras_version"])
        with h5py.File(path) as file:
            version = file.attrs["keras_version"]
            return version.decode() if isinstance(version, bytes) else str(version)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        raise ConversionError(f"'{path}' is no Keras model, or it is damaged; write it again with model.save") from None


def _found(name: str, tensor: Any) -> FoundTensor:
    sides = tuple(None if side is None else int(side) for side in tensor.shape)
    return FoundTensor(name, sides, np.dtype(tf.as_dtype(tensor.dtype).as_numpy_dtype).name)


def _plain(name: str) -> str:
    return name.split(":")[0]


def _first_line(problem: Exception) -> str:
    return next((line.strip() for line in str(problem).splitlines() if line.strip()), type(problem).__name__)
