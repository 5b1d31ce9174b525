"""What a benchmark found, for a person: columns for a terminal, or Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from litebrush.bench.document import BenchmarkDocument
from litebrush.bench.measurement import Measured
from litebrush.errors import one_line

_HEADINGS = (
    "model",
    "precision",
    "on",
    "threads",
    "load",
    "first",
    "mean",
    "std",
    "min",
    "p50",
    "p90",
    "p95",
    "p99",
    "max",
    "runs",
    "peak MB",
    "file KB",
    "MMAC",
    "GMAC/s",
)
_TEXT_COLUMNS = 3
UNITS = "times in ms; peak memory above Python and the interpreter; MAC = multiplication and addition"


def terminal_lines(document: BenchmarkDocument) -> list[str]:
    """The lines of a table, what was measured on, and what to be careful about."""
    table = table_lines([_HEADINGS, *map(_cells, document.measured)], _TEXT_COLUMNS)
    return [*table, "", *_notes(document), *_profiles(document)]


def markdown_lines(document: BenchmarkDocument) -> list[str]:
    """The same for a README or an issue."""
    rules = ["---" if column < _TEXT_COLUMNS else "---:" for column in range(len(_HEADINGS))]
    table = [_HEADINGS, rules, *map(_cells, document.measured)]
    notes = [f"- {note}" for note in (*_notes(document), *_profiles(document)) if note]
    return [*(f"| {' | '.join(row)} |" for row in table), "", *notes]


def milliseconds(value: float | None) -> str:
    """Three digits that count; a dash for what is not known."""
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def machine_line(document: BenchmarkDocument) -> str:
    """What was measured on."""
    machine, engines = document.machine, sorted({each.engine for each in document.measured})
    dot_products = {True: "8-bit dot products", False: "no 8-bit dot products", None: ""}[machine.int8_dot_product]
    known = (
        machine.board,
        machine.cpu or machine.architecture,
        f"{machine.cores} cores" if machine.cores else "",
        dot_products,
        machine.system,
        f"Python {machine.python}" if machine.python else "",
        *engines,
        f"litebrush {document.version}",
    )
    return one_line(", ".join(part for part in known if part))


def _cells(measured: Measured) -> list[str]:
    latency, timing = measured.latency, measured.timing
    threads = str(measured.threads)
    times = (
        measured.load_ms,
        timing.first_ms,
        latency.mean_ms,
        latency.std_ms,
        latency.min_ms,
        latency.p50_ms,
        latency.p90_ms,
        latency.p95_ms,
        latency.p99_ms,
        latency.max_ms,
    )
    several_networks = measured.signature in ("encode", "decode")
    return [
        one_line(f"{measured.model} {measured.signature}" if several_networks else measured.model),
        measured.precision or "-",
        one_line(measured.accelerator),
        f"auto: {threads}" if measured.threads_asked == "auto" else threads,
        *map(milliseconds, times),
        str(latency.runs),
        "-" if measured.peak_memory_mb is None else f"{measured.peak_memory_mb:.1f}",
        f"{(measured.file_bytes or measured.network_bytes) / 1000:.0f}",
        f"{measured.macs / 1e6:.0f}",
        f"{measured.gmacs_per_s:.1f}",
    ]


def _notes(document: BenchmarkDocument) -> list[str]:
    conditions = document.before
    told = []
    if conditions is not None:
        told = [
            f"governor {conditions.governor}" if conditions.governor else "",
            f"{conditions.clock_mhz:.0f} MHz" if conditions.clock_mhz else "",
            f"{conditions.temperature_c:.0f} °C" if conditions.temperature_c else "",
        ]
    after = document.after
    if after is not None and after.temperature_c:
        told.append(f"{after.temperature_c:.0f} °C at the end")
    devices = sorted({each.device for each in document.measured if each.device})
    return [
        UNITS,
        machine_line(document),
        *([", ".join(part for part in told if part)] if any(told) else []),
        *(f"GPU: {one_line(device)}" for device in devices),
        *(f"careful: {sentence}" for sentence in document.disturbances),
        *_refusals(document),
    ]


def _refusals(document: BenchmarkDocument) -> list[str]:
    """One line for each reason."""
    reasons = dict.fromkeys(each.why for each in document.refused)
    lists = {why: "; ".join(each.what for each in document.refused if each.why == why) for why in reasons}
    return [one_line(f"not measured: {what}: {why}") for why, what in lists.items()]


def _profiles(document: BenchmarkDocument) -> list[str]:
    lines = []
    for each in document.measured:
        if each.operators:
            lines.append(f"where {each.model} {each.precision} spends its time, on {each.accelerator}:")
            lines += [
                f"  {milliseconds(operator.mean_ms)} ms  {operator.share:.0%}  {one_line(operator.name)}"
                for operator in each.operators
            ]
    return lines


def table_lines(rows: Sequence[Sequence[str]], text_columns: int) -> list[str]:
    """Rows of cells, headings first, in columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column < text_columns else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]
