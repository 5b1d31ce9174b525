"""A network on LiteRT's GPU or NPU accelerator.

LiteRT is given the accelerator alone, never ``GPU | CPU``: so it refuses where there is none, and where it does not
take every operator. A network that was loaded has nothing on the CPU. (``CompiledModel.is_fully_accelerated`` is no
evidence: it is True on the CPU, too.)
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from litebrush.accelerators import Accelerator
from litebrush.engine import Array, Shape, TensorInfo
from litebrush.errors import AcceleratorError, EngineError

_SIGN_OF_REFUSED_OPERATORS = "not accelerated"
_NOT_THERE = {
    Accelerator.GPU: (
        "LiteRT finds no GPU that it can use here",
        "install the Vulkan driver of this machine's GPU, or name one in VK_ICD_FILENAMES; without a GPU a software "
        "driver does, if slowly (on Debian: apt install chromium libvulkan1, and set "
        "VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json); or run on the cpu",
    ),
    Accelerator.NPU: (
        "LiteRT finds no NPU that it can use here",
        "it needs the NPU and its vendor's library (Intel: openvino 2026.3.1 for ai-edge-litert 2.3.0); on Android, "
        "export with --target android-npu and load the file in an app; or run it here on cpu or gpu",
    ),
}
_REFUSED_OPERATORS = {
    Accelerator.GPU: (
        "the GPU does not take all operators of this model",
        "'litebrush lint FILE --target android-gpu' checks them; run it on the cpu",
    ),
    Accelerator.NPU: (  # LiteRT says no more, whether there is an NPU or none
        "LiteRT finds no NPU here that takes all operators of this model",
        _NOT_THERE[Accelerator.NPU][1],
    ),
}


class CompiledEngine:
    """LiteRT's compiled model on a GPU or an NPU, with float inputs and outputs and the shapes of the file.

    The arrays are this engine's, and are copied to the accelerator and back at each run.
    """

    threads = 1
    exact = True
    resizable = False

    def __init__(
        self, flatbuffer: bytes, signature: str, half_precision: bool, accelerator: Accelerator = Accelerator.GPU
    ) -> None:
        """Compile a network.

        Args:
            flatbuffer: the .tflite model.
            signature: the signature to run.
            half_precision: let a GPU compute in half precision where it can; otherwise it computes in float32.
            accelerator: the GPU or the NPU.

        Raises:
            AcceleratorError: no LiteRT that can do it, no such accelerator, or one that refuses the model.
        """
        try:
            from ai_edge_litert.compiled_model import CompiledModel, GpuOptions, HardwareAccelerator, Options
        except ImportError as problem:
            raise AcceleratorError(
                f"there is no LiteRT that can compile for a {accelerator.value.upper()} ({problem})",
                "pip install --upgrade ai-edge-litert, 2.3.0 can",
            ) from None
        self.accelerator = accelerator.value
        self._spoken = accelerator.value.upper()
        options = (
            Options(HardwareAccelerator.NPU)
            if accelerator is Accelerator.NPU
            else Options(HardwareAccelerator.GPU, gpu_options=GpuOptions(enforce_f32=not half_precision))
        )
        try:
            self._model: Any = CompiledModel.from_buffer(flatbuffer, options=options)
            inputs = self._model.get_input_tensor_details(signature)
            outputs = self._model.get_output_tensor_details(signature)
        except (RuntimeError, ValueError) as problem:
            refused = _SIGN_OF_REFUSED_OPERATORS in str(problem)
            raise AcceleratorError(*(_REFUSED_OPERATORS if refused else _NOT_THERE)[accelerator]) from None
        self.name = f"ai-edge-litert {version('ai-edge-litert')}"
        self.inputs: Mapping[str, TensorInfo] = {name: self._tensor(name, each) for name, each in inputs.items()}
        self.outputs: Mapping[str, TensorInfo] = {name: self._tensor(name, each) for name, each in outputs.items()}
        self._flatbuffer = flatbuffer  # the compiled model reads it where it lies
        self._signature = signature
        try:
            self._input_buffers = {
                name: self._model.create_input_buffer_by_name(signature, name) for name in self.inputs
            }
            self._output_buffers = {
                name: self._model.create_output_buffer_by_name(signature, name) for name in self.outputs
            }
        except RuntimeError as problem:
            raise AcceleratorError(
                f"the {self._spoken} has no memory for this model ({problem})", "run it on the cpu"
            ) from None
        self._arrays: dict[str, Array] = {
            name: np.zeros(info.shape, info.dtype) for name, info in {**self.inputs, **self.outputs}.items()
        }

    def resize(self, shapes: Mapping[str, Shape]) -> None:
        """See :class:`litebrush.engine.Engine`.

        Raises:
            EngineError: other shapes than those of the file.
        """
        for name, shape in shapes.items():
            if self.inputs[name].shape != shape:
                raise EngineError(
                    f"'{name}' of shape {shape} was asked; the {self._spoken} runs static shapes only, this model's is "
                    f"{self.inputs[name].shape}"
                )

    def input(self, name: str) -> Array:
        """See :class:`litebrush.engine.Engine`."""
        return self._arrays[name]

    def output(self, name: str) -> Array:
        """See :class:`litebrush.engine.Engine`."""
        return self._arrays[name]

    def invoke(self) -> None:
        """See :class:`litebrush.engine.Engine`."""
        try:
            for name, buffer in self._input_buffers.items():
                buffer.write(self._arrays[name])
            self._model.run_by_name(self._signature, self._input_buffers, self._output_buffers)
            for name, buffer in self._output_buffers.items():
                info = self.outputs[name]
                self._arrays[name] = buffer.read(int(np.prod(info.shape)), info.dtype).reshape(info.shape)
        except RuntimeError as problem:
            raise AcceleratorError(
                f"the {self._spoken} failed while running this model ({problem})", "run it on the cpu"
            ) from None

    def close(self) -> None:
        """See :class:`litebrush.engine.Engine`."""
        self._input_buffers.clear()
        self._output_buffers.clear()
        self._arrays.clear()
        self._model = None

    def _tensor(self, name: str, details: Mapping[str, Any]) -> TensorInfo:
        if details["dtype"] != "float32":
            raise AcceleratorError(
                f"'{name}' is of {details['dtype']}, and on the {self._spoken} litebrush runs float inputs and outputs "
                "only",
                "export float16 or float32",
            )
        return TensorInfo(tuple(int(side) for side in details["shape"]), np.dtype(np.float32))
