"""The ``litebrush`` command."""

from __future__ import annotations

import importlib
from typing import Any, ClassVar

import click

from litebrush import __version__
from litebrush.errors import LitebrushError, RegressionError, VerificationError, one_line

_EPILOG = """
\b
Examples:
  litebrush repair old.jpg -o new.png
  litebrush verify denoise
  litebrush train denoise --data photos/ --out run/
  litebrush export run/handover --precision int8 --out models/
"""


class _Failure(click.ClickException):
    """One line on standard error, and status 2."""

    exit_code = 2


class _NotGoodEnough(click.ClickException):
    """One line on standard error, and status 1: nothing was wrong with the question, but with the model."""

    exit_code = 1


class LazyGroup(click.Group):
    """A group that imports its commands only when they are called, and prints errors in one line."""

    lazy_commands: ClassVar[dict[str, tuple[str, str]]] = {
        "bench": ("litebrush.commands.bench", "Measure how fast models run here or on another device."),
        "demo": ("litebrush.demo", "Train, export and repair within minutes, without data of your own."),
        "doctor": ("litebrush.commands.doctor", "Say what this machine can run models with."),
        "export": ("litebrush_export.cli", "Convert a trained model to .tflite files that prove themselves."),
        "generate": ("litebrush.commands.generate", "Draw pictures with a generator."),
        "inspect": ("litebrush.commands.inspect", "Show what a model promises."),
        "lint": ("litebrush_export.lint_cli", "Say what a device would refuse of a .tflite file."),
        "models": ("litebrush.commands.models", "List the models that come with litebrush."),
        "repair": ("litebrush.commands.repair", "Repair a photograph."),
        "train": ("litebrush_train.cli", "Train a model on a folder of images."),
        "verify": ("litebrush.commands.verify", "Replay the golden results that models carry."),
        "video": ("litebrush.commands.video", "Restore a video, an animation or a folder of frames."),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names; none is imported."""
        return list(self.lazy_commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command at last."""
        if cmd_name not in self.lazy_commands:
            return None
        module, _ = self.lazy_commands[cmd_name]
        command: click.Command = importlib.import_module(module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.lazy_commands.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what litebrush raises on purpose becomes one line and an exit status."""
        try:
            return super().invoke(ctx)
        except LitebrushError as problem:
            failure = _NotGoodEnough if isinstance(problem, (RegressionError, VerificationError)) else _Failure
            raise failure(one_line(problem)) from None
        except BrokenPipeError:
            raise
        except OSError as problem:
            where = f"'{problem.filename}': " if problem.filename else ""
            raise _Failure(f"cannot read or write {where}{problem.strerror or problem}") from None


@click.group(cls=LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="litebrush")
def main() -> None:
    """Small, verified models that generate and repair images on a device."""
