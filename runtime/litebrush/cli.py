"""The ``litebrush`` command."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import click

from litebrush import __version__
from litebrush.accelerators import Accelerator, accelerators_to_try, keeps_promise
from litebrush.announcements import Announced, drop_farewell, without_announcements
from litebrush.contract import ModelContract, Precision, Tiling, Verdict
from litebrush.errors import ImageError, LitebrushError, VerificationError
from litebrush.image import check_output, read_image, to_photo, write_image
from litebrush.loading import load, models, open_model, verify
from litebrush.modelfile import ModelFile
from litebrush.restorer import NoiseLevel, Progress, require_size
from litebrush.tensors import Signature, TensorSpec

_PRECISION = click.Choice([precision.value for precision in Precision])


def _parse_accelerator(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if Accelerator.CPU not in accelerators_to_try(value)[:1]:
        drop_farewell()
    return value


_ACCELERATOR = click.option(
    "--accelerator",
    callback=_parse_accelerator,
    default="cpu",
    metavar="cpu|gpu|auto",
    show_default=True,
    help="What runs the model; a GPU takes every precision but int8.",
)
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


class _NotVerified(click.ClickException):
    """One line on standard error, and status 1: nothing was wrong with the question, but with the model."""

    exit_code = 1


class LazyGroup(click.Group):
    """A group that imports some of its commands only when they are called, and prints errors in one line."""

    lazy_commands: ClassVar[dict[str, tuple[str, str]]] = {
        "train": ("litebrush_train.cli", "Train a model on a folder of images."),
        "export": ("litebrush_export.cli", "Convert a trained model to .tflite files that prove themselves."),
        "lint": ("litebrush_export.lint_cli", "Say what a device would refuse of a .tflite file."),
        "demo": ("litebrush.demo", "Train, export and repair within minutes, without data of your own."),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, imported or not."""
        return sorted([*super().list_commands(ctx), *self.lazy_commands])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command at last."""
        if cmd_name not in self.lazy_commands:
            return super().get_command(ctx, cmd_name)
        module, _ = self.lazy_commands[cmd_name]
        command: click.Command = importlib.import_module(module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing those that are expensive."""
        rows = [
            (
                name,
                self.lazy_commands[name][1] if name in self.lazy_commands else self.commands[name].get_short_help_str(),
            )
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what litebrush raises on purpose becomes one line and an exit status."""
        try:
            return super().invoke(ctx)
        except LitebrushError as problem:
            failure = _NotVerified if isinstance(problem, VerificationError) else _Failure
            raise failure(" ".join(str(problem).split())) from None
        except BrokenPipeError:
            raise
        except OSError as problem:
            where = f"'{problem.filename}': " if problem.filename else ""
            raise _Failure(f"cannot read or write {where}{problem.strerror or problem}") from None


@click.group(cls=LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="litebrush")
def main() -> None:
    """Small, verified models that generate and repair images on a device."""


def _parse_noise_level(ctx: click.Context, param: click.Parameter, value: str) -> NoiseLevel:
    if value == "auto":
        return "auto"
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"'{value}' is neither a number of grey levels nor 'auto'", ctx, param) from None


@contextmanager
def _progress(label: str) -> Iterator[Progress | None]:
    """A bar on standard error while a person is watching it."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show


@main.command()
@click.argument("photo", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write; its suffix decides the format.",
)
@click.option(
    "--noise-level",
    callback=_parse_noise_level,
    default="auto",
    metavar="0-50|auto",
    show_default=True,
    help="Standard deviation of the noise in grey levels.",
)
@click.option("--model", default="denoise", show_default=True, help="Name of a shipped model, or a .tflite file.")
@click.option("--precision", type=_PRECISION, help="Which file of a shipped model.  [default: int8]")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="CPU threads.")
@_ACCELERATOR
def repair(
    photo: Path,
    output: Path,
    noise_level: NoiseLevel,
    model: str,
    precision: str | None,
    threads: int,
    accelerator: str,
) -> None:
    """Remove the noise of a photograph.

    Transparency, EXIF and the colour profile are kept; the original is never written to.

    \b
    Examples:
      litebrush repair old.jpg -o new.png
      litebrush repair scan.tif -o clean.tif --noise-level 15 --precision float32
      litebrush repair old.jpg -o new.png --precision float16 --accelerator gpu
    """
    taken_apart = to_photo(read_image(photo))
    require_size(taken_apart)
    check_output(output, taken_apart)
    if output.exists() and output.samefile(photo):
        raise ImageError(f"'{output}' is the original; choose another file with --output")
    with without_announcements() as announced:
        restorer = load(model, precision, threads, accelerator)
    level = restorer.noise_level_for(taken_apart.pixels, noise_level)
    began = time.perf_counter()
    with _progress(f"repairing {photo.name}") as show:
        restored = taken_apart.to_image(restorer.restore_pixels(taken_apart.pixels, level, show))
    seconds = time.perf_counter() - began
    write_image(restored, output)
    used = restorer.precision.value if restorer.precision else "?"
    estimated = " (estimated)" if noise_level == "auto" else ""
    told = "" if level is None else f"noise level {level:.1f}{estimated}, "
    click.echo(
        f"{output}: {restored.width}x{restored.height}, {restorer.contract.name} {used} on "
        f"{_device(restorer.accelerator, announced)}, "
        f"{told}{seconds:.2f} s"
    )


