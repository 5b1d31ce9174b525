"""The seam to what runs networks, and the interpreter on the CPU behind it.

An engine shows its tensors as memory: write an input, invoke, read an output. The arrays are views that
are only good until the next ``invoke`` or ``resize``, so take them, use them, and let them go::

    engine.input("image")[:] = pixels
    engine.invoke()
    result = engine.output("restored").copy()

The GPU is in :mod:`litebrush.compiled_engine`; no third module imports LiteRT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from litebrush.errors import EngineError

Array = NDArray[Any]
Shape = tuple[int, ...]

_REFUSALS = (ValueError, RuntimeError, TypeError, MemoryError)  # LiteRT's Python says no in all these ways


@dataclass(frozen=True)
class TensorInfo:
    """A tensor as the interpreter knows it: real value = scale * (stored value - zero_point).

    Attributes:
        shape: static shape.
        dtype: numpy dtype.
        scale: 0 where the tensor is not quantized.
        zero_point: stored value that stands for 0.
    """

    shape: Shape
    dtype: np.dtype[Any]
    scale: float = 0.0
    zero_point: int = 0

    @property
    def quantized(self) -> bool:
        """Whether stored values are integers with a scale."""
        return self.scale != 0


class Engine(Protocol):
    """One loaded network, ready to run.

    Attributes:
        name: the interpreter and its version, such as ``ai-edge-litert 2.3.0``.
        accelerator: what the network runs on.
        resizable: whether it can run at other shapes than those of the file.
        inputs, outputs: tensors by their names in the signature, as they are in the file.
    """

    name: str
    accelerator: str
    resizable: bool
    inputs: Mapping[str, TensorInfo]
    outputs: Mapping[str, TensorInfo]

    def resize(self, shapes: Mapping[str, Shape]) -> None:
        """Change the inputs' shapes; nothing happens when they have them already.

        Raises:
            EngineError: the engine or the network cannot run at these shapes.
        """

    def input(self, name: str) -> Array:
        """Writable view of an input."""

    def output(self, name: str) -> Array:
        """View of an output; valid after :meth:`invoke`."""

    def invoke(self) -> None:
        """Run the network once."""

    def close(self) -> None:
        """Free the network's memory; the engine is of no use afterwards."""


