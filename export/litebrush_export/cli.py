"""``litebrush export``; the converter is imported only when conversion begins."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from litebrush.announcements import without_announcements
from litebrush.contract import Precision
from litebrush.extras import require_extra
from litebrush.loading import is_name, open_model
from litebrush.zoo import find_shipped
from litebrush_export.appkit.cli import app
from litebrush_export.diagnose_cli import diagnose
from litebrush_export.sources import SourceKind, recognize
from litebrush_export.target import TARGETS

if TYPE_CHECKING:
    from litebrush_export.pruning import Pruning


def _parse_precisions(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[Precision, ...]:
    if value is None:
        return ()
    names = [name.strip() for name in value.split(",")]
    known = [precision.value for precision in Precision]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.BadParameter(
            f"no precision is called '{', '.join(unknown)}'; there is {', '.join(known)}", ctx, param
        )
    return tuple(dict.fromkeys(Precision(name) for name in names))


def _parse_pruning(ctx: click.Context, param: click.Parameter, value: str | None) -> Pruning | None:
    if value is None:
        return None
    from litebrush_export.pruning import Pruning

    return Pruning.parse(value)


def _parse_budget(ctx: click.Context, param: click.Parameter, value: str) -> float:
    try:
        budget = float(value.strip().removesuffix("dB"))
    except ValueError:
        raise click.BadParameter(f"'{value}' is no budget; give decibels such as 0.1dB", ctx, param) from None
    if not 0 < budget < float("inf"):
        raise click.BadParameter(f"'{value}' is no budget; it must be above 0", ctx, param)
    return budget


class _SourceOrCommand(click.Group):
    """A group whose first word is a command of it, or otherwise a source to convert."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in that is left out."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["convert", *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Both forms."""
        formatter.write_usage(ctx.command_path, "SOURCE [OPTIONS]")
        formatter.write_usage(ctx.command_path, "diagnose SOURCE [OPTIONS]")
        formatter.write_usage(ctx.command_path, "app --platform PLATFORM --model FILE --out DIR")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Those of converting."""
        self.commands["convert"].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


@click.command(name="convert")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--precision",
    "precisions",
    callback=_parse_precisions,
    help="Comma-separated.  [default: what suits the target; for a CPU float32,float16,dynamic,int8]",
)
@click.option(
    "--target",
    "target_name",
    type=click.Choice(tuple(TARGETS)),
    default="cpu",
    show_default=True,
    help="Device that each file is made for and checked against.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the .tflite files and MODEL_CARD.md.")
@click.option("--contract", type=click.Path(path_type=Path), help="TOML file that says what the tensors mean.")
@click.option("--calibration", type=click.Path(path_type=Path), help="Folder of images, or an .npz of samples.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(("tflite", "onnx")),
    default="tflite",
    show_default=True,
    help="onnx: one float32 file for ONNX Runtime and TensorRT; SOURCE may also be a shipped model or a file of it.",
)
@click.option("--print-contract", is_flag=True, help="Print a contract for SOURCE to fill in, and write nothing.")
@click.option(
    "--prune",
    "pruning",
    callback=_parse_pruning,
    metavar="SHARE|2:4",
    help="Make the smallest weights zero, without training: a share such as 0.6 of them, or two of every four.",
)
@click.option(
    "--budget",
    callback=_parse_budget,
    default="0.1dB",
    show_default=True,
    help="How much worse than float32 a mixed file may be: decibels of PSNR, or a plain number where the figure is F1.",
)
def convert(
    source: Path,
    precisions: tuple[Precision, ...],
    target_name: str,
    out: Path | None,
    contract: Path | None,
    calibration: Path | None,
    file_format: str,
    print_contract: bool,
    pruning: Pruning | None,
    budget: float,
) -> None:
    """Convert SOURCE to .tflite files that prove themselves.

    SOURCE is the hand-over folder of 'litebrush train'; or a SavedModel, a .keras or .h5 file, or a float .tflite
    of any origin. Those need --contract and --calibration; without, they are converted, but litebrush cannot load
    the files.

    Each file carries its contract and a golden result that 'litebrush verify' replays. The table says what
    each precision cost, on pictures that training never saw; a second one, what the target would not take.

    \b
    Examples:
      litebrush export run/handover --out models/
      litebrush export run/handover --precision int8 --out models/
      litebrush export run/handover --target android-gpu --out models/
      litebrush export my_model.keras --print-contract > contract.toml
      litebrush export my_model.keras --contract contract.toml --calibration photos/ --out models/
      litebrush export run/handover --prune 0.6 --out models/
      litebrush export run/handover --precision int8,mixed --budget 0.1dB --out models/
      litebrush export run/handover --format onnx --out models/
      litebrush export denoise --format onnx --out models/
      litebrush export diagnose run/handover --out diagnosis/
    """
    if file_format == "onnx":
        if precisions not in ((), (Precision.FLOAT32,)) or target_name != "cpu" or print_contract:
            raise click.UsageError(
                "--format onnx writes float32, for no --target: what runs the file makes lower precisions of it"
            )
        export_as_onnx(source, contract, calibration, pruning, out)
        return
    require_extra("export", "tensorflow", "ai_edge_litert", "rich", "jinja2")
    from rich.console import Console

    from litebrush_export.adoption import print_template
    from litebrush_export.lint_table import print_lints
    from litebrush_export.pipeline import export
    from litebrush_export.plain import convert_plain
    from litebrush_export.table import parity_table, search_table, sparsity_tables
    from litebrush_export.variants import Order

    kind = recognize(source)
    if print_contract:
        click.echo(print_template(source), nl=False)
        return
    if out is None:
        raise click.UsageError("give --out, the folder for the files")
    target = TARGETS[target_name]
    chosen = precisions or target.precisions
    require_companions(kind, source, contract, calibration, pruning)
    if kind is not SourceKind.HANDOVER and contract is None:
        for file in convert_plain(source, chosen, calibration, out):
            click.echo(f"{file.path}: {file.size_bytes / 1000:.0f} KB, {file.precision.value}, no contract")
        click.echo("litebrush cannot load these files: it does not know their tensors. Give --contract to change that.")
        return

    with (
        os.fdopen(os.dup(2), "w") as terminal,
        Console(file=terminal).status("reading the hand-over") as status,
        without_announcements(),
        as_handover(source, contract, calibration) as handover,
    ):
        exported = export(handover, Order(chosen, target, pruning, budget), out, on_step=status.update)
    console = Console()
    searches = (search_table(file.search) for file in exported if file.search is not None)
    for table in (parity_table(exported), *sparsity_tables(exported), *searches):
        console.print(table)
    print_lints(console, target, {file.path.name: file.lints for file in exported})


