"""The same network in other engines, behind litebrush's own seam: the rest of the runtime does not notice.

Each is converted from the shipped .tflite file, run on one thread, and taken only if it computes what LiteRT does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from litebrush.engine import Array, Engine, Shape, TensorInfo
from litebrush.errors import EngineError
from litebrush.loading import open_engines
from litebrush.modelfile import ModelFile

Run = Callable[[Mapping[str, Array]], Array]
MOST_OFF = {False: 1 / 255, True: 16 / 255}
"""How far an engine may be from LiteRT, as a share of the range: float, 8-bit, where each rounds in its own way."""


class ForeignEngine:
    """An engine of :mod:`litebrush.engine` around a function, with the tensors of LiteRT's."""

    accelerator = "cpu"
    threads = 1
    exact = True
    resizable = False

    def __init__(self, name: str, like: Engine, run: Run) -> None:
        """``run`` takes the input arrays by name, and gives the one output."""
        self.name, self.inputs, self.outputs = name, like.inputs, like.outputs
        self._run = run
        self._arrays = {key: np.zeros(info.shape, info.dtype) for key, info in {**like.inputs, **like.outputs}.items()}
        (self._output,) = like.outputs

    def resize(self, shapes: Mapping[str, Shape]) -> None:
        """See :class:`Engine`; the shapes are those of the file."""

    def input(self, name: str) -> Array:
        """See :class:`Engine`."""
        return self._arrays[name]

    def output(self, name: str) -> Array:
        """See :class:`Engine`."""
        return self._arrays[name]

    def invoke(self) -> None:
        """See :class:`Engine`."""
        result = self._run({name: self._arrays[name] for name in self.inputs})
        self._arrays[self._output] = result.reshape(self.outputs[self._output].shape)

    def close(self) -> None:
        """See :class:`Engine`."""
        self._arrays.clear()


def foreign_engine(kind: str, model: ModelFile) -> Engine:
    """A network with one signature and one output in another engine.

    Args:
        kind: a key of :data:`ENGINES`.
        model: the shipped file.

    Raises:
        EngineError: there is no conversion, or it computes something else.
    """
    (signature,) = model.contract.signatures
    like = open_engines(model.flatbuffer, model.contract, threads=1)[signature.name]
    if len(like.outputs) != 1:
        raise EngineError("networks with several outputs are not converted here")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.tflite")
        file.write_bytes(model.flatbuffer)
        try:
            engine = ForeignEngine(kind, like, ENGINES[kind](file, like))
            off = _largest_difference(engine, like)
        except EngineError:
            raise
        except Exception as problem:  # each converter has errors of its own
            raise EngineError(f"no conversion: {str(problem).splitlines()[0] if str(problem) else problem!r}") from None
    quantized = next(iter(like.outputs.values())).quantized
    if off > MOST_OFF[quantized]:
        raise EngineError(f"it computes something else: {off:.3f} of the range off")
    return engine


def _largest_difference(engine: Engine, like: Engine) -> float:
    random = np.random.default_rng(0)
    for name, info in like.inputs.items():
        values = random.random(info.shape)
        stored = np.rint(values / info.scale + info.zero_point) if info.quantized else values
        for each in (engine, like):
            each.input(name)[:] = stored.astype(info.dtype)
    engine.invoke()
    like.invoke()
    (name,) = like.outputs
    difference = np.abs(engine.output(name).astype(np.float64) - like.output(name).astype(np.float64)).max()
    return float(difference * (like.outputs[name].scale or 1))


def _by_shape(inputs: Mapping[str, TensorInfo]) -> dict[Shape, str]:
    """Converters rename tensors; their shapes stay."""
    return {info.shape: name for name, info in inputs.items()}


def _onnx_file(file: Path) -> Path:
    """Converted in a process of its own: the converter imports TensorFlow."""
    program = "import sys, tf2onnx.convert; tf2onnx.convert.from_tflite(sys.argv[1], opset=17, output_path=sys.argv[2])"
    out = file.with_suffix(".onnx")
    done = subprocess.run([sys.executable, "-c", program, file, out], capture_output=True, text=True, check=False)
    if not out.exists():
        raise EngineError(f"tf2onnx failed: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}")
    return out


def _onnx_runtime(file: Path, like: Engine) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(_onnx_file(file).read_bytes(), options, providers=["CPUExecutionProvider"])
    names = _by_shape(like.inputs)
    wanted = {each.name: names[tuple(each.shape)] for each in session.get_inputs()}
    return lambda arrays: session.run(None, {theirs: arrays[ours] for theirs, ours in wanted.items()})[0]


def _openvino(file: Path, like: Engine) -> Run:
    import openvino

    network = openvino.Core().read_model(file)
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(network, "CPU", settings).create_infer_request()
    names = _by_shape(like.inputs)
    wanted = {each.any_name: names[tuple(each.shape)] for each in network.inputs}

    def run(arrays: Mapping[str, Array]) -> Array:
        results = request.infer({theirs: arrays[ours] for theirs, ours in wanted.items()})
        return next(iter(results.values()))

    return run


def _ncnn(file: Path, like: Engine) -> Run:
    import ncnn

    if any(info.quantized for info in (*like.inputs.values(), *like.outputs.values())):
        raise EngineError("pnnx converts no 8-bit network")
    onnx = _onnx_file(file)
    subprocess.run(["pnnx", onnx.name], cwd=onnx.parent, capture_output=True, check=True)
    parameters = onnx.with_name("model.ncnn.param")
    parameters.write_text(_as_tflite_orders_channels(parameters.read_text()))
    network = ncnn.Net()
    network.opt.num_threads = 1
    network.opt.use_fp16_packed = network.opt.use_fp16_storage = network.opt.use_fp16_arithmetic = False
    network.opt.use_bf16_storage = False
    if network.load_param(str(parameters)) or network.load_model(str(onnx.with_name("model.ncnn.bin"))):
        raise EngineError("pnnx writes operators that ncnn does not know")
    names = list(like.inputs)
    order = _input_order(onnx, like)

    def run(arrays: Mapping[str, Array]) -> Array:
        extractor = network.create_extractor()
        mats = [ncnn.Mat(np.ascontiguousarray(arrays[name][0])) for name in order]
        for index, mat in enumerate(mats):
            extractor.input(f"in{index}", mat)
        failed, result = extractor.extract("out0")
        if failed:
            raise EngineError(f"ncnn cannot run it; its inputs are {', '.join(names)}")
        return np.array(result)

    return run


def _as_tflite_orders_channels(parameters: str) -> str:
    """Pnnx leaves DEPTH_TO_SPACE undone, and forgets that TFLite's channels vary fastest; ncnn knows both."""
    lines = []
    for line in parameters.splitlines():
        if line.startswith("DepthToSpace"):
            line = line.replace("DepthToSpace", "PixelShuffle", 1) + " 0=2 1=1"
        elif line.startswith("Reorg"):
            line = line.replace(" 1=0", " 1=1")
        lines.append(line)
    return "\n".join(lines) + "\n"


def _input_order(onnx: Path, like: Engine) -> list[str]:
    import onnx as onnx_package

    graph = onnx_package.load(onnx).graph
    names = _by_shape(like.inputs)
    return [names[tuple(side.dim_value for side in each.type.tensor_type.shape.dim)] for each in graph.input]


ENGINES: dict[str, Callable[[Path, Engine], Run]] = {
    "ONNX Runtime": _onnx_runtime,
    "OpenVINO": _openvino,
    "ncnn": _ncnn,
}
"""By name."""
