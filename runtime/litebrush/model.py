"""What all loaded models have in common."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import ClassVar, TypeVar

from litebrush.contract import ModelContract, Precision
from litebrush.engine import Engine
from litebrush.errors import ContractError, EngineError
from litebrush.runner import require_tensors
from litebrush.tasks import Task

_Self = TypeVar("_Self", bound="Model")


class Model:
    """A contract, and the engines that have loaded its network.

    A model may be called from several threads; the calls take turns. Closing it, or leaving its ``with`` block, frees
    the network's memory at once; what is called afterwards raises :class:`litebrush.errors.EngineError`.

    Attributes:
        task: the task that the class is for.
        contract: what the model promises.
        engine: the interpreter and its version.
        accelerator: what the network really runs on.
        threads: of the CPU, for one inference.
    """

    task: ClassVar[Task]

    def __init__(self, contract: ModelContract, engines: Mapping[str, Engine]) -> None:
        """Join a contract and the engines of its signatures, by the signatures' names.

        Raises:
            ContractError: another task's contract, or a network that does not have the promised tensors.
        """
        if contract.task is not self.task:
            raise ContractError(
                f"'{contract.name}' is a model of task '{contract.task.value}', not '{self.task.value}'"
            )
        for signature in contract.signatures:
            require_tensors(signature, engines[signature.name])
        first = engines[contract.signatures[0].name]
        self.contract = contract
        self.engine = first.name
        self.accelerator = first.accelerator
        self.threads = first.threads
        self._engines = engines
        self._lock = threading.Lock()
        self._caller: int | None = None
        self._closed = False

    @property
    def precision(self) -> Precision | None:
        """Arithmetic of the model."""
        return self.contract.precision

    def close(self) -> None:
        """Free the network's memory, once a call that is running has ended; closing twice is no mistake.

        Raises:
            EngineError: this thread is in a call, which could never end.
        """
        with self._alone():
            self._closed = True
            for engine in self._engines.values():
                engine.close()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """The engines, for one call at a time.

        Raises:
            EngineError: the model is closed.
        """
        with self._alone():
            if self._closed:
                raise EngineError(f"'{self.contract.name}' was closed; load it again")
            try:
                yield
            except BaseException as problem:
                # Who keeps the exception would keep views of the network's memory, and with them it cannot run again.
                traceback.clear_frames(problem.__traceback__)
                raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._caller == threading.get_ident():
            raise EngineError(
                f"'{self.contract.name}' is still running in this thread; use it again when the call has ended"
            )
        with self._lock:
            try:
                self._caller = threading.get_ident()
                yield
            finally:
                self._caller = None
