"""The interpreters that run networks on a CPU, and which of them is taken.

The first that is installed, in the order of :data:`INTERPRETERS`, or the one that the environment variable
``LITEBRUSH_INTERPRETER`` names. All three are the same interpreter, packaged by different people at different times:
each module has ``Interpreter`` and ``load_delegate``. They are imported by name, when a network is loaded and not
before; TensorFlow, which is large, only where it is the one that was chosen.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

from litebrush.errors import EngineError
from litebrush.silence import without_warnings

VARIABLE = "LITEBRUSH_INTERPRETER"


@dataclass(frozen=True)
class InterpreterPackage:
    """A package that carries the interpreter.

    Attributes:
        name: of the package; what ``LITEBRUSH_INTERPRETER`` says.
        module: what to import.
        install: what to type to have it.
        needs: what else must be right.
        distributions: the names under which it can be installed.
        exact: whether it computes 8-bit networks with XNNPACK, to the same bits on every machine. tflite-runtime 2.14
            has other kernels for them, which round otherwise after each operator.
    """

    name: str
    module: str
    install: str
    needs: str
    distributions: tuple[str, ...]
    exact: bool = True

    @property
    def version(self) -> str | None:
        """Its version; None where it is not installed. Nothing is imported."""
        for distribution in self.distributions:
            try:
                return version(distribution)
            except PackageNotFoundError:
                continue
        return None


INTERPRETERS = (
    InterpreterPackage(
        name="ai-edge-litert",
        module="ai_edge_litert.interpreter",
        install="pip install ai-edge-litert",
        needs="a 64-bit system",
        distributions=("ai-edge-litert",),
    ),
    InterpreterPackage(
        name="tflite-runtime",
        module="tflite_runtime.interpreter",
        install="pip install 'litebrush[tflite-runtime]'",
        needs="Python 3.11 at most, and numpy below 2",
        distributions=("tflite-runtime",),
        exact=False,
    ),
    InterpreterPackage(
        name="tensorflow",
        module="tensorflow.lite.python.interpreter",
        install="pip install 'litebrush[train]'",
        needs="a machine that trains",
        distributions=("tensorflow", "tensorflow-cpu"),
    ),
)


@dataclass(frozen=True)
class LoadedInterpreter:
    """An interpreter's module, imported.

    Attributes:
        name: the package and its version, such as ``ai-edge-litert 2.3.0``.
        module: with ``Interpreter`` and ``load_delegate``.
        exact: as :attr:`InterpreterPackage.exact`.
    """

    name: str
    module: ModuleType
    exact: bool

    def open(self, flatbuffer: bytes, threads: int, delegates: Sequence[Any]) -> Any:
        """An interpreter that has read a network, its tensors not allocated yet.

        Raises:
            ValueError, RuntimeError: it refuses the network, or a delegate does.
        """
        with without_warnings():  # TensorFlow says that its own interpreter is deprecated
            return self.module.Interpreter(
                model_content=flatbuffer, num_threads=threads, experimental_delegates=list(delegates) or None
            )


def choose_interpreter(environment: Mapping[str, str] = os.environ) -> InterpreterPackage:
    """The interpreter that will be taken. Nothing is imported.

    Args:
        environment: where ``LITEBRUSH_INTERPRETER`` is looked up.

    Raises:
        EngineError: none is installed, or not the one that was chosen.
    """
    chosen = environment.get(VARIABLE)
    if not chosen:
        for package in INTERPRETERS:
            if package.version is not None:
                return package
        first, second, _ = INTERPRETERS
        raise EngineError(
            f"no TFLite interpreter is installed; type: {first.install} ({first.needs}), or: {second.install} "
            f"({second.needs})"
        )
    for package in INTERPRETERS:
        if package.name == chosen:
            if package.version is None:
                raise EngineError(
                    f"{VARIABLE} says '{chosen}', which is not installed; type: {package.install} (it needs "
                    f"{package.needs}), or unset {VARIABLE}"
                )
            return package
    known = ", ".join(package.name for package in INTERPRETERS)
    raise EngineError(f"{VARIABLE} says '{chosen}', and no interpreter is called so; there is {known}")


def load_interpreter(environment: Mapping[str, str] = os.environ) -> LoadedInterpreter:
    """Import the interpreter that :func:`choose_interpreter` chooses.

    Raises:
        EngineError: as :func:`choose_interpreter`; or it is installed, and cannot be imported.
    """
    package = choose_interpreter(environment)
    name = f"{package.name} {package.version}"
    try:
        return LoadedInterpreter(name, importlib.import_module(package.module), package.exact)
    except (ImportError, AttributeError) as problem:  # the latter of modules that were built for another numpy
        others = [each.name for each in INTERPRETERS if each is not package and each.version is not None]
        choice = f", or choose another one: {VARIABLE}={others[0]}" if others else ""
        raise EngineError(
            f"{name} is installed and cannot be imported ({problem}); it needs {package.needs}{choice}"
        ) from None