class LiteRtEngine:
    """The LiteRT interpreter on the CPU (XNNPACK).

    The interpreter shows its own memory for the first network in a file only. In a file with several signatures the
    arrays are this engine's, and are copied in and out at each run.
    """

    accelerator = "cpu"
    resizable = True

    def __init__(self, flatbuffer: bytes, signature: str, threads: int) -> None:
        """Load a network.

        Args:
            flatbuffer: the .tflite model.
            signature: the signature to run.
            threads: CPU threads for one inference.

        Raises:
            EngineError: no interpreter is installed, or it refuses the model.
        """
        if threads < 1:
            raise EngineError(f"threads is {threads}; it must be at least 1")
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as problem:
            raise EngineError(f"no TFLite interpreter here ({problem}); pip install ai-edge-litert") from None
        try:
            self._interpreter: Any = Interpreter(model_content=flatbuffer, num_threads=threads)
            runner = self._interpreter.get_signature_runner(signature)
            inputs, outputs = runner.get_input_details(), runner.get_output_details()
            self._runner: Any = runner if len(self._interpreter.get_signature_list()) > 1 else None
            del runner  # it counts as a reference that forbids allocating
            if self._runner is None:
                self._interpreter.allocate_tensors()
        except _REFUSALS as problem:
            raise EngineError(f"the interpreter refuses this model: {_first_line(problem)}") from None
        self.name = litert_version()
        self.inputs: Mapping[str, TensorInfo] = {name: _tensor_info(details) for name, details in inputs.items()}
        self.outputs: Mapping[str, TensorInfo] = {name: _tensor_info(details) for name, details in outputs.items()}
        self._indices = {name: details["index"] for name, details in {**inputs, **outputs}.items()}
        self._shapes = {name: info.shape for name, info in self.inputs.items()}
        self._arrays: dict[str, Array] = {
            name: np.zeros(info.shape, info.dtype) for name, info in self.inputs.items() if self._runner is not None
        }

    def resize(self, shapes: Mapping[str, Shape]) -> None:
        """See :class:`Engine`."""
        if all(self._shapes.get(name) == shape for name, shape in shapes.items()):
            return
        self._shapes.clear()  # unknown until allocation succeeds
        if self._runner is not None:
            self._arrays.update({name: np.zeros(shape, self.inputs[name].dtype) for name, shape in shapes.items()})
            self._shapes.update(shapes)
            return
        try:
            for name, shape in shapes.items():
                self._interpreter.resize_tensor_input(self._indices[name], shape)
            self._interpreter.allocate_tensors()
        except _REFUSALS as problem:
            raise EngineError(f"the interpreter cannot run this model at {dict(shapes)}: {problem}") from None
        self._shapes.update(shapes)

    def input(self, name: str) -> Array:
        """See :class:`Engine`."""
        return self._view(name)

    def output(self, name: str) -> Array:
        """See :class:`Engine`."""
        return self._view(name)

    def _view(self, name: str) -> Array:
        if self._runner is not None:
            return self._arrays[name]
        try:
            view: Array = self._interpreter.tensor(self._indices[name])()
        except _REFUSALS as problem:
            raise EngineError(f"the interpreter has no memory for '{name}': {problem}") from None
        return view

    def invoke(self) -> None:
        """See :class:`Engine`."""
        try:
            if self._runner is not None:
                self._arrays.update(self._runner(**{name: self._arrays[name] for name in self.inputs}))
            else:
                self._interpreter.invoke()
        except _REFUSALS as problem:
            raise EngineError(f"the interpreter failed while running this model: {problem}") from None

    def close(self) -> None:
        """See :class:`Engine`."""
        self._runner = self._interpreter = None
        self._arrays.clear()


def _tensor_info(details: Mapping[str, Any]) -> TensorInfo:
    scale, zero_point = details["quantization"]
    shape = tuple(int(side) for side in details["shape"])
    return TensorInfo(shape, np.dtype(details["dtype"]), float(scale), int(zero_point))


def _first_line(problem: Exception) -> str:
    return str(problem).partition("\n")[0]  # pybind11 goes on with all signatures of a function


def litert_version() -> str:
    """The name of LiteRT's package and its version."""
    from importlib.metadata import version

    return f"ai-edge-litert {version('ai-edge-litert')}"


class FakeEngine:
    """An engine for tests: a function on numpy arrays in the place of a network.

    >>> copy = FakeEngine({"x": info}, {"y": info}, lambda inputs: {"y": inputs["x"]})
    """

    name = "fake"
    accelerator = "cpu"
    resizable = True

    def __init__(
        self,
        inputs: Mapping[str, TensorInfo],
        outputs: Mapping[str, TensorInfo],
        function: Callable[[Mapping[str, Array]], Mapping[str, Array]],
    ) -> None:
        """Stand in for a network.

        Args:
            inputs, outputs: the tensors to show.
            function: input arrays by name -> output arrays by name.
        """
        self.inputs = inputs
        self.outputs = outputs
        self.invocations = 0
        self._function = function
        self._arrays: dict[str, Array] = {name: np.zeros(info.shape, info.dtype) for name, info in inputs.items()}

    def resize(self, shapes: Mapping[str, Shape]) -> None:
        """See :class:`Engine`."""
        for name, shape in shapes.items():
            if self._arrays[name].shape != shape:
                self._arrays[name] = np.zeros(shape, self.inputs[name].dtype)

    def input(self, name: str) -> Array:
        """See :class:`Engine`."""
        return self._arrays[name]

    def output(self, name: str) -> Array:
        """See :class:`Engine`."""
        return self._arrays[name]

    def invoke(self) -> None:
        """See :class:`Engine`."""
        self.invocations += 1
        self._arrays.update(self._function({name: self._arrays[name] for name in self.inputs}))

    def close(self) -> None:
        """See :class:`Engine`."""
        self._arrays.clear()
