"""A network in ONNX Runtime: on the CPU, or on an Nvidia GPU where its package can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from litebrush.accelerators import ON_CPU, Accelerator, Candidate
from litebrush.engine import Array, Shape, TensorInfo
from litebrush.errors import AcceleratorError, EngineError
from litebrush.extras import require_extra

_PROVIDERS = {Accelerator.CPU: "CPUExecutionProvider", Accelerator.GPU: "CUDAExecutionProvider"}
_FLOAT = "tensor(float)"
_SILENT = 4
_EXTERNAL_DATA = b"\x0a\x08location"  # the key, in its protobuf field, by which a weight names a file beside the model


class OnnxEngine:
    """An ONNX network whose inputs and outputs are called as the contract calls them, in float32.

    Shapes are those of the file. Arrays are this engine's, and are copied in and out at each run.
    """

    exact = True
    resizable = False

    def __init__(self, network: bytes, threads: int, candidate: Candidate = ON_CPU) -> None:
        """Load a network.

        Args:
            network: the ONNX model.
            threads: CPU threads for one inference.
            candidate: the CPU or the GPU.

        Raises:
            MissingExtraError: ONNX Runtime is not installed.
            EngineError: it refuses the model.
            AcceleratorError: it cannot reach the accelerator here.
        """
        if _EXTERNAL_DATA in network:
            raise EngineError(
                "this ONNX file takes weights from other files; litebrush runs files that hold all of theirs"
            )
        require_extra("onnx", "onnxruntime")
        import onnxruntime

        if threads < 1:
            raise EngineError(f"threads is {threads}; it must be at least 1")
        provider = _PROVIDERS.get(candidate.accelerator)
        if provider is None:
            raise AcceleratorError(f"ONNX files run on cpu and gpu, not on {candidate.name}", "give the .tflite file")
        if provider not in onnxruntime.get_available_providers():
            raise AcceleratorError(
                f"the ONNX Runtime that is installed runs nothing on {candidate.name}",
                "install Nvidia's onnxruntime-gpu for this system, or run it on the cpu",
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = _SILENT
        settings: dict[str, str] = {}
        if candidate.accelerator is Accelerator.GPU:
            options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")  # a GPU is asked alone
            settings["use_tf32"] = "0"  # its 10 bits would miss what float32 promises
        try:
            self._session: Any = onnxruntime.InferenceSession(
                network, options, providers=[(provider, settings)], enable_fallback=False
            )
        except Exception as problem:  # ONNX Runtime's exceptions have no base of their own
            raise EngineError(f"ONNX Runtime refuses this model: {_first_line(problem)}") from None
        if provider not in self._session.get_providers():
            raise AcceleratorError(
                f"ONNX Runtime did not get hold of {candidate.name}", "check the driver, or run it on the cpu"
            )
        self.name = f"onnxruntime {onnxruntime.__version__}"
        self.accelerator = candidate.name
        self.threads = threads
        self.inputs: Mapping[str, TensorInfo] = _tensors(self._session.get_inputs())
        self.outputs: Mapping[str, TensorInfo] = _tensors(self._session.get_outputs())
        try:
            self._arrays: dict[str, Array] = {
                name: np.zeros(info.shape, info.dtype) for name, info in {**self.inputs, **self.outputs}.items()
            }
        except (MemoryError, ValueError) as problem:
            raise EngineError(f"this ONNX file asks for tensors that do not fit into memory: {problem}") from None

    def resize(self, shapes: Mapping[str, Shape]) -> None:
        """See :class:`litebrush.engine.Engine`."""
        if any(self.inputs[name].shape != shape for name, shape in shapes.items()):
            raise EngineError(f"{dict(shapes)} was asked; an ONNX file runs at its own shapes only")

    def input(self, name: str) -> Array:
        """See :class:`litebrush.engine.Engine`."""
        return self._arrays[name]

    def output(self, name: str) -> Array:
        """See :class:`litebrush.engine.Engine`."""
        return self._arrays[name]

    def invoke(self) -> None:
        """See :class:`litebrush.engine.Engine`."""
        try:
            results = self._session.run(list(self.outputs), {name: self._arrays[name] for name in self.inputs})
        except Exception as problem:  # as above
            raise EngineError(f"ONNX Runtime failed while running this model: {_first_line(problem)}") from None
        for (name, info), result in zip(self.outputs.items(), results):
            if result.shape != info.shape:
                raise EngineError(f"'{name}' came out of shape {result.shape}; the file promises {info.shape}")
            self._arrays[name] = result

    def close(self) -> None:
        """See :class:`litebrush.engine.Engine`."""
        self._session = None
        self._arrays.clear()


def _tensors(nodes: list[Any]) -> dict[str, TensorInfo]:
    for node in nodes:
        if node.type != _FLOAT or not all(isinstance(side, int) for side in node.shape):
            raise EngineError(
                f"'{node.name}' is {node.type} of shape {node.shape}; litebrush runs ONNX files of float32 and fixed "
                "shapes"
            )
    return {node.name: TensorInfo(tuple(node.shape), np.dtype(np.float32)) for node in nodes}


def _first_line(problem: Exception) -> str:
    return str(problem).partition("\n")[0]
