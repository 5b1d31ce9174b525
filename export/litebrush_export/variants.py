"""One network in all the precisions that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from litebrush.contract import Precision
from litebrush_export.conversion import convert
from litebrush_export.handover import Handover, with_network
from litebrush_export.judge import Judge
from litebrush_export.mixed import Search, require_truth, search_mixture
from litebrush_export.pruning import Pruning, prune
from litebrush_export.refinement import refine
from litebrush_export.rewrites import Applied, rewrite
from litebrush_export.states import tie_states
from litebrush_export.target import TARGETS, Target

_PARALLEL_CONVERSIONS = 2
_COMPARED = (Precision.FLOAT16, Precision.DYNAMIC, Precision.INT16X8)
_LEARNED, _CALIBRATED = "learned ranges", "calibrated ranges"


@dataclass(frozen=True)
class Order:
    """What is to be made.

    Attributes:
        precisions: of the files; float32 is always made, for comparison.
        target: decides the integer type of inputs and outputs.
        pruning: zeros to make in float32 first; None for none.
        budget: how much worse than float32 ``mixed`` may be, in the unit of the task's figure.
    """

    precisions: tuple[Precision, ...]
    target: Target = TARGETS["cpu"]
    pruning: Pruning | None = None
    budget: float = 0.1


@dataclass(frozen=True)
class Variants:
    """What was made.

    Attributes:
        dense: the network in float32 as it came.
        rewrites: what was said in other operators, to the same effect.
        flatbuffers: of each precision, float32 among them.
        means: what was done to reach a precision beyond plain conversion, in words.
        search: how the mixed one was found; None where none was asked for.
        learned: the 8-bit ones have ranges, and perhaps weights, of quantization-aware training.
    """

    dense: bytes
    rewrites: tuple[Applied, ...]
    flatbuffers: Mapping[Precision, bytes]
    means: Mapping[Precision, tuple[str, ...]]
    search: Search | None = None
    learned: bool = False

    @property
    def float32(self) -> bytes:
        """The network that all other precisions are made from."""
        return self.flatbuffers[Precision.FLOAT32]

    def search_of(self, precision: Precision) -> Search | None:
        """How a precision was found; None unless it is the mixed one."""
        return self.search if precision is Precision.MIXED else None


def make_variants(folder: Path, handover: Handover, order: Order, on_step: Callable[[str], None]) -> Variants:
    """Convert a hand-over to each precision.

    Raises:
        ConversionError: a conversion failed, no mixture stays within the budget, or no truth is there to
            measure one by.
    """
    if Precision.MIXED in order.precisions:
        require_truth(handover)
    on_step("converting")
    dense = convert(folder, Precision.FLOAT32)
    rewritten, rewrites = rewrite(dense, order.target)
    float32 = rewritten if order.pruning is None else prune(rewritten, order.pruning)
    learned = handover.quantization_aware_model is not None and order.pruning is None
    wanted = tuple(dict.fromkeys(_converted_as(precision) for precision in order.precisions))
    with nullcontext(folder) if float32 is dense else with_network(folder, float32) as changed:
        sources = {each: folder if learned and each is Precision.INT8 else changed for each in wanted}
        flatbuffers = {**_convert_all(sources, order.target), Precision.FLOAT32: float32}
    means: dict[Precision, tuple[str, ...]] = {}
    search = None
    if Precision.INT8 in flatbuffers:
        if not learned:
            on_step("narrowing ranges")
        forms = _eight_bit_forms(handover, flatbuffers[Precision.INT8], float32, learned)
        name = next(reversed(forms))
        flatbuffers[Precision.INT8], means[Precision.INT8] = forms[name], (name,)
        if Precision.MIXED in order.precisions:
            compared = {each.value: flatbuffers[each] for each in order.precisions if each in _COMPARED}
            search = search_mixture(Judge(handover, float32), forms, compared, order.budget, on_step)
            flatbuffers[Precision.MIXED], means[Precision.MIXED] = search.chosen.flatbuffer, (search.chosen.name,)
    tied = {precision: tie_states(flatbuffer, handover.contract) for precision, flatbuffer in flatbuffers.items()}
    return Variants(
        dense, rewrites, {each: tied[each] for each in (Precision.FLOAT32, *order.precisions)}, means, search, learned
    )


def _converted_as(precision: Precision) -> Precision:
    return Precision.INT8 if precision is Precision.MIXED else precision


def _convert_all(sources: Mapping[Precision, Path], target: Target) -> dict[Precision, bytes]:
    wanted = [precision for precision in sources if precision is not Precision.FLOAT32]
    with ThreadPoolExecutor(_PARALLEL_CONVERSIONS) as pool:
        converted = pool.map(lambda precision: convert(sources[precision], precision, target.integer_type), wanted)
        return dict(zip(wanted, converted))


def _eight_bit_forms(handover: Handover, converted: bytes, float32: bytes, learned: bool) -> dict[str, bytes]:
    """The 8-bit network as it was converted and as it can be made nearer at no cost, by name.

    Ranges that were learned together with the weights, by the truth, are left alone: such a network is not float32
    rounded, and one nearer to float32 need not be better.
    """
    if learned:
        return {_LEARNED: converted}
    refined = refine(converted, float32, handover.contract, handover.representative_dataset())
    return {_CALIBRATED: converted, ", ".join((_CALIBRATED, *refined.means)): refined.flatbuffer}
