"""``litebrush doctor``."""

from __future__ import annotations

import dataclasses
import json

import click

from litebrush.advice import advise
from litebrush.doctor import Findings, InterpreterFinding, Trial, examine
from litebrush.machine import Machine

_ANSWERS = {True: "yes", False: "no", None: "not known"}


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print all that was found, for a bug report.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Say what this machine can run models with, and what is missing.

    Interpreters, accelerators and shipped models are tried, each in a process of its own. Ends with status 1 when
    nothing here can run a model.

    \b
    Examples:
      litebrush doctor
      litebrush doctor --json > report.json
    """
    findings = examine()
    advice = advise(findings)
    if as_json:
        click.echo(json.dumps({**dataclasses.asdict(findings), "advice": advice}, indent=2))
    else:
        click.echo("\n".join(_lines(findings, advice)))
    ctx.exit(0 if findings.can_run_models else 1)


def _lines(findings: Findings, advice: tuple[str, ...]) -> list[str]:
    return [
        *_machine_lines(findings.litebrush, findings.machine),
        "",
        "interpreters",
        *(_interpreter_line(each, findings.taken) for each in findings.interpreters),
        "",
        "accelerators",
        *(_line(name, trial) for name, trial in findings.accelerators.items()),
        "",
        "shipped models",
        *(_line(name, trial) for name, trial in findings.models.items()),
        *(["", "advice"] if advice else []),
        *(f"  {sentence}" for sentence in advice),
    ]


def _machine_lines(litebrush: str, machine: Machine) -> list[str]:
    packages = ", ".join(f"{name} {number or 'not installed'}" for name, number in machine.packages.items())
    rows = [
        ("board", machine.board),
        ("CPU", f"{machine.cpu or 'unknown'}, {machine.architecture}, cores to use: {machine.cores}"),
        ("8-bit dot products", _ANSWERS[machine.int8_dot_product]),
        ("memory", f"{machine.memory_bytes / 1e9:.1f} GB" if machine.memory_bytes else ""),
        ("system", machine.system),
        ("Python", f"{machine.python}, {packages}"),
    ]
    return [f"litebrush {litebrush}", *(f"  {label:<20}{text}" for label, text in rows if text)]


def _interpreter_line(finding: InterpreterFinding, taken: str) -> str:
    if finding.trial is None:
        return f"  {'missing':<8}{finding.name}: {finding.install}"
    mark = " (taken)" if finding.name == taken else ""
    return _line(f"{finding.name} {finding.version}{mark}", finding.trial)


def _line(name: str, trial: Trial) -> str:
    return f"  {'works' if trial.works else 'no':<8}{name}: {trial.said}"
