"""Two benchmarks of the same models: what became slower, what became worse."""

from __future__ import annotations

from dataclasses import dataclass

from litebrush.bench.document import BenchmarkDocument
from litebrush.bench.measurement import Measured
from litebrush.errors import BenchmarkError

_DECIBEL = "dB"


@dataclass(frozen=True)
class Limits:
    """How much worse a benchmark may be; None = as much as it likes.

    Attributes:
        slowdown: of the median time, as a share.
        loss_db: of each quality in decibels that the models' files tell.
    """

    slowdown: float | None = None
    loss_db: float | None = None


@dataclass(frozen=True)
class Change:
    """One network in both benchmarks.

    Attributes:
        before, after: what was measured.
    """

    before: Measured
    after: Measured

    @property
    def time_ratio(self) -> float:
        """Above 1 = slower."""
        return self.after.latency.typical_ms / self.before.latency.typical_ms

    @property
    def losses_db(self) -> dict[str, float]:
        """By what was measured: decibels that are missing now."""
        then, now = (_decibels(each) for each in (self.before, self.after))
        return {what: then[what] - now[what] for what in then if what in now}


@dataclass(frozen=True)
class Comparison:
    """Two benchmarks.

    Attributes:
        changes: of the networks in both, in the order of the first.
        missing: networks that only the first has.
        same_machine: whether times can be compared at all.
        machines: of the first and of the second.
    """

    changes: tuple[Change, ...]
    missing: tuple[Measured, ...]
    same_machine: bool
    machines: tuple[str, str]

    def complaints(self, limits: Limits) -> tuple[str, ...]:
        """What is worse than it may be, a sentence each; nothing if all is well.

        Raises:
            BenchmarkError: times were limited, and are of two machines.
        """
        if limits.slowdown is not None and not self.same_machine:
            raise BenchmarkError(
                f"the first was measured on {self.machines[0]}, the second on {self.machines[1]}: their times cannot "
                "be compared; measure both on one machine, or limit only --max-loss"
            )
        found = [f"{title(each)} is no longer measured" for each in self.missing]
        for change in self.changes:
            found += _too_slow(change, limits.slowdown) + _too_bad(change, limits.loss_db)
        return tuple(found)


def compare(before: BenchmarkDocument, after: BenchmarkDocument) -> Comparison:
    """Hold two benchmarks against each other.

    Raises:
        BenchmarkError: they have no network in common.
    """
    now = {each.key: each for each in after.measured}
    changes = tuple(Change(each, now[each.key]) for each in before.measured if each.key in now)
    if not changes:
        raise BenchmarkError(
            f"the two have no model in common: {_titles(before)} in the first, {_titles(after)} in the second; measure "
            "the same models with the same options"
        )
    machines = tuple(
        ", ".join(filter(None, (each.machine.board, each.machine.cpu or each.machine.architecture)))
        for each in (before, after)
    )
    return Comparison(
        changes=changes,
        missing=tuple(each for each in before.measured if each.key not in now),
        same_machine=machines[0] == machines[1] and before.machine.cores == after.machine.cores,
        machines=(machines[0], machines[1]),
    )


def title(measured: Measured) -> str:
    """A network, in words."""
    threads = f"{measured.threads_asked} thread{'' if measured.threads_asked == '1' else 's'}"
    return f"{measured.model} {measured.precision} ({measured.signature}, {measured.accelerator}, {threads})"


def _titles(document: BenchmarkDocument) -> str:
    return ", ".join(title(each) for each in document.measured) or "nothing"


def _too_slow(change: Change, limit: float | None) -> list[str]:
    if limit is None or change.time_ratio <= 1 + limit:
        return []
    before, after = (each.latency.typical_ms for each in (change.before, change.after))
    return [
        f"{title(change.before)} became {change.time_ratio - 1:.1%} slower ({before:.2f} ms, now {after:.2f} ms); "
        f"{limit:.1%} is allowed"
    ]


def _too_bad(change: Change, limit: float | None) -> list[str]:
    if limit is None:
        return []
    return [
        f"{title(change.before)} lost {loss:.2f} dB of '{what}'; {limit:g} dB is allowed"
        for what, loss in change.losses_db.items()
        if loss > limit
    ]


def _decibels(measured: Measured) -> dict[str, float]:
    return {each.what: each.value for each in measured.quality if each.unit == _DECIBEL}
