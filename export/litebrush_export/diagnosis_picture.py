"""A diagnosis to look at: each layer's share as bars, and where in a picture the error is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from litebrush.atomic import atomic_file
from litebrush_export.diagnosis import Diagnosis
from litebrush_export.diagnosis_table import short_name
from litebrush_export.figures import Pictures

_MOST_LAYERS = 24
_SHOWN_SHARE = 0.999


def write_pictures(diagnosis: Diagnosis, reference: Pictures, results: Pictures, out: Path) -> tuple[Path, ...]:
    """Write ``diagnosis.png`` and ``error_map.png``, each whole or not at all.

    Args:
        diagnosis: of the 8-bit network.
        reference, results: what float32 and int8 make of the held-out samples, (count, H, W, C) uint8.
        out: folder, made if needed.
    """
    out.mkdir(parents=True, exist_ok=True)
    bars, errors = out / "diagnosis.png", out / "error_map.png"
    with atomic_file(bars) as temporary:
        _draw_bars(diagnosis, temporary)
    with atomic_file(errors) as temporary:
        _draw_error_map(reference, results, temporary)
    return bars, errors


def _draw_bars(diagnosis: Diagnosis, path: Path) -> None:
    from matplotlib.figure import Figure

    layers = sorted(diagnosis.costliest[:_MOST_LAYERS], key=lambda layer: layer.place)
    places = np.arange(len(layers))
    figure = Figure(figsize=(8, 1.4 + 0.3 * len(layers)), layout="constrained")
    axes = figure.subplots()
    activations = [layer.activations for layer in layers]
    axes.barh(places, activations, color="#2a6f97", label="its result, not rounded to 8 bits")
    axes.barh(
        places,
        [layer.weights or 0 for layer in layers],
        left=[max(each, 0) for each in activations],
        color="#e09f3e",
        label="its weights, as they were trained",
    )
    axes.set_yticks(places, [f"{short_name(layer)}  {layer.operator}" for layer in layers], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    unit = f" ({diagnosis.figure.unit})" if diagnosis.figure.unit else ""
    axes.set_xlabel(f"{diagnosis.figure.name} regained{unit}")
    written = diagnosis.figure.written
    float32 = "" if diagnosis.float32 == float("inf") else f"float32 {written(diagnosis.float32)}, "
    axes.set_title(f"What each layer costs in int8: {float32}int8 {written(diagnosis.integer)}", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    figure.savefig(path, format="png", dpi=120)


def _draw_error_map(reference: Pictures, results: Pictures, path: Path) -> None:
    """The sample with the largest error: float32, int8, and how far they are apart, from left to right."""
    from matplotlib.figure import Figure

    worst = int(np.argmax([np.mean(np.square(one.astype(int) - other)) for one, other in zip(results, reference)]))
    apart = np.abs(results[worst].astype(int) - reference[worst]).mean(axis=2)
    height, width = apart.shape
    figure = Figure(figsize=(12, 12 / 3.4 * height / width + 0.3), layout="constrained")
    panels = figure.subplots(1, 3)
    for axes, picture, title in zip(panels, (reference[worst], results[worst]), ("float32", "int8")):
        axes.imshow(np.broadcast_to(picture, (height, width, 3)), interpolation="nearest")
        axes.set_title(title, fontsize=10)
    brightest = max(1.0, float(np.quantile(apart, _SHOWN_SHARE)))
    shown = panels[2].imshow(apart, cmap="inferno", vmin=0, vmax=brightest, interpolation="nearest")
    panels[2].set_title("how far apart, mean of the channels", fontsize=10)
    figure.colorbar(shown, ax=panels[2], shrink=0.8, label="8-bit levels")
    for axes in panels:
        axes.set_axis_off()
    figure.savefig(path, format="png", dpi=120)
