"""A generator as a .tflite file, made without TensorFlow: one dense layer."""

from __future__ import annotations

from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from litebrush.contract import Golden, ModelContract, Precision
from litebrush.loading import open_engines
from litebrush.modelfile import ModelFile, write_model
from litebrush.runner import SignatureRunner
from litebrush.tasks import Task
from litebrush.tensors import Role, Signature, TensorSpec
from made.contracts import LABELS

LATENT, SIDE = 8, 8


def _contract(labels: tuple[str, ...] = LABELS) -> ModelContract:
    """Of a generator that draws 8x8 pixels from 8 values."""
    inputs = [TensorSpec("latent", Role.LATENT, (1, LATENT))]
    inputs += [TensorSpec("label", Role.LABEL, (1, len(labels)))] if labels else []
    signature = Signature("generate", tuple(inputs), (TensorSpec("image", Role.IMAGE, (1, SIDE, SIDE, 3)),))
    return ModelContract(
        "tiny-gan", Task.GENERATE, (signature,), None, (), labels, precision=Precision.FLOAT32, golden=Golden(1e-4)
    )


def write_generator(path: Path, labels: tuple[str, ...] = LABELS) -> Path:
    """A generator file of real float32 arithmetic, its golden result included."""
    contract = _contract(labels)
    flatbuffer = _flatbuffer(len(labels))
    sample = {"latent": np.ones(LATENT, np.float32), "label": np.eye(max(1, len(labels)), dtype=np.float32)[0]}
    sample = {spec.name: sample[spec.name] for spec in contract.signature.inputs}
    engines = open_engines(flatbuffer, contract, threads=1)
    results = SignatureRunner(contract.signature, engines["generate"]).run(sample)
    golden = {f"generate/{name}": values for name, values in {**sample, **results}.items()}
    write_model(ModelFile(flatbuffer, contract, golden), path)
    return path


def _flatbuffer(classes: int) -> bytes:
    """Logistic(weights x (latent, label)) as a picture."""
    features, pixels = LATENT + classes, SIDE * SIDE * 3
    weights = np.random.default_rng(5).normal(0, 0.7, (pixels, features)).astype(np.float32)
    buffers = [schema.BufferT(), _buffer(weights), _buffer(np.array([1, SIDE, SIDE, 3], np.int32))]
    graph = schema.SubGraphT()
    graph.tensors = [
        _tensor("latent", (1, LATENT)),
        _tensor("label", (1, max(1, classes))),
        _tensor("features", (1, features)),
        _tensor("weights", weights.shape, 1),
        _tensor("dense", (1, pixels)),
        _tensor("bounded", (1, pixels)),
        _tensor("shape", (4,), 2, schema.TensorType.INT32),
        _tensor("image", (1, SIDE, SIDE, 3)),
    ]
    kinds = schema.BuiltinOperator
    operators = [
        _operator(1, (2 if classes else 0, 3, -1), 4, schema.FullyConnectedOptionsT()),
        _operator(2, (4,), 5),
        _operator(3, (5, 6), 7, schema.ReshapeOptionsT()),
    ]
    if classes:
        joined = schema.ConcatenationOptionsT()
        joined.axis = 1
        operators.insert(0, _operator(0, (0, 1), 2, joined))
    graph.operators, graph.inputs, graph.outputs = operators, [0, 1] if classes else [0], [7]
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "generate", 0
    signature.inputs = [_named(name, index) for index, name in enumerate(("latent", "label")[: 2 if classes else 1])]
    signature.outputs = [_named("image", 7)]
    model = schema.ModelT()
    model.version, model.buffers, model.subgraphs, model.signatureDefs = 3, buffers, [graph], [signature]
    model.operatorCodes = [
        _code(kind) for kind in (kinds.CONCATENATION, kinds.FULLY_CONNECTED, kinds.LOGISTIC, kinds.RESHAPE)
    ]
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _buffer(values: np.ndarray) -> schema.BufferT:
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    return buffer


def _tensor(name: str, shape: tuple[int, ...], buffer: int = 0, kind: int = schema.TensorType.FLOAT32):
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer, tensor.type = name, list(shape), buffer, kind
    return tensor


def _operator(code: int, inputs: tuple[int, ...], output: int, options: object = None) -> schema.OperatorT:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, list(inputs), [output]
    if options is not None:
        name = type(options).__name__.removesuffix("T")
        operator.builtinOptions, operator.builtinOptionsType = options, getattr(schema.BuiltinOptions, name)
    return operator


def _code(kind: int) -> schema.OperatorCodeT:
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = kind
    code.version = 1
    return code


def _named(name: str, tensor: int) -> schema.TensorMapT:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, tensor
    return entry
