"""What several commands share: options, loading without announcements, and how the machine is named."""

from __future__ import annotations

from typing import Any

import click

from litebrush.accelerators import ON_CPU, Accelerator, accelerators_to_try
from litebrush.announcements import Announced, drop_farewell, without_announcements
from litebrush.contract import Precision
from litebrush.loading import load
from litebrush.restorer import NoiseLevel
from litebrush.threads import Threads

precision_option = click.option(
    "--precision",
    type=click.Choice([precision.value for precision in Precision]),
    help="Which file of a shipped model.  [default: int8]",
)


def _parse_threads(ctx: click.Context, param: click.Parameter, value: str) -> Threads:
    if value == "auto":
        return "auto"
    if value.isdecimal() and int(value) >= 1:
        return int(value)
    raise click.BadParameter(f"'{value}' is neither a number of at least 1 nor 'auto'", ctx, param)


threads_option = click.option(
    "--threads",
    callback=_parse_threads,
    default="1",
    metavar="N|auto",
    show_default=True,
    help="CPU threads; auto measures which number is the fastest.",
)


def _parse_noise_level(ctx: click.Context, param: click.Parameter, value: str) -> NoiseLevel:
    if value == "auto":
        return "auto"
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"'{value}' is neither a number of grey levels nor 'auto'", ctx, param) from None


noise_level_option = click.option(
    "--noise-level",
    callback=_parse_noise_level,
    default="auto",
    metavar="0-50|auto",
    show_default=True,
    help="Standard deviation of the noise in grey levels.",
)


def _parse_accelerator(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if accelerators_to_try(value)[0] is not ON_CPU:
        drop_farewell()
    return value


accelerator_option = click.option(
    "--accelerator",
    callback=_parse_accelerator,
    default="cpu",
    metavar="cpu|gpu|npu|edgetpu|auto|LIBRARY",
    show_default=True,
    help="What runs the model, or the path of a delegate library; a GPU takes float16, float32 and dynamic.",
)


class QuietLoader:
    """:func:`litebrush.load` with the options of a command, without LiteRT's announcements.

    Attributes:
        announced: what was said of the GPU.
    """

    def __init__(self, precision: str | None, threads: Threads, accelerator: str) -> None:
        """Take a command's options."""
        self._precision, self._settings = precision, (threads, accelerator)
        self.announced = Announced()

    def __call__(self, source: str) -> Any:
        """Load a model by its name or path."""
        with without_announcements() as announced:
            model = load(source, self.precision_of(source), *self._settings)
        self.announced = announced
        return model

    def precision_of(self, source: str) -> str | None:
        """Which file of a shipped model: what the option says."""
        return self._precision


def device_name(accelerator: str, announced: Announced) -> str:
    """What a model ran on, with the GPU's name where it told one."""
    return (
        f"{accelerator} ({announced.adapter})"
        if announced.adapter and accelerator == Accelerator.GPU.value
        else accelerator
    )
