"""A network on LiteRT's GPU accelerator.

LiteRT is given the GPU alone, never ``GPU | CPU``: so it refuses where there is no GPU, and where the GPU does not take
every operator. A network that was loaded has nothing on the CPU. (``CompiledModel.is_fully_accelerated`` is no
evidence: it is True on the CPU, too.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from litebrush.engine import Array, Shape, TensorInfo, litert_version
from litebrush.errors import AcceleratorError, EngineError

_SIGN_OF_REFUSED_OPERATORS = "not accelerated"
_NO_GPU = (
    "LiteRT finds no GPU that it can use here",
    "install the Vulkan driver of this machine's GPU, or name one in VK_ICD_FILENAMES; without a GPU a software driver "
    "does, if slowly (on Debian: apt install chromium libvulkan1, and set "
    "VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json); or run on the cpu",
)
_REFUSED_OPERATORS = (
    "the GPU does not take all operators of this model",
    "'litebrush lint FILE --target android-gpu' checks them; run it on the cpu",
)


class CompiledEngine:
    """LiteRT's compiled model on the GPU, with float inputs and outputs and the shapes of the file.

    The arrays are this engine's, and are copied to the GPU and back at each run.
    """

    accelerator = "gpu"
    resizable = False

    def __init__(self, flatbuffer: bytes, signature: str, half_precision: bool) -> None:
        """Compile a network for the GPU.

        Args:
            flatbuffer: the .tflite model.
            signature: the signature to run.
            half_precision: let the GPU compute in half precision where it can; otherwise it computes in float32.

        Raises:
            AcceleratorError: no LiteRT that can do it, no GPU, or one that refuses the model.
        """
        try:
            from ai_edge_litert.compiled_model import CompiledModel, GpuOptions, HardwareAccelerator, Options
        except ImportError as problem:
            raise AcceleratorError(
                f"this LiteRT cannot compile for a GPU ({problem})", "pip install --upgrade ai-edge-litert, 2.3.0 can"
            ) from None
        options = Options(HardwareAccelerator.GPU, gpu_options=GpuOptions(enforce_f32=not half_precision))
        try:
            self._model: Any = CompiledModel.from_buffer(flatbuffer, options=options)
            inputs = self._model.get_input_tensor_details(signature)
            outputs = self._model.get_output_tensor_details(signature)
        except (RuntimeError, ValueError) as problem:
            refused = _SIGN_OF_REFUSED_OPERATORS in str(problem)
            raise AcceleratorError(*(_REFUSED_OPERATORS if refused else _NO_GPU)) from None
        self.name = litert_version()
        self.inputs: Mapping[str, TensorInfo] = {name: _float_tensor(name, each) for name, each in inputs.items()}
        self.outputs: Mapping[str, TensorInfo] = {name: _float_tensor(name, each) for name, each in outputs.items()}
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
            raise AcceleratorError(f"the GPU has no memory for this model ({problem})", "run it on the cpu") from None
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
                    f"'{name}' of shape {shape} was asked; the GPU runs static shapes only, this model's is "
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
                f"the GPU failed while running this model ({problem})", "run it on the cpu"
            ) from None

    def close(self) -> None:
        """See :class:`litebrush.engine.Engine`."""
        self._input_buffers.clear()
        self._output_buffers.clear()
        self._arrays.clear()
        self._model = None


def _float_tensor(name: str, details: Mapping[str, Any]) -> TensorInfo:
    if details["dtype"] != "float32":
        raise AcceleratorError(
            f"'{name}' is of {details['dtype']}, and on the GPU litebrush runs float inputs and outputs only",
            "export float16 or float32",
        )
    return TensorInfo(tuple(int(side) for side in details["shape"]), np.dtype(np.float32))
