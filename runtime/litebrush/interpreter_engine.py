"""A network in the interpreter: on the CPU, or on what a delegate reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from litebrush.accelerators import ON_CPU, Candidate
from litebrush.delegates import open_delegate, require_taken_operators
from litebrush.engine import Array, Shape, TensorInfo
from litebrush.errors import AcceleratorError, EngineError
from litebrush.interpreters import load_interpreter

_REFUSALS = (ValueError, RuntimeError, TypeError, MemoryError)  # the interpreters' Python says no in all these ways


class InterpreterEngine:
    """The interpreter that is installed (:mod:`litebrush.interpreters`), on the CPU with XNNPACK or with a delegate.

    The interpreter shows its own memory for the first network in a file only. In a file with several signatures the
    arrays are this engine's, and are copied in and out at each run.
    """

    def __init__(self, flatbuffer: bytes, signature: str, threads: int, candidate: Candidate = ON_CPU) -> None:
        """Load a network.

        Args:
            flatbuffer: the .tflite model.
            signature: the signature to run.
            threads: CPU threads for one inference.
            candidate: the CPU, or a delegate.

        Raises:
            EngineError: no interpreter is installed, or it refuses the model.
            AcceleratorError: the delegate cannot be had, refuses the model, or takes nothing of it.
        """
        if threads < 1:
            raise EngineError(f"threads is {threads}; it must be at least 1")
        package = load_interpreter()
        delegates = [open_delegate(candidate, package.module)] if candidate.library else []
        try:
            self._interpreter: Any = package.open(flatbuffer, threads, delegates)
            several = len(self._interpreter.get_signature_list()) > 1
            if delegates and not several:  # of several networks, the interpreter lists the operators of the first
                require_taken_operators(self._interpreter, candidate)
            runner = self._interpreter.get_signature_runner(signature)
            inputs, outputs = runner.get_input_details(), runner.get_output_details()
            self._runner: Any = runner if several else None
            del runner  # it counts as a reference that forbids allocating
            if self._runner is None:
                self._interpreter.allocate_tensors()
        except _REFUSALS as problem:
            if delegates:
                raise AcceleratorError(
                    f"the delegate '{candidate.library}' refuses this model ({_first_line(problem)})", candidate.remedy
                ) from None
            raise EngineError(f"the interpreter refuses this model: {_first_line(problem)}") from None
        self.name = package.name
        self.accelerator = candidate.name
        self.threads = threads
        self.exact = package.exact
        self.resizable = not delegates
        self.inputs: Mapping[str, TensorInfo] = {name: _tensor_info(details) for name, details in inputs.items()}
        self.outputs: Mapping[str, TensorInfo] = {name: _tensor_info(details) for name, details in outputs.items()}
        self._indices = {name: details["index"] for name, details in {**inputs, **outputs}.items()}
        self._shapes = {name: info.shape for name, info in self.inputs.items()}
        self._arrays: dict[str, Array] = {
            name: np.zeros(info.shape, info.dtype) for name, info in self.inputs.items() if self._runner is not None
        }

    def resize(self, shapes: Mapping[str, Shape]) -> None:
        """See :class:`litebrush.engine.Engine`."""
        if all(self._shapes.get(name) == shape for name, shape in shapes.items()):
            return
        if not self.resizable:
            raise EngineError(f"{dict(shapes)} was asked; a delegate runs the shapes of the file only")
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
        """See :class:`litebrush.engine.Engine`."""
        return self._view(name)

    def output(self, name: str) -> Array:
        """See :class:`litebrush.engine.Engine`."""
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
        """See :class:`litebrush.engine.Engine`."""
        try:
            if self._runner is not None:
                self._arrays.update(self._runner(**{name: self._arrays[name] for name in self.inputs}))
            else:
                self._interpreter.invoke()
        except _REFUSALS as problem:
            raise EngineError(f"the interpreter failed while running this model: {problem}") from None

    def close(self) -> None:
        """See :class:`litebrush.engine.Engine`."""
        self._runner = self._interpreter = None
        self._arrays.clear()


def _tensor_info(details: Mapping[str, Any]) -> TensorInfo:
    scale, zero_point = details["quantization"]
    shape = tuple(int(side) for side in details["shape"])
    return TensorInfo(shape, np.dtype(details["dtype"]), float(scale), int(zero_point))


def _first_line(problem: Exception) -> str:
    return str(problem).partition("\n")[0]  # pybind11 goes on with all signatures of a function
