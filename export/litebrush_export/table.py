"""The parity table for the terminal."""

from __future__ import annotations

from rich.table import Table

from litebrush_export.pipeline import Exported


def parity_table(exported: tuple[Exported, ...]) -> Table:
    """One line a file."""
    first = exported[0].parity
    table = Table(
        title=f"Parity on {first.measured_on}",
        caption="colour shift: mean signed difference to float32, in 8-bit levels, of the most shifted channel",
    )
    table.add_column("file", no_wrap=True)
    to_truth = (
        () if first.to_truth is None else (first.figure.heading.replace("to truth", "to\ntruth").replace(" (", "\n("),)
    )
    for heading in ("size\n(KB)", *to_truth, "PSNR to\nfloat32\n(dB)", "colour\nshift", "operators\nleft in float"):
        table.add_column(heading, justify="right")
    for file in exported:
        parity = file.parity
        table.add_row(
            file.path.name,
            f"{parity.size_bytes / 1000:.0f}",
            *(() if parity.to_truth is None else (parity.figure.written(parity.to_truth),)),
            f"{parity.psnr_to_float32_db:.1f}",
            parity.error.written_largest_shift,
            parity.left_in_float,
        )
    return table


def sparsity_tables(exported: tuple[Exported, ...]) -> tuple[Table, ...]:
    """What zeros brought, one line a file, and the zeros of each kernel; nothing where there are few."""
    sparse = [(file, file.sparsity) for file in exported if file.sparsity is not None]
    if not sparse:
        return ()
    dense_ms = sparse[0][1].float32_latency.p50_ms
    files = Table(
        title="Zeros in the kernels", caption=f"float32 before pruning: {dense_ms:.2f} ms; one thread, median"
    )
    files.add_column("file", no_wrap=True)
    for heading in (
        "zeros\n(%)",
        "network\n(KB)",
        "zipped\n(KB)",
        "PSNR to\nfloat32 (dB)",
        "one run\n(ms)",
        "than float32\nhere",
    ):
        files.add_column(heading, justify="right")
    for file, sparsity in sparse:
        files.add_row(
            file.path.name,
            f"{100 * sparsity.share:.1f}",
            f"{sparsity.size_bytes / 1000:.0f}",
            f"{sparsity.zipped_bytes / 1000:.0f}",
            f"{file.parity.psnr_to_float32_db:.1f}",
            f"{sparsity.latency.p50_ms:.2f}",
            "slower" if sparsity.slower_than_float32 else "not slower",
        )
    layers = Table(title=f"Zeros by kernel, {sparse[0][0].path.name}")
    for heading in ("kernel", "operator", "shape", "zeros", "of"):
        layers.add_column(heading, justify="left" if heading in ("operator", "shape") else "right")
    for number, layer in enumerate(sparse[0][1].layers, 1):
        shape = "x".join(map(str, layer.shape))
        layers.add_row(str(number), layer.operator, shape, str(layer.zeros), str(layer.weights))
    return files, layers