@main.command(name="verify")
@click.argument("sources", nargs=-1, metavar="[MODEL]...")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="CPU threads.")
@click.option("--precision", type=_PRECISION, help="Which file of a shipped model.")
@_ACCELERATOR
def verify_command(sources: tuple[str, ...], threads: int, precision: str | None, accelerator: str) -> None:
    """Replay the golden result that each MODEL carries: names of shipped models or .tflite files.

    Without MODEL, every file that comes with litebrush; on a GPU all but int8. Ends with status 1 when a
    result is not reproduced.

    \b
    Examples:
      litebrush verify
      litebrush verify denoise my-model-int8.tflite
      litebrush verify denoise --precision float16 --accelerator gpu
    """
    asked = None if precision is None else Precision(precision)
    wanted = [(source, asked) for source in sources] or list(_shipped_files(asked, accelerator))
    failures = []
    for source, each in wanted:
        try:
            with without_announcements() as announced:
                result = verify(source, each, threads, accelerator)
        except VerificationError as problem:
            failures.append(str(problem))
            click.echo(f"FAILED    {source}: {problem}")
            continue
        contract = result.contract
        how = (
            "identical"
            if result.identical
            else f"within tolerance (largest difference {result.largest_difference:.1e})"
        )
        used = contract.precision.value if contract.precision else "?"
        click.echo(
            f"verified  {contract.name} {used}: {how}, {result.engine} on {_device(result.accelerator, announced)}"
        )
    if failures:
        raise VerificationError(f"{len(failures)} of {len(wanted)} models did not prove themselves on this machine")


def _shipped_files(precision: Precision | None, accelerator: str) -> Iterator[tuple[str, Precision]]:
    for model in models():
        for each in model.precisions:
            if precision is each or (precision is None and keeps_promise(each, accelerator)):
                yield model.name, each


def _device(accelerator: str, announced: Announced) -> str:
    return (
        f"{accelerator} ({announced.adapter})"
        if announced.adapter and accelerator == Accelerator.GPU.value
        else accelerator
    )


@main.command(name="models")
def models_command() -> None:
    """List the models that come with litebrush."""
    for model in models():
        click.echo(f"{model.name}: {model.summary}")
        for precision in model.precisions:
            file = open_model(model.name, precision)
            kilobytes = model.path(precision).stat().st_size / 1000
            quality = "; ".join(
                f"{measured.what}: {measured.value:g} {measured.unit}" for measured in file.contract.quality
            )
            preferred = " (preferred)" if precision is model.preferred else ""
            click.echo(f"  {precision.value + preferred:<18}{kilobytes:5.0f} KB   {quality}")


@main.command()
@click.argument("source", metavar="MODEL")
@click.option("--precision", type=_PRECISION, help="Which file of a shipped model.")
@click.option("--json", "as_json", is_flag=True, help="Print the contract as it stands in the file.")
def inspect(source: str, precision: str | None, as_json: bool) -> None:
    """Show what a MODEL promises: a name of a shipped model or a .tflite file.

    \b
    Examples:
      litebrush inspect denoise
      litebrush inspect my-model-int8.tflite --json
    """
    model = open_model(source, precision)
    click.echo(model.contract.to_json() if as_json else _described(model), nl=not as_json)


def _described(model: ModelFile) -> str:
    contract = model.contract
    rows = [
        ("model", contract.name),
        ("task", contract.task.value),
        ("precision", contract.precision.value if contract.precision else "not stated"),
        ("network", f"{len(model.flatbuffer) / 1000:.0f} KB, SHA-256 {model.sha256[:16]}..."),
        *(row for signature in contract.signatures for row in _signature_rows(signature)),
        *(("state", f"{pair.output} becomes {pair.input}") for pair in contract.states),
        *([("labels", ", ".join(contract.labels))] if contract.labels else []),
        *([("tiling", _tiling(contract.tiling))] if contract.tiling else []),
        ("golden", _golden(contract)),
        *(("measured", f"{item.what}: {item.value:g} {item.unit}") for item in contract.quality),
        *(("target", _verdict(verdict)) for verdict in contract.verdicts),
        ("trained on", contract.provenance.training_data or "not stated"),
        ("licence", contract.provenance.licence or "not stated"),
        ("made with", ", ".join(f"{name} {number}" for name, number in contract.provenance.versions.items())),
    ]
    return "\n".join(f"{label:<11}{text}" for label, text in rows)


def _verdict(verdict: Verdict) -> str:
    android = "" if verdict.lowest_api_level is None else f"; Android API level {verdict.lowest_api_level} and above"
    return f"{verdict.target}: {verdict.text}{android} ({verdict.table})"


def _signature_rows(signature: Signature) -> list[tuple[str, str]]:
    return [
        ("signature", signature.name),
        *(("input", _tensor(spec)) for spec in signature.inputs),
        *(("output", _tensor(spec)) for spec in signature.outputs),
    ]


def _tiling(tiling: Tiling) -> str:
    return f"halo {tiling.halo} px, multiples of {tiling.alignment} px"


def _tensor(spec: TensorSpec) -> str:
    shape = "x".join(str(side) for side in spec.shape)
    stored = "real values"
    if spec.role.has_bytes:
        stored = f"stored 0 to {spec.highest:g}, where 0 to 255 is {spec.minimum:g} to {spec.maximum:g}"
    return f"{spec.name} ({spec.role.value}) {shape}, {stored}"


def _golden(contract: ModelContract) -> str:
    if contract.golden is None:
        return "none"
    if contract.golden.output_sha256:
        digests = ", ".join(f"{name} {digest[:16]}..." for name, digest in contract.golden.output_sha256.items())
        return f"equal bits, SHA-256 of {digests}"
    return f"within {contract.golden.tolerance:g} of a range of 1"
