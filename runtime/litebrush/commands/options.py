"""What several commands share: options, a progress bar, and how the machine is named."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from litebrush.accelerators import Accelerator, accelerators_to_try
from litebrush.announcements import Announced, drop_farewell
from litebrush.contract import Precision
from litebrush.tiled_network import Progress

precision_option = click.option(
    "--precision",
    type=click.Choice([precision.value for precision in Precision]),
    help="Which file of a shipped model.  [default: int8]",
)
threads_option = click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="CPU threads.")


def _parse_accelerator(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if Accelerator.CPU not in accelerators_to_try(value)[:1]:
        drop_farewell()
    return value


accelerator_option = click.option(
    "--accelerator",
    callback=_parse_accelerator,
    default="cpu",
    metavar="cpu|gpu|auto",
    show_default=True,
    help="What runs the model; a GPU takes every precision but int8.",
)


@contextmanager
def progress_bar(label: str) -> Iterator[Progress | None]:
    """A bar on standard error while a person is watching it."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show


def device_name(accelerator: str, announced: Announced) -> str:
    """What a model ran on, with the GPU's name where it told one."""
    return (
        f"{accelerator} ({announced.adapter})"
        if announced.adapter and accelerator == Accelerator.GPU.value
        else accelerator
    )
