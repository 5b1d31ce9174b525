"""The fastest mixture of 8-bit and float operators whose picture stays within a budget, found by measuring.

It begins with the 8-bit network in its best form and gives operators back to float, each time those that regain
most for the time they take, until the figure is within the budget; then it takes back what turned out not to be needed.
Every candidate is a file that was run: figures come from the held-out samples, times from this machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from litebrush.errors import ConversionError
from litebrush.latency import time_ratio
from litebrush_export.diagnosis import diagnose
from litebrush_export.editing import WITH_KERNELS, EditableModel
from litebrush_export.handover import Handover
from litebrush_export.islands import Place, eight_bit_operators, leave_in_float
from litebrush_export.judge import Judge
from litebrush_export.trial import truth_of

_TRIED_LAYERS = 5
_MOST_ROUNDS = 8
_LEAST_SECONDS = 0.3
_WORTH_TRYING = 0.05  # of what is missing to the budget
_SHORTEST_DIFFERENCE = 0.01  # of a run; shorter ones are noise


@dataclass(frozen=True)
class Candidate:
    """One measured network.

    Attributes:
        name: what it is, in words.
        flatbuffer: the network.
        figure: on the held-out samples.
        time: of one run, as a share of the first 8-bit form's, one thread, this machine.
        in_float: the operators that were given back to float.
        is_mixture: it may be chosen; otherwise it is here to be compared with.
    """

    name: str
    flatbuffer: bytes
    figure: float
    time: float
    in_float: frozenset[Place] = frozenset()
    is_mixture: bool = True


@dataclass(frozen=True)
class Search:
    """What was found.

    Attributes:
        candidates: all that were measured.
        chosen: the fastest mixture within the budget.
        float32: the figure of the float32 network.
        budget: how far below that a figure may be.
        figure_name, unit: of the figures.
    """

    candidates: tuple[Candidate, ...]
    chosen: Candidate
    float32: float
    budget: float
    figure_name: str
    unit: str

    @property
    def mixtures(self) -> tuple[Candidate, ...]:
        """Those that could be chosen."""
        return tuple(each for each in self.candidates if each.is_mixture)

    @property
    def shown(self) -> tuple[Candidate, ...]:
        """For a table: the front, the chosen one, and what is there to be compared with."""
        compared = (each for each in self.candidates if not each.is_mixture)
        return tuple({id(each): each for each in (*self.front, self.chosen, *compared)}.values())

    @property
    def front(self) -> tuple[Candidate, ...]:
        """The mixtures that none is both faster and better than, the fastest first."""
        best = float("-inf")
        front = []
        for candidate in sorted(self.mixtures, key=lambda each: (each.time, -each.figure)):
            if candidate.figure > best:
                front.append(candidate)
                best = candidate.figure
        return tuple(front)

    @property
    def float32_is_as_fast(self) -> bool:
        """Whether float32 is no slower than the chosen mixture on this machine."""
        return any(each.name == "float32" and each.time <= self.chosen.time for each in self.candidates)


def require_truth(handover: Handover) -> None:
    """Refuse a search that could not measure anything.

    Raises:
        ConversionError: the held-out samples have no truth.
    """
    if truth_of(handover) is None:
        raise ConversionError(
            "a budget needs held-out samples with their truth, and this hand-over has none; choose int8 or dynamic"
        )


def search_mixture(
    judge: Judge,
    eight_bit: Mapping[str, bytes],
    compared: Mapping[str, bytes],
    budget: float,
    on_step: Callable[[str], None] = lambda _: None,
) -> Search:
    """Find the fastest mixture within a budget.

    Args:
        judge: of the hand-over, which must have a truth.
        eight_bit: forms of the 8-bit network by their names, such as with calibrated ranges and with narrowed ones.
        compared: other networks to show beside them, by name.
        budget: how far the figure may be below that of float32, in the figure's unit.
        on_step: told what is being done, in words.

    Raises:
        ConversionError: no mixture stays within the budget.
    """
    float32 = judge.judge_pictures(judge.reference)
    work = _Search(judge, float32 - budget)
    on_step("measuring 8-bit forms")
    bases = [work.measure(name, flatbuffer) for name, flatbuffer in eight_bit.items()]
    for name, flatbuffer in {"float32": judge.float32, **compared}.items():
        work.measure(name, flatbuffer, is_mixture=False)
    best = max(bases, key=lambda each: each.figure)
    if best.figure < work.least:
        on_step("asking each layer what it costs")
        work.widen(best, on_step)
    fitting = [each for each in work.candidates if each.is_mixture and each.figure >= work.least]
    if not fitting:
        nearest = max((each for each in work.candidates if each.is_mixture), key=lambda each: each.figure)
        raise ConversionError(
            f"no mixture of 8 bits and float stays within {budget:g} {judge.figure.unit} of float32 "
            f"({judge.figure.written(float32)}); the nearest, '{nearest.name}', reaches "
            f"{judge.figure.written(nearest.figure)}: give a larger --budget, or train with --compress qat"
        )
    chosen = min(fitting, key=lambda each: each.time)
    return Search(tuple(work.candidates), chosen, float32, budget, judge.figure.name, judge.figure.unit)


class _Search:
    """Candidates so far; ``least`` is the figure that is needed."""

    def __init__(self, judge: Judge, least: float) -> None:
        self._judge = judge
        self.least = least
        self.candidates: list[Candidate] = []
        self._run_reference: Callable[[], object] | None = None

    def measure(
        self, name: str, flatbuffer: bytes, in_float: frozenset[Place] = frozenset(), is_mixture: bool = True
    ) -> Candidate:
        run = self._judge.run_once(flatbuffer)
        self._run_reference = self._run_reference or run
        time = time_ratio(run, self._run_reference, least_seconds=_LEAST_SECONDS)
        candidate = Candidate(name, flatbuffer, self._judge.judge(flatbuffer), time, in_float, is_mixture)
        self.candidates.append(candidate)
        return candidate

    def widen(self, base: Candidate, on_step: Callable[[str], None]) -> None:
        """Give operators back to float until the figure is good enough, then take back what is not needed."""
        operators = eight_bit_operators(base.flatbuffer)
        moves = self._moves(base.flatbuffer, operators)
        now = base
        for number in range(1, _MOST_ROUNDS + 1):
            open_moves = [move for move in moves if not move <= now.in_float]
            if now.figure >= self.least or not open_moves:
                break
            on_step(f"round {number}: {now.figure:.2f} of {self.least:.2f} {self._judge.figure.unit}")
            tried = [self._mixture(base, operators, now.in_float | move) for move in open_moves]
            enough = [each for each in tried if each.figure >= self.least]
            if enough:
                now = min(enough, key=lambda each: each.time)
                break
            before = now
            now = max(tried, key=lambda each: _worth(before, each, self.least))
            if now.figure <= before.figure:
                break
        for place in sorted(now.in_float, key=lambda each: not _has_kernel(operators[each])):
            if now.figure >= self.least:
                smaller = self._mixture(base, operators, now.in_float - {place})
                if smaller.figure >= self.least and smaller.time < now.time:
                    now = smaller

    def _mixture(self, base: Candidate, operators: Mapping[Place, str], in_float: frozenset[Place]) -> Candidate:
        known = next((each for each in self.candidates if each.is_mixture and each.in_float == in_float), None)
        if known is not None:
            return known
        widened = leave_in_float(base.flatbuffer, in_float).flatbuffer
        return self.measure(f"{base.name}, {_in_words(operators, in_float)} in float", widened, in_float)

    def _moves(self, flatbuffer: bytes, operators: Mapping[Place, str]) -> list[frozenset[Place]]:
        """Sets of operators to try: around the costliest results, and all of a kind that has no kernel."""
        diagnosis = diagnose(self._judge, flatbuffer)
        missing = self.least - diagnosis.integer
        costly = [layer for layer in diagnosis.costliest if layer.activations > _WORTH_TRYING * missing]
        readers = _readers(flatbuffer, operators)
        moves = []
        for layer in costly[:_TRIED_LAYERS]:
            light = {place for place in readers[layer.place] if not _has_kernel(operators[place])}
            moves += [frozenset({layer.place, *readers[layer.place]}), frozenset({layer.place, *light})]
        for kind in {layer.operator for layer in costly if not _has_kernel(layer.operator)}:
            moves.append(frozenset(place for place, name in operators.items() if name == kind))
        return list(dict.fromkeys(move for move in moves if len(move) > 1))


def _worth(before: Candidate, after: Candidate, least: float) -> float:
    """What a change regains of what is needed, for the time that it takes."""
    slower = max(after.time - before.time, _SHORTEST_DIFFERENCE)
    return (min(after.figure, least) - before.figure) / slower


def _has_kernel(operator: str) -> bool:
    return operator in WITH_KERNELS


def _readers(flatbuffer: bytes, operators: Collection[Place]) -> dict[Place, set[Place]]:
    """The 8-bit operators that read what each of them writes."""
    model = EditableModel(flatbuffer)

    def tensors(place: Place, side: str) -> set[int]:
        return {int(index) for index in getattr(model.graphs[place.graph].operators[place.operator], side)}

    return {
        place: {
            other
            for other in operators
            if other.graph == place.graph and tensors(place, "outputs") & tensors(other, "inputs")
        }
        for place in operators
    }


def _in_words(operators: Mapping[Place, str], in_float: Collection[Place]) -> str:
    counts = Counter(operators[place] for place in in_float)
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "nothing"
