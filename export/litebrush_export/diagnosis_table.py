"""A diagnosis for the terminal."""

from __future__ import annotations

from rich.table import Table

from litebrush_export.diagnosis import Diagnosis, LayerCost
from litebrush_export.picture_error import PictureError

_SHOWN_NAME = 44


def diagnosis_table(diagnosis: Diagnosis, error: PictureError) -> Table:
    """One line a layer that costs something, the costliest first."""
    figure = diagnosis.figure
    unit = f"\n({figure.unit})" if figure.unit else ""
    table = Table(
        title=f"What int8 costs: {figure.name} on {diagnosis.measured_on}",
        caption=_summary(diagnosis, error),
    )
    table.add_column("layer writes", no_wrap=True)
    table.add_column("operator")
    for heading in (f"exact result\nregains{unit}", f"trained weights\nregain{unit}"):
        table.add_column(heading, justify="right")
    shown = [layer for layer in diagnosis.costliest if abs(layer.total) >= _least_shown(diagnosis)]
    for layer in shown:
        weights = "" if layer.weights is None else _signed(diagnosis, layer.weights)
        table.add_row(short_name(layer), layer.operator, _signed(diagnosis, layer.activations), weights)
    if len(shown) < len(diagnosis.layers):
        table.add_row(f"{len(diagnosis.layers) - len(shown)} more layers", "", "less", "")
    return table


def short_name(layer: LayerCost) -> str:
    """The telling end of a tensor's name: the converter joins the names of all that it fused by semicolons."""
    last = layer.tensor.split(";")[-1] or layer.tensor
    for noise in ("/BiasAdd/ReadVariableOp1", "/BiasAdd/ReadVariableOp", "/BiasAdd", "/Conv2D", "/add", ":0"):
        last = last.removesuffix(noise)
    return last if len(last) <= _SHOWN_NAME else f"...{last[3 - _SHOWN_NAME :]}"


def _summary(diagnosis: Diagnosis, error: PictureError) -> str:
    written = diagnosis.figure.written
    truth = "" if diagnosis.float32 == float("inf") else f"float32 {written(diagnosis.float32)}, "
    return (
        f"{truth}int8 {written(diagnosis.integer)}, simulated {written(diagnosis.simulated)}; with exact results of "
        f"all layers {written(diagnosis.activations_exact)}. Against float32: colour shift {error.written_shifts} "
        f"(red, green, blue) and banding {error.banding:.2f} 8-bit levels; {100 * error.edge_error:.0f} % of the error "
        f"at edges, which are {100 * error.edge_area:.0f} % of the pixels"
    )


def _least_shown(diagnosis: Diagnosis) -> float:
    return 0.5 * 10.0**-diagnosis.figure.digits


def _signed(diagnosis: Diagnosis, value: float) -> str:
    return f"{value:+.{diagnosis.figure.digits}f}"
