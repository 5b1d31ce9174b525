"""All that one run measured, kept as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litebrush import __version__
from litebrush.bench.conditions import Conditions, disturbances
from litebrush.bench.measurement import Measured, Operator, Timing
from litebrush.contract import Measurement
from litebrush.errors import BenchmarkError, LitebrushError
from litebrush.latency import Latency
from litebrush.machine import Machine
from litebrush.records import record

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Refusal:
    """What was asked and could not be measured.

    Attributes:
        what: such as ``denoise int8 on gpu``.
        why: what the machine or the model said.
    """

    what: str
    why: str


@dataclass(frozen=True)
class BenchmarkDocument:
    """One run on one machine.

    Attributes:
        version: of litebrush.
        machine: that ran it.
        before, after: its conditions when the run began and ended; None of a device that does not tell.
        measured: in the order asked.
        refused: what could not be measured.
    """

    version: str
    machine: Machine
    before: Conditions | None
    after: Conditions | None
    measured: tuple[Measured, ...]
    refused: tuple[Refusal, ...] = ()

    @property
    def disturbances(self) -> tuple[str, ...]:
        """What makes its times doubtful, a sentence each."""
        if self.before is None or self.after is None:
            return ()
        return disturbances(self.before, self.after, self.machine.cores)

    def to_json(self) -> str:
        """A JSON document that :func:`parse_document` reads back equal; what follows from other values is added."""
        document = {"litebrush_bench": FORMAT_VERSION, **dataclasses.asdict(self)}
        for row, each in zip(document["measured"], self.measured):
            row["gmacs_per_s"] = each.gmacs_per_s
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_document(path: Path) -> BenchmarkDocument:
    """Read what ``litebrush bench --json`` wrote.

    Raises:
        BenchmarkError: missing, or something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise BenchmarkError(
            f"cannot read '{path}': {reason}; give a file that 'litebrush bench --json' wrote"
        ) from None
    return parse_document(text, f"'{path}'")


def parse_document(text: str, name: str) -> BenchmarkDocument:
    """As :func:`read_document`, of a text that is called ``name``."""
    try:
        document = json.loads(text)
        version = document.pop("litebrush_bench")
        if version != FORMAT_VERSION:
            raise BenchmarkError(
                f"{name} is of format {version!r}, this litebrush reads {FORMAT_VERSION}; measure again"
            )
        return record(
            BenchmarkDocument,
            {
                **document,
                "machine": record(Machine, document["machine"]),
                "before": _conditions(document["before"]),
                "after": _conditions(document["after"]),
                "measured": tuple(_measured(each) for each in document["measured"]),
                "refused": tuple(record(Refusal, each) for each in document["refused"]),
            },
        )
    except BenchmarkError:
        raise
    except (LitebrushError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise BenchmarkError(
            f"{name} is not what 'litebrush bench --json' writes ({type(problem).__name__}: {problem}); measure again"
        ) from None


def new_document(
    machine: Machine,
    before: Conditions | None,
    after: Conditions | None,
    measured: tuple[Measured, ...],
    refused: tuple[Refusal, ...],
) -> BenchmarkDocument:
    """A document of this version of litebrush.

    Raises:
        BenchmarkError: nothing was measured; the message says why.
    """
    if not measured:
        reasons = "; ".join(f"{each.what}: {each.why}" for each in refused)
        raise BenchmarkError(f"nothing could be measured. {reasons}")
    return BenchmarkDocument(__version__, machine, before, after, measured, refused)


def _conditions(document: Mapping[str, Any] | None) -> Conditions | None:
    return None if document is None else record(Conditions, document)


def _measured(document: Mapping[str, Any]) -> Measured:
    timing = document["timing"]
    values = {name: value for name, value in document.items() if name != "gmacs_per_s"}
    latency = record(Latency, timing["latency"])
    return record(
        Measured,
        {
            **values,
            "timing": record(Timing, {**timing, "latency": latency}),
            "quality": tuple(record(Measurement, each) for each in document["quality"]),
            "operators": tuple(record(Operator, each) for each in document["operators"]),
        },
    )
