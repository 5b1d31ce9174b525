"""The seam to what runs networks, and a fake for tests.

An engine shows its tensors as memory: write an input, invoke, read an output. The arrays are views that
are only good until the next ``invoke`` or ``resize``, so take them, use them, and let them go::

    engine.input("image")[:] = pixels
    engine.invoke()
    result = engine.output("restored").copy()

Behind it are :mod:`litebrush.interpreter_engine` (the CPU, and delegates) and :mod:`litebrush.compiled_engine` (GPU
and NPU).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]


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
        threads: of the CPU, for one inference.
        exact: whether 8-bit networks give the very bits that they promise; see :mod:`litebrush.interpreters`.
        resizable: whether it can run at other shapes than those of the file.
        inputs, outputs: tensors by their names in the signature, as they are in the file.
    """

    name: str
    accelerator: str
    threads: int
    exact: bool
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


class FakeEngine:
    """An engine for tests: a function on numpy arrays in the place of a network.

    >>> pixel = TensorInfo((1, 8, 8, 3), np.dtype(np.float32))
    >>> negative = FakeEngine({"image": pixel}, {"restored": pixel}, lambda inputs: {"restored": 1 - inputs["image"]})
    >>> negative.input("image")[:] = 0.25
    >>> negative.invoke()
    >>> float(negative.output("restored").max())
    0.75
    >>> negative.invocations
    1
    """

    name = "fake"
    accelerator = "cpu"
    threads = 1
    exact = True
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
