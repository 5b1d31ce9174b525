"""What a delegate would refuse of a flatbuffer, where, why, and what to change.

Nothing is run on the delegate: the findings come from the tables of :mod:`litebrush_export.targets.operator_table`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from litebrush.contract import Verdict
from litebrush_export.flatbuffer import Graph, Operator, Tensor, read_graphs
from litebrush_export.gpu_trial import GpuRun
from litebrush_export.halfrange import HALF_MAXIMUM, Magnitude
from litebrush_export.partitions import partitions
from litebrush_export.remedies import remedy_for
from litebrush_export.target import Target
from litebrush_export.targets.operator_table import OperatorTable, load_table
from litebrush_export.targets.rule import Complaint, Rule

GPU_TABLE = "gpu"


@dataclass(frozen=True)
class Finding:
    """One thing that the target does not take as it is.

    Attributes:
        operator: its name, or ``input`` or ``output``.
        tensor: name of the tensor that it produces.
        reason: why.
        remedy: what to change.
    """

    operator: str
    tensor: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Lint:
    """What one operator table says of a file.

    Attributes:
        target: name of the target.
        table: the table.
        findings: operators that fall back to the CPU, in execution order; of a target's first table, then what is wrong
            with inputs and outputs.
        overflows: activations that half precision cannot hold; empty where they were not measured.
        operators: how many operators there are, without those that only widen weights.
        partitions: how many operators each partition has that the delegate could take, in execution order.
        delegated: how many operators it takes: of a delegate that takes few partitions, those of its choice.
        lowest_api_level: the lowest Android API level that takes all that the highest takes; None outside of NNAPI.
        raised_by: names of the operators that need this level, where it is not the table's lowest.
    """

    target: str
    table: OperatorTable
    findings: tuple[Finding, ...]
    overflows: tuple[Finding, ...]
    operators: int
    partitions: tuple[int, ...]
    delegated: int
    lowest_api_level: int | None
    raised_by: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether the delegate takes all of it."""
        return not self.findings and not self.overflows and self.delegated == self.operators

    @property
    def summary(self) -> str:
        """In one line."""
        parts = [
            f"{self.delegated} of {_counted(self.operators, 'operator')} delegated",
            _counted(len(self.partitions), "partition"),
        ]
        most = self.table.most_partitions
        if most is not None and len(self.partitions) > most:
            parts[-1] += f" of which it takes the {'first' if self.table.in_order else 'largest'} {most}"
        if self.findings:
            parts.append(_counted(len(self.findings), "finding"))
        if self.overflows:
            parts.append(f"{_counted(len(self.overflows), 'activation')} above {HALF_MAXIMUM:g}")
        return ", ".join(parts)

    def verdict(self, run_here: bool, gpu_run: GpuRun | None = None) -> Verdict:
        """For the contract.

        Args:
            run_here: the file was also run on such a device; otherwise it was only checked.
            gpu_run: what became of it on the GPU accelerator of this machine; it concerns the table of the GPU.
        """
        how = " and run here" if run_here else ", not run"
        if gpu_run is not None and self.table.name == GPU_TABLE:
            how = f", {gpu_run.summary}"
        return Verdict(
            self.target, str(self.table), f"{self.summary}; checked against the table{how}", self.lowest_api_level
        )


def lint(
    flatbuffer: bytes, target: Target, magnitudes: tuple[Magnitude, ...] = (), api_level: int | None = None
) -> tuple[Lint, ...]:
    """Check a flatbuffer against each operator table of a target.

    Args:
        flatbuffer: the network.
        target: where it should run.
        magnitudes: the largest activations of its float32 form, for delegates that compute in half precision.
        api_level: of Android; the highest that the table knows unless said.

    Raises:
        ModelFileError: the bytes are not a .tflite flatbuffer.
    """
    graphs = read_graphs(flatbuffer)
    first, *others = (_lint(graphs, target, load_table(name), magnitudes, api_level) for name in target.tables)
    return (dataclasses.replace(first, findings=(*first.findings, *_io_findings(graphs, target))), *others)


