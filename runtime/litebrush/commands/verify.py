"""``litebrush verify``."""

from __future__ import annotations

from collections.abc import Iterator

import click

from litebrush.accelerators import keeps_promise
from litebrush.announcements import without_announcements
from litebrush.apart import call_apart
from litebrush.commands.options import accelerator_option, device_name, precision_option, threads_option
from litebrush.contract import Precision
from litebrush.errors import VerificationError, one_line
from litebrush.loading import is_name, models, verify
from litebrush.threads import Threads
from litebrush.verification import Verification


@click.command(name="verify")
@click.argument("sources", nargs=-1, metavar="[MODEL]...")
@precision_option
@threads_option
@accelerator_option
def command(sources: tuple[str, ...], threads: Threads, precision: str | None, accelerator: str) -> None:
    """Replay the golden result that each MODEL carries: names of shipped models, .tflite or .onnx files.

    Without MODEL, every file that comes with litebrush; on a GPU all but int8. Ends with status 1 when a
    result is not reproduced. A file is replayed in a process of its own, which a damaged network may crash.

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
                result = _verify(source, each, threads, accelerator)
        except VerificationError as problem:
            failures.append(str(problem))
            click.echo(f"FAILED    {source}: {one_line(problem)}")
            continue
        contract = result.contract
        how = (
            "identical"
            if result.identical
            else f"within tolerance (largest difference {result.largest_difference:.1e})"
        )
        used = contract.precision.value if contract.precision else "?"
        click.echo(
            f"verified  {contract.name} {used}: {how}, {result.engine} on {device_name(result.accelerator, announced)}"
        )
    if failures:
        raise VerificationError(f"{len(failures)} of {len(wanted)} models did not prove themselves on this machine")


def _verify(source: str, precision: Precision | None, threads: Threads, accelerator: str) -> Verification:
    if is_name(source):
        return verify(source, precision, threads, accelerator)
    return call_apart(f"replaying '{source}'", verify, source, precision, threads, accelerator)


def _shipped_files(precision: Precision | None, accelerator: str) -> Iterator[tuple[str, Precision]]:
    for model in models():
        for each in model.precisions:
            if precision is each or (precision is None and keeps_promise(each, accelerator)):
                yield model.name, each
