"""The parity table for the terminal."""

from __future__ import annotations

from rich.table import Table

from litebrush_export.exported import Exported
from litebrush_export.mixed import Search


def parity_table(exported: tuple[Exported, ...]) -> Table:
    """One line a file."""
    first = exported[0].parity
    table = Table(
        title=f"Parity on {first.measured_on}",
        caption="colour shift: mean signed difference to float32 in 8-bit levels, of the most shifted channel; "
        "left in float: operators",
    )
    table.add_column("file", no_wrap=True)
    to_truth = (
        () if first.to_truth is None else (first.figure.heading.replace("to truth", "to\ntruth").replace(" (", "\n("),)
    )
    for heading in (
        "size\n(KB)",
        *to_truth,
        "PSNR to\nfloat32\n(dB)",
        "one run\n(of float32's)",
        "colour\nshift",
        "left in\nfloat",
    ):
        table.add_column(heading, justify="right")
    for file in exported:
        parity = file.parity
        table.add_row(
            file.path.name,
            f"{parity.size_bytes / 1000:.0f}",
            *(() if parity.to_truth is None else (parity.figure.written(parity.to_truth),)),
            f"{parity.psnr_to_float32_db:.1f}",
            f"{parity.relative_time:.2f}" + ("\nslower here" if parity.slower_than_float32 else ""),
            parity.error.written_largest_shift,
            str(parity.float_operators.total()) if parity.is_integer else "all",
        )
    return table


def sparsity_tables(exported: tuple[Exported, ...]) -> tuple[Table, ...]:
    """What zeros brought, one line a file, and the zeros of each kernel; nothing where there are few."""
    sparse = [(file, file.sparsity) for file in exported if file.sparsity is not None]
    if not sparse:
        return ()
    files = Table(title="Zeros in the kernels", caption="compared with float32 before pruning")
    files.add_column("file", no_wrap=True)
    for heading in (
        "zeros\n(%)",
        "network\n(KB)",
        "zipped\n(KB)",
        "PSNR to\nfloat32 (dB)",
        "one run\n(of float32's)",
    ):
        files.add_column(heading, justify="right")
    for file, sparsity in sparse:
        files.add_row(
            file.path.name,
            f"{100 * sparsity.share:.1f}",
            f"{sparsity.size_bytes / 1000:.0f}",
            f"{sparsity.zipped_bytes / 1000:.0f}",
            f"{file.parity.psnr_to_float32_db:.1f}",
            f"{file.parity.relative_time:.2f}" + ("\nslower here" if file.parity.slower_than_float32 else ""),
        )
    layers = Table(title=f"Zeros by kernel, {sparse[0][0].path.name}")
    for heading in ("kernel", "operator", "shape", "zeros", "of"):
        layers.add_column(heading, justify="left" if heading in ("operator", "shape") else "right")
    for number, layer in enumerate(sparse[0][1].layers, 1):
        shape = "x".join(map(str, layer.shape))
        layers.add_row(str(number), layer.operator, shape, str(layer.zeros), str(layer.weights))
    return files, layers


def search_table(search: Search) -> Table:
    """The Pareto front of a search for a mixture, and what was chosen."""
    words = f"Mixtures within {search.budget:g} {search.unit} of float32 ({search.float32:.2f} {search.unit})"
    note = "float32 itself is no slower on this machine" if search.float32_is_as_fast else None
    table = Table(title=f"{words}: the Pareto front of {len(search.mixtures)}", caption=note)
    table.add_column("network")
    for heading in ("one run\n(of int8's)", f"{search.figure_name}\n({search.unit})", ""):
        table.add_column(heading, justify="right")
    for candidate in search.shown:
        chosen = "chosen" if candidate is search.chosen else ""
        table.add_row(candidate.name, f"{candidate.time:.2f}", f"{candidate.figure:.2f}", chosen)
    return table