def grouped(findings: tuple[Finding, ...]) -> list[tuple[int, Finding]]:
    """Findings of the same operator for the same reason as one, with their number and the first place."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.operator, finding.reason), []).append(finding)
    return [(len(group), group[0]) for group in groups.values()]


def _lint(
    graphs: tuple[Graph, ...],
    target: Target,
    table: OperatorTable,
    magnitudes: tuple[Magnitude, ...],
    api_level: int | None,
) -> Lint:
    level = api_level if api_level is not None else table.highest_api_level
    findings: list[Finding] = []
    needed: dict[str, int] = {}
    sizes: list[int] = []
    delegated = 0
    for graph in graphs:
        taken = set()
        for number, operator in enumerate(graph.operators):
            found, lowest = _check(operator, table, level)
            if found is not None:
                findings.append(found)
            else:
                taken.add(number)
                needed[operator.name] = max(lowest, needed.get(operator.name, 0))
        of_graph = partitions(graph, frozenset(taken))
        delegated += sum(_chosen(of_graph, table))
        sizes.extend(of_graph)
    lowest_level = max((table.lowest_api_level or 0, *needed.values())) if table.lowest_api_level is not None else None
    return Lint(
        target=target.name,
        table=table,
        findings=tuple(findings),
        overflows=_overflows(magnitudes) if table.half_precision else (),
        operators=sum(not operator.folded for graph in graphs for operator in graph.operators),
        partitions=tuple(sizes),
        delegated=delegated,
        lowest_api_level=lowest_level,
        raised_by=tuple(name for name, lowest in needed.items() if lowest == lowest_level != table.lowest_api_level),
    )


def _check(operator: Operator, table: OperatorTable, api_level: int | None) -> tuple[Finding | None, int]:
    """What stands against an operator, or the lowest API level that takes it."""
    if operator.folded:
        return None, 0
    alternatives = table.operators.get(operator.name)
    if alternatives is None:
        reason = f"not among the operators of {table.delegate}"
        return Finding(operator.name, operator.where, reason, remedy_for(operator.name)), 0
    levels = [rule.api for rule in alternatives if not rule.complaints(operator)]
    if levels and (api_level is None or min(levels) <= api_level):
        return None, min(levels)
    if levels:
        reason = f"needs API level {min(levels)}, not {api_level}"
        remedy = f"raise the app's minSdkVersion to {min(levels)}, or {remedy_for(operator.name)}"
        return Finding(operator.name, operator.where, reason, remedy), 0
    complaints = _nearest(operator, alternatives, api_level)
    remedies = dict.fromkeys(complaint.remedy or remedy_for(operator.name) for complaint in complaints)
    reasons = "; ".join(complaint.reason for complaint in complaints)
    return Finding(operator.name, operator.where, reasons, "; ".join(remedies)), 0


def _nearest(operator: Operator, alternatives: tuple[Rule, ...], api_level: int | None) -> tuple[Complaint, ...]:
    """The complaints of the alternative that comes nearest; of equals, the one of the highest API level."""
    usable = [rule for rule in alternatives if api_level is None or rule.api <= api_level] or list(alternatives)
    return min((rule.complaints(operator) for rule in sorted(usable, key=lambda rule: -rule.api)), key=len)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _chosen(sizes: tuple[int, ...], table: OperatorTable) -> tuple[int, ...]:
    if table.most_partitions is None:
        return sizes
    return (sizes if table.in_order else tuple(sorted(sizes, reverse=True)))[: table.most_partitions]


def _io_findings(graphs: tuple[Graph, ...], target: Target) -> list[Finding]:
    if target.io_types is None:
        return []
    taken = ", ".join(target.io_types)

    def found(kind: str, tensor: Tensor) -> Finding:
        return Finding(
            kind, tensor.name, f"{tensor.type}, the API passes {taken} only", f"export it with --target {target.name}"
        )

    sides = [
        (kind, tensor) for graph in graphs for kind in ("input", "output") for tensor in getattr(graph, f"{kind}s")
    ]
    return [found(kind, tensor) for kind, tensor in sides if tensor.type not in target.io_types]


def _overflows(magnitudes: tuple[Magnitude, ...]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            each.operator,
            each.tensor,
            f"reaches {each.value:.3g}, half precision ends at {HALF_MAXIMUM:g}",
            "scale the activations down (smaller weights, normalisation), or demand full precision of the delegate",
        )
        for each in magnitudes
        if not each.value <= HALF_MAXIMUM
    )
