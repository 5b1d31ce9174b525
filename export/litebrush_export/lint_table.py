"""What the target would not take, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from litebrush_export.lint import Lint, grouped
from litebrush_export.target import Target


def print_lints(console: Console, target: Target, lints: Mapping[str, tuple[Lint, ...]]) -> None:
    """One table of findings for all files, if there are any, and a line for each file and operator table.

    Args:
        console: where to print.
        target: what the files were checked for.
        lints: by file name.
    """
    table = Table(title=f"What {target.name} ({target.summary}) would not take")
    for heading in ("file", "operator", "first at", "why", "instead"):
        table.add_column(heading, overflow="fold")
    for file, of_file in lints.items():
        for each in of_file:
            for count, finding in grouped((*each.findings, *each.overflows)):
                operator = finding.operator if count == 1 else f"{count} {finding.operator}"
                table.add_row(file, operator, finding.tensor, finding.reason, finding.remedy)
    if table.row_count:
        console.print(table)
    for file, of_file in lints.items():
        for each in of_file:
            console.print(f"{file} on {target.name}: {each.summary}{_level(each)}; {each.table}", highlight=False)
    for unknown in dict.fromkeys(each.table.unknown for of_file in lints.values() for each in of_file):
        console.print(f"Not known from the table: {unknown}", highlight=False)


def _level(lint: Lint) -> str:
    if lint.lowest_api_level is None:
        return ""
    raised = f" for {', '.join(lint.raised_by)}" if lint.raised_by else ""
    return f"; Android API level {lint.lowest_api_level} and above{raised}"
