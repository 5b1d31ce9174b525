"""Operator tables: what one delegate takes, in data of our own, with the source named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from litebrush_export.targets.rule import Rule, rule_from

TABLES = ("xnnpack", "gpu", "nnapi", "edgetpu", "qualcomm", "mediatek")


@dataclass(frozen=True)
class Source:
    """Where a table's facts were read or measured."""

    url: str
    version: str


@dataclass(frozen=True)
class OperatorTable:
    """What one delegate takes.

    Attributes:
        name: of the data file.
        delegate: in words, such as ``TensorFlow Lite GPU delegate``.
        version: of the delegate, or the date of what is known of it.
        sources: where it was read or measured.
        unknown: what the sources do not say.
        half_precision: it computes in 16-bit floating point unless told not to.
        most_partitions: how many partitions it takes; None for all. The rest runs on the CPU.
        in_order: it takes the first partitions, not the largest.
        lowest_api_level, highest_api_level: Android's, or None for a delegate that is not a part of Android.
        operators: alternatives by operator name; an operator is taken where one of them holds.
    """

    name: str
    delegate: str
    version: str
    sources: tuple[Source, ...]
    unknown: str
    half_precision: bool
    most_partitions: int | None
    in_order: bool
    lowest_api_level: int | None
    highest_api_level: int | None
    operators: Mapping[str, tuple[Rule, ...]]

    def __str__(self) -> str:
        return f"{self.delegate}, {self.version}"


def load_table(name: str) -> OperatorTable:
    """Read a table that comes with litebrush.

    In the file, ``defaults`` are part of every rule that does not say otherwise, and a list of operators that need
    nothing else stands under ``plain``.
    """
    text = resources.files("litebrush_export.targets").joinpath(f"{name}.json").read_text(encoding="utf-8")
    document = json.loads(text)
    defaults, plain, special = (document.pop(key) for key in ("defaults", "plain", "operators"))
    alternatives = {**{operator: [{}] for operator in plain}, **special}
    return OperatorTable(
        **{
            **document,
            "name": name,
            "sources": tuple(Source(**source) for source in document["sources"]),
            "operators": {
                operator: tuple(rule_from({**defaults, **rule}) for rule in rules)
                for operator, rules in alternatives.items()
            },
        }
    )
