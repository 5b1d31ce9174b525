"""From a name, a path or bytes to a model that runs."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any, Union

from litebrush.accelerators import (
    ON_CPU,
    Accelerator,
    Candidate,
    accelerators_to_try,
    computes_in_half,
    require_precision,
)
from litebrush.autoencoder import Autoencoder
from litebrush.compiled_engine import CompiledEngine
from litebrush.contract import ModelContract, Precision
from litebrush.damage import DamageDetector
from litebrush.engine import Engine
from litebrush.errors import AcceleratorError, ContractError, ModelFileError
from litebrush.generator import Generator
from litebrush.inpainter import Inpainter
from litebrush.interpreter_engine import InterpreterEngine
from litebrush.model import Model
from litebrush.modelfile import ModelFile, read_model
from litebrush.onnx_engine import OnnxEngine
from litebrush.onnx_form import is_onnx
from litebrush.restorer import Restorer
from litebrush.sequence import SequenceRestorer
from litebrush.tasks import Task
from litebrush.threads import Threads, open_fastest
from litebrush.verification import Verification, verify_golden
from litebrush.zoo import MODELS, ZooModel, find_model

Source = Union[str, "os.PathLike[str]", bytes]

TASK_CLASSES: dict[Task, type[Model]] = {
    Task.AUTOENCODE: Autoencoder,
    Task.DETECT: DamageDetector,
    Task.GENERATE: Generator,
    Task.INPAINT: Inpainter,
    Task.RESTORE: Restorer,
    Task.RESTORE_SEQUENCE: SequenceRestorer,
}


def load(
    source: Source, precision: Precision | str | None = None, threads: Threads = 1, accelerator: str = "cpu"
) -> Any:
    """Load a model, ready to be called: an instance of the class of its task, see :data:`TASK_CLASSES`.

    On anything but the CPU its golden result is replayed at once: what computes wrongly there is refused.

    Args:
        source: name of a shipped model, path of a .tflite or .onnx file, or the bytes of one. ONNX Runtime runs
            .onnx files, on ``"cpu"`` and on ``"gpu"``, an Nvidia one.
        precision: for a shipped model, which of its files; for a file, what it must be. None takes the
            shipped model's preferred precision (int8), or the file's.
        threads: CPU threads for one inference; ``"auto"`` measures whether one or all cores (four at most) are faster,
            for 0.3 s at most. The loaded model's ``threads`` says how many they are.
        accelerator: ``"cpu"``, ``"gpu"``, ``"npu"``, ``"edgetpu"``, the path of a delegate library, or ``"auto"``: the
            GPU or NPU where one takes the model, otherwise the CPU. GPUs run float16, float32 and dynamic
            files, NPUs float ones. The loaded model's ``accelerator`` says what it was.

    Raises:
        ModelFileError: no such model, a damaged one, or one of another precision.
        ContractError: a .tflite file without a litebrush contract.
        EngineError: no interpreter is installed, or it refuses the model; the accelerator cannot be had here.
        VerificationError: the accelerator does not reproduce the golden result.
    """
    model = open_model(source, precision)
    return TASK_CLASSES[model.contract.task](model.contract, open_verified_engines(model, threads, accelerator))


def verify(
    source: Source, precision: Precision | str | None = None, threads: Threads = 1, accelerator: str = "cpu"
) -> Verification:
    """Replay a model's golden result on this machine. Arguments as :func:`load`.

    Raises:
        VerificationError: the result is not the promised one.
        ModelFileError, ContractError, EngineError: as :func:`load`.
    """
    model = open_model(source, precision)
    return verify_golden(model, open_engines(model.flatbuffer, model.contract, threads, accelerator))


def models() -> tuple[ZooModel, ...]:
    """The shipped models."""
    return MODELS


def is_name(source: Source) -> bool:
    """Whether a source stands for a shipped model, and not for a file or its bytes."""
    return isinstance(source, str) and not Path(source).suffix and os.sep not in source


def open_model(source: Source, precision: Precision | str | None = None) -> ModelFile:
    """Read a model's file without loading its network. Arguments and errors as :func:`load`."""
    wanted = _precision(precision)
    if isinstance(source, bytes):
        model = read_model(source)
    else:
        model = read_model(find_model(str(source), wanted) if is_name(source) else Path(source))
    if wanted and model.contract.precision is not wanted:
        found = model.contract.precision.value if model.contract.precision else "none"
        raise ModelFileError(f"this model's precision is {found}, {wanted.value} was asked")
    return model


def open_engines(
    flatbuffer: bytes, contract: ModelContract, threads: Threads, accelerator: str = "cpu"
) -> dict[str, Engine]:
    """An engine for each signature of a network, by the signature's name.

    Raises:
        EngineError: no interpreter is installed, or it refuses the model; the accelerator cannot be had here.
    """
    *preferred, last = accelerators_to_try(accelerator)
    for each in preferred:
        try:
            return _open_on(each, flatbuffer, contract, threads)
        except AcceleratorError:  # auto: the engines say what they run on
            continue
    return _open_on(last, flatbuffer, contract, threads)


def open_verified_engines(model: ModelFile, threads: Threads, accelerator: str) -> dict[str, Engine]:
    """As :func:`open_engines`; on anything but the CPU the golden result was replayed.

    Raises:
        VerificationError: the accelerator does not reproduce the golden result.
        EngineError: as :func:`open_engines`.
    """
    engines = open_engines(model.flatbuffer, model.contract, threads, accelerator)
    if any(engine.accelerator != ON_CPU.name for engine in engines.values()):
        verify_golden(model, engines)
    return engines


def _open_on(candidate: Candidate, flatbuffer: bytes, contract: ModelContract, threads: Threads) -> dict[str, Engine]:
    accelerator = candidate.accelerator
    require_precision(contract.precision, accelerator)
    names = [signature.name for signature in contract.signatures]
    if is_onnx(flatbuffer):
        if len(names) > 1:
            raise ContractError(f"'{contract.name}' promises {', '.join(names)}, and an ONNX file holds one network")
        return {names[0]: open_fastest(partial(OnnxEngine, flatbuffer, candidate=candidate), threads)}
    if accelerator in (Accelerator.GPU, Accelerator.NPU):
        half_precision = computes_in_half(contract.precision)
        return {name: CompiledEngine(flatbuffer, name, half_precision, accelerator) for name in names}
    return {
        name: open_fastest(partial(InterpreterEngine, flatbuffer, name, candidate=candidate), threads) for name in names
    }


def _precision(precision: Precision | str | None) -> Precision | None:
    if precision is None:
        return None
    try:
        return Precision(precision)
    except ValueError:
        known = ", ".join(member.value for member in Precision)
        raise ModelFileError(f"no precision is called '{precision}'; there is {known}") from None
