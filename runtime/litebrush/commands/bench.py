"""``litebrush bench`` and ``litebrush bench compare``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from litebrush.accelerators import accelerators_to_try
from litebrush.atomic import atomic_file
from litebrush.bench.comparison import Limits, compare, title
from litebrush.bench.document import BenchmarkDocument, read_document
from litebrush.bench.order import Order
from litebrush.bench.table import markdown_lines, table_lines, terminal_lines
from litebrush.contract import Precision
from litebrush.errors import RegressionError
from litebrush.threads import Threads

_ALL = "all"


class _BenchCommand(click.Command):
    """Measures what is named, unless the first word is ``compare``."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args[:1] == [compare_command.name]:
            return compare_command.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


def _parse_precisions(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[Precision, ...] | None:
    if value is None:
        return None
    if value == _ALL:
        return ()
    try:
        return tuple(Precision(each) for each in value.split(","))
    except ValueError:
        known = ", ".join(each.value for each in Precision)
        raise click.BadParameter(
            f"'{value}' is neither '{_ALL}' nor some of {known}, with commas", ctx, param
        ) from None


def _parse_threads(ctx: click.Context, param: click.Parameter, value: str) -> tuple[Threads, ...]:
    parts = value.split(",")
    if not all(part == "auto" or (part.isdecimal() and int(part) >= 1) for part in parts):
        raise click.BadParameter(f"'{value}' is no list such as 1,2,auto", ctx, param)
    return tuple("auto" if part == "auto" else int(part) for part in parts)


def _parse_accelerators(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(value.split(","))
    for name in names:
        accelerators_to_try(name)
    return names


def _parse_share(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    return None if value is None else _number(r"(\d+(?:\.\d+)?) ?%", value, "10%", ctx, param) / 100


def _parse_decibels(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    return None if value is None else _number(r"(\d+(?:\.\d+)?) ?dB", value, "0.1dB", ctx, param)


def _number(pattern: str, value: str, example: str, ctx: click.Context, param: click.Parameter) -> float:
    if not (found := re.fullmatch(pattern, value)):
        raise click.BadParameter(f"'{value}' was given, expected something like {example}", ctx, param)
    return float(found[1])


@click.command(name="bench", cls=_BenchCommand)
@click.argument("sources", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--precision",
    "precisions",
    callback=_parse_precisions,
    metavar="LIST|all",
    help="Files of shipped models, such as float32,int8, or all.  [default: int8]",
)
@click.option(
    "--threads", callback=_parse_threads, default="1", metavar="LIST", show_default=True, help="Such as 1,2,4,auto."
)
@click.option(
    "--accelerator",
    "accelerators",
    callback=_parse_accelerators,
    default="cpu",
    metavar="LIST",
    show_default=True,
    help="Such as cpu,gpu; see 'litebrush verify --help'.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write all that was found; - prints it.")
@click.option("--markdown", is_flag=True, help="Print the table in Markdown.")
@click.option("--ssh", "host", metavar="USER@HOST", help="Measure on another device: takes litebrush and models there.")
@click.option(
    "--adb",
    "binary",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="BENCHMARK_MODEL",
    help="Measure on the Android device at hand, with TFLite's own benchmark program for it.",
)
def command(
    sources: tuple[str, ...],
    precisions: tuple[Precision, ...] | None,
    threads: tuple[Threads, ...],
    accelerators: tuple[str, ...],
    json_file: Path | None,
    markdown: bool,
    host: str | None,
    binary: Path | None,
) -> None:
    """Measure how fast each MODEL runs: names of shipped models or .tflite files.

    Load, first inference, warm-up, then 50 runs and one second at least. 'litebrush bench compare' holds two results
    against each other.

    \b
    Examples:
      litebrush bench denoise --precision all --threads 1,2
      litebrush bench my-model-int8.tflite --accelerator cpu,gpu --json now.json
      litebrush bench denoise --ssh pi@raspberrypi.local
      litebrush bench denoise --adb android_aarch64_benchmark_model
      litebrush bench compare before.json now.json --max-slowdown 10% --max-loss 0.1dB
    """
    if host is not None and binary is not None:
        raise click.UsageError("measure on one device at a time: --ssh or --adb")
    order = Order(sources, precisions, threads, accelerators)
    document = _measure(order, host, binary)
    if json_file == Path("-"):
        click.echo(document.to_json(), nl=False)
        return
    click.echo("\n".join((markdown_lines if markdown else terminal_lines)(document)))
    if json_file is not None:
        with atomic_file(json_file) as temporary:
            temporary.write_text(document.to_json(), encoding="utf-8")


def _measure(order: Order, host: str | None, binary: Path | None) -> BenchmarkDocument:
    if host is not None:
        from litebrush.bench.ssh import measure_over_ssh

        return measure_over_ssh(host, order)
    if binary is not None:
        from litebrush.bench.android import measure_over_adb

        return measure_over_adb(binary, order)
    return order.measure()


@click.command(name="compare")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--max-slowdown", callback=_parse_share, metavar="PERCENT", help="Of the median time, such as 10%.")
@click.option(
    "--max-loss",
    callback=_parse_decibels,
    metavar="DECIBELS",
    help="Of the quality in the models' files, such as 0.1dB.",
)
def compare_command(before: Path, after: Path, max_slowdown: float | None, max_loss: float | None) -> None:
    """Hold two results of 'litebrush bench --json' against each other.

    Ends with status 1 when a model became slower or worse than it may, or is no longer measured.

    \b
    Example:
      litebrush bench compare before.json now.json --max-slowdown 10% --max-loss 0.1dB
    """
    comparison = compare(read_document(before), read_document(after))
    rows = [("model", "before ms", "now ms", "time", "lost dB")]
    for change in comparison.changes:
        losses = change.losses_db.values()
        rows.append(
            (
                title(change.before),
                f"{change.before.latency.typical_ms:.2f}",
                f"{change.after.latency.typical_ms:.2f}",
                f"x{change.time_ratio:.3f}",
                f"{max(losses):+.2f}" if losses else "-",
            )
        )
    click.echo("\n".join(table_lines(rows, text_columns=1)))
    if not comparison.same_machine:
        click.echo(f"times of two machines: {comparison.machines[0]}; {comparison.machines[1]}")
    complaints = comparison.complaints(Limits(max_slowdown, max_loss))
    if complaints:
        raise RegressionError("; ".join(complaints))