def export_as_onnx(
    source: Path, contract: Path | None, calibration: Path | None, pruning: Pruning | None, out: Path | None
) -> None:
    """``--format onnx``."""
    require_extra("export", "tensorflow", "ai_edge_litert", "rich")
    require_extra("onnx", "tf2onnx", "onnxruntime")
    from rich.console import Console

    from litebrush_export.onnx_export import FLOAT, convert_file, export_onnx
    from litebrush_export.table import parity_table
    from litebrush_export.variants import Order

    if out is None:
        raise click.UsageError("give --out, the folder for the file")
    is_shipped = is_name(str(source)) and not source.exists()
    is_finished = is_shipped or (contract is None and recognize(source) is SourceKind.TFLITE)
    if is_finished and (pruning or contract or calibration):
        raise click.UsageError(f"'{source}' is converted as it is; leave --prune, --contract and --calibration out")
    with os.fdopen(os.dup(2), "w") as terminal, Console(file=terminal).status("converting") as status:
        exported = None
        if is_shipped:
            shipped = find_shipped(str(source)).precisions
            written = convert_file(open_model(str(source), next(each for each in FLOAT if each in shipped)), out)
        elif is_finished:
            written = convert_file(open_model(source), out)
        else:
            require_companions(recognize(source), source, contract, calibration, pruning)
            if recognize(source) is not SourceKind.HANDOVER and contract is None:
                raise click.UsageError(
                    f"'{source}' needs --contract and --calibration; --print-contract writes a contract to fill in"
                )
            with without_announcements(), as_handover(source, contract, calibration) as handover:
                order = Order((Precision.FLOAT32,), pruning=pruning)
                written, exported = export_onnx(handover, order, out, on_step=status.update)
    if exported is not None:
        Console().print(parity_table((exported,)))
    proof = written.verification
    click.echo(
        f"{written.path}: {proof.engine} reproduces LiteRT's golden result "
        f"(largest difference {proof.largest_difference:.1e})"
    )


def require_companions(
    kind: SourceKind, source: Path, contract: Path | None, calibration: Path | None, pruning: Pruning | None = None
) -> None:
    """Refuse options that do not go together.

    Raises:
        UsageError: a hand-over with a contract, or anything else without what it needs.
    """
    if kind is SourceKind.HANDOVER and (contract or calibration):
        raise click.UsageError(f"'{source}' is a hand-over, which brings its own contract and calibration samples")
    if kind is not SourceKind.HANDOVER and contract and not calibration:
        raise click.UsageError("--contract needs --calibration: the pictures that ranges and checks are made with")
    if kind is not SourceKind.HANDOVER and pruning and not contract:
        raise click.UsageError("--prune needs --contract: without one nobody can measure what it costs")


def as_handover(source: Path, contract: Path | None, calibration: Path | None) -> AbstractContextManager[Path]:
    """The hand-over folder of a source, for as long as the block lasts."""
    from litebrush_export.adoption import adopted

    return adopted(source, contract, calibration) if contract and calibration else nullcontext(source)


@click.group(name="export", cls=_SourceOrCommand, help=convert.help)
def command() -> None:  # noqa: D103
    pass


convert.hidden = True
command.add_command(convert)
command.add_command(diagnose)
command.add_command(app)
