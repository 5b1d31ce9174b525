"""What is to be measured: models, in which precisions, on how many threads, on what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from litebrush.bench.conditions import conditions_now
from litebrush.bench.document import BenchmarkDocument, Refusal, new_document
from litebrush.bench.macs import count_macs
from litebrush.bench.measurement import Measured, measure
from litebrush.contract import Precision
from litebrush.errors import EngineError, VerificationError, one_line
from litebrush.loading import is_name, open_model
from litebrush.machine import this_machine
from litebrush.threads import Threads
from litebrush.zoo import find_shipped


@dataclass(frozen=True)
class Wish:
    """One thing to measure.

    Attributes:
        source: name of a shipped model, or path of a file.
        precision: None for what the file has, or a shipped model's preferred one.
        threads, accelerator: as :func:`litebrush.load`.
    """

    source: str
    precision: Precision | None
    threads: Threads
    accelerator: str

    def __str__(self) -> str:
        precision = f" {self.precision.value}" if self.precision else ""
        return f"{self.source}{precision} on {self.accelerator}, threads: {self.threads}"


@dataclass(frozen=True)
class Order:
    """All that is to be measured: every combination.

    Attributes:
        sources: names of shipped models, or paths of files.
        precisions: of shipped models; empty for all that are shipped, None for the preferred one. A file has its own.
        threads: as :func:`litebrush.load`; an accelerator other than the CPU is measured once.
        accelerators: as :func:`litebrush.load`.
    """

    sources: tuple[str, ...]
    precisions: tuple[Precision, ...] | None
    threads: tuple[Threads, ...]
    accelerators: tuple[str, ...]

    def wishes(self) -> Iterator[Wish]:
        """One after the other; a model's precisions lie next to each other, so that a busy moment meets all alike.

        Raises:
            ModelFileError, ContractError: a model that does not exist, not in this precision, is damaged, or whose
                operators cannot be counted.
        """
        for source in self.sources:
            precisions = self._precisions(source)
            for precision in precisions:
                model = open_model(source, precision)
                for signature in model.contract.signatures:
                    count_macs(model.flatbuffer, signature.name)
            for accelerator in self.accelerators:
                for threads in self.threads if accelerator == "cpu" else self.threads[:1]:
                    for precision in precisions:
                        yield Wish(source, precision, threads, accelerator)

    def arguments(self, sources: tuple[str, ...]) -> list[str]:
        """The order for ``litebrush bench`` in words, with other sources."""
        precisions = ",".join(each.value for each in self.precisions or ()) or "all"
        return [
            *([] if self.precisions is None else ["--precision", precisions]),
            "--threads",
            ",".join(map(str, self.threads)),
            "--accelerator",
            ",".join(self.accelerators),
            "--",
            *sources,
        ]

    def measure(self) -> BenchmarkDocument:
        """Measure everything here, each thing in a process of its own.

        Raises:
            ModelFileError, ContractError: as :meth:`wishes`; the interpreter died on a model.
            BenchmarkError: nothing could be measured.
        """
        wishes = list(self.wishes())
        measured: list[Measured] = []
        refused: list[Refusal] = []
        before = conditions_now()
        for wish in wishes:
            try:
                measured += measure(wish.source, wish.precision, wish.threads, wish.accelerator)
            except (EngineError, VerificationError) as problem:
                refused.append(Refusal(str(wish), one_line(problem)))
        return new_document(this_machine(), before, conditions_now(), tuple(measured), tuple(refused))

    def _precisions(self, source: str) -> tuple[Precision | None, ...]:
        if not is_name(source) or self.precisions is None:
            return (None,)
        return self.precisions or find_shipped(source).precisions
