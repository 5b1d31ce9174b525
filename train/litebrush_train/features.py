"""Pictures as feature vectors, which is where generated and real pictures are compared.

Any .tflite classifier or feature extractor serves::

    extractor = TfliteFeatures(Path("mobilenet_v2_quant.tflite"))
    extractor(pictures)  # (N, H, W, 3) uint8 -> (N, 1280) float32
    extractor.name       # "MobileNet", so that the figures are called MobileNet-FID and MobileNet-KID

Figures made with different extractors do not compare.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Protocol

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image

from litebrush.errors import FeatureError

Pictures = NDArray[np.uint8]
Features = NDArray[np.float32]

INCEPTION = "inception"
_FAMILIES = ("MobileNet", "EfficientNet", "ResNet")  # not Inception: its figures would be taken for published ones
_POOLING = (schema.BuiltinOperator.AVERAGE_POOL_2D, schema.BuiltinOperator.MEAN)
_FILE_IDENTIFIER = b"TFL3"
_SIGN_BIT = np.uint8(0x80)
_INCEPTION_SIDE = 299
_INCEPTION_BATCH = 32


class FeatureExtractor(Protocol):
    """Turns pictures into feature vectors.

    Attributes:
        name: what figures made with these features are named after, such as ``MobileNet``.
    """

    name: str

    def __call__(self, pictures: Pictures) -> Features:
        """Describe pictures.

        Args:
            pictures: (N, H, W, 3) uint8 RGB, of any size.

        Returns:
            (N, D) float32.
        """


class TfliteFeatures:
    """Features from one tensor of a .tflite network with one picture as its input.

    Pictures are resized (bilinear, antialiased) to the input's size. An integer input, uint8 or int8, takes the
    picture's bytes over its whole range; a float32 input takes values in ``float_range``.

    Attributes:
        name: the network's family where the file's name shows it, else the file's name without suffix; with
            ``@`` and the tensor's index where that is not the default.
        tensor: name of the tensor the features come from.
    """

    def __init__(
        self,
        path: Path,
        tensor: str | int | None = None,
        float_range: tuple[float, float] = (-1.0, 1.0),
        threads: int = 1,
    ) -> None:
        """Load a network and cut it off behind the tensor, so that no delegate hides it.

        Args:
            path: a .tflite file.
            tensor: name or index of the tensor to take; by default the input of the classifier's head, which is
                the output of the last global average pooling, or the network's output if it has none.
            float_range: the real values that bytes 0 and 255 stand for, where the input is float32.
            threads: CPU threads for one inference.

        Raises:
            FeatureError: no such file, not a TFLite network, no such tensor, or an input that takes no picture.
        """
        try:
            model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
            graph = model.subgraphs[0]
        except OSError as problem:
            raise FeatureError(f"cannot read '{path}': {problem.strerror}; give a .tflite classifier") from None
        except Exception as problem:  # the parser fails on other files in whatever way their bytes lead it
            raise FeatureError(f"'{path}' is not a TFLite network ({problem}); give a .tflite classifier") from None
        chosen = _feature_tensor(model, path, tensor)
        family = next((family for family in _FAMILIES if family.lower() in path.stem.lower()), path.stem)
        self.name = family if chosen == _pooled_tensor(model) else f"{family}@{chosen}"
        self.tensor = graph.tensors[chosen].name.decode()
        try:
            self._interpreter = Interpreter(model_content=_cut_behind(model, chosen), num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as problem:
            raise FeatureError(f"the interpreter refuses '{path}': {problem}") from None
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        shape, dtype = tuple(int(side) for side in self._input["shape"]), np.dtype(self._input["dtype"])
        if len(shape) != 4 or shape[0] != 1 or shape[3] != 3 or dtype not in (np.uint8, np.int8, np.float32):
            raise FeatureError(
                f"'{path}' takes {dtype} {shape}; expected one picture, (1, H, W, 3) of uint8, int8 or float32"
            )
        self._size = (shape[2], shape[1])
        self._float_range = float_range

    def __call__(self, pictures: Pictures) -> Features:
        """See :class:`FeatureExtractor`."""
        _check_pictures(pictures)
        features = np.empty((len(pictures), math.prod(self._output["shape"])), np.float32)
        for index, picture in enumerate(pictures):
            self._interpreter.set_tensor(self._input["index"], self._encode(_resize(picture, self._size))[None])
            self._interpreter.invoke()
            features[index] = self._decode(self._interpreter.get_tensor(self._output["index"]))
        return features

    def _encode(self, picture: Pictures) -> NDArray[Any]:
        if self._input["dtype"] == np.uint8:
            return picture
        if self._input["dtype"] == np.int8:
            return (picture ^ _SIGN_BIT).view(np.int8)
        lowest, highest = self._float_range
        return picture * np.float32((highest - lowest) / 255) + np.float32(lowest)

    def _decode(self, stored: NDArray[Any]) -> Features:
        scale, zero_point = self._output["quantization"]
        values = stored.ravel().astype(np.float32)
        return np.float32(scale) * (values - np.float32(zero_point)) if scale else values


class InceptionFeatures:
    """The pooled features of Keras's InceptionV3, (N, 2048).

    Its ImageNet weights are not those that published figures were made with, hence the name.
    """

    name = "Keras-Inception"

    def __init__(self) -> None:
        """Load the network; the first time, its weights are downloaded.

        Raises:
            FeatureError: the weights could not be downloaded.
        """
        from tf_keras.applications import InceptionV3

        try:
            self._model = InceptionV3(include_top=False, weights="imagenet", pooling="avg")
        except Exception as problem:  # Keras raises a bare Exception when a download fails
            raise FeatureError(
                f"cannot download the weights of InceptionV3 ({problem}); "
                "give a .tflite classifier that you have with --features FILE"
            ) from None

    def __call__(self, pictures: Pictures) -> Features:
        """See :class:`FeatureExtractor`."""
        _check_pictures(pictures)
        features = np.empty((len(pictures), self._model.output_shape[-1]), np.float32)
        for first in range(0, len(pictures), _INCEPTION_BATCH):
            batch = pictures[first : first + _INCEPTION_BATCH]
            resized = np.stack([_resize(picture, (_INCEPTION_SIDE, _INCEPTION_SIDE)) for picture in batch])
            features[first : first + len(batch)] = self._model(resized / np.float32(127.5) - 1, training=False)
        return features


def feature_extractor(named: str) -> FeatureExtractor:
    """The extractor of a .tflite file, or ``inception`` for the one that is downloaded.

    Raises:
        FeatureError: it could not be had.
    """
    return InceptionFeatures() if named == INCEPTION else TfliteFeatures(Path(named))


def _feature_tensor(model: schema.ModelT, path: Path, wanted: str | int | None) -> int:
    graph = model.subgraphs[0]
    if wanted is None:
        return _pooled_tensor(model)
    by_name = {tensor.name.decode(): index for index, tensor in enumerate(graph.tensors)}
    index = by_name.get(wanted) if isinstance(wanted, str) else wanted
    if index not in {index for operator in graph.operators for index in operator.outputs}:
        suggestion = graph.tensors[_pooled_tensor(model)].name.decode()
        raise FeatureError(f"'{path}' computes no tensor {wanted!r}; without a choice it would be '{suggestion}'")
    return int(index)


def _pooled_tensor(model: schema.ModelT) -> int:
    graph = model.subgraphs[0]
    for operator in reversed(graph.operators):
        code = model.operatorCodes[operator.opcodeIndex]
        shape = graph.tensors[operator.outputs[0]].shape
        pools = max(code.builtinCode, code.deprecatedBuiltinCode) in _POOLING
        if pools and (len(shape) == 2 or (len(shape) == 4 and shape[1] == shape[2] == 1)):
            return int(operator.outputs[0])
    return int(graph.outputs[0])


def _cut_behind(model: schema.ModelT, tensor: int) -> bytes:
    """The network up to a tensor, with that tensor as its only output."""
    graph = model.subgraphs[0]
    producer = next(index for index, operator in enumerate(graph.operators) if tensor in operator.outputs)
    graph.operators = graph.operators[: producer + 1]
    graph.outputs = np.array([tensor], np.int32)
    model.signatureDefs = None  # they name outputs that may be gone
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _check_pictures(pictures: Pictures) -> None:
    if pictures.ndim != 4 or pictures.shape[3] != 3 or pictures.dtype != np.uint8:
        raise FeatureError(
            f"pictures are {pictures.dtype} of shape {pictures.shape}; expected uint8 RGB of shape (N, H, W, 3)"
        )


def _resize(picture: Pictures, size: tuple[int, int]) -> Pictures:
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
