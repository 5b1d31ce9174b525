"""The plots of the page, as SVG."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from studies.fidelity import ModelFidelity, PrecisionRow
from studies.limit import Limit
from studies.peers import CLASSICAL, OURS, SAME_NETWORK, PeerStudy
from studies.scaling import Line, Scaling

_INK, _SOFT = "#22303c", "#8a97a3"
_COLOURS = {"float32": "#1f5f8b", "float16": "#4aa3a2", "dynamic": "#c98a1b", "int8": "#c2452d"}
_OTHER_COLOUR = "#7d5ba6"
_KINDS = {OURS: ("#c2452d", "o"), SAME_NETWORK: ("#1f5f8b", "s"), CLASSICAL: ("#5c6b77", "^")}
_STYLE = {
    "svg.fonttype": "path",
    "font.size": 10,
    "axes.edgecolor": _SOFT,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.grid": True,
    "grid.color": "#e4e8eb",
    "axes.axisbelow": True,
}


class _Plot:
    """A figure that becomes text."""

    def __init__(self) -> None:
        self.svg = ""


@contextmanager
def _plot(width: float = 6.4, height: float = 4.0) -> Iterator[tuple[_Plot, Axes]]:
    plot = _Plot()
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
        yield plot, axes
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
        plt.close(figure)
    plot.svg = text.getvalue().partition("<svg")[1] + text.getvalue().partition("<svg")[2]


def pareto(fidelity: ModelFidelity) -> str:
    """Quality against time; the size of a mark is that of the file, a line joins what nothing else beats."""
    with _plot(6.4, 3.6) as (plot, axes):
        rows = [(row, 1 / row.speed_up, _quality(row)) for row in fidelity.rows]
        known = [(row, time, quality) for row, time, quality in rows if quality is not None]
        best = _unbeaten([(time, quality) for _, time, quality in known])
        axes.plot(*zip(*best), color=_SOFT, linewidth=1, zorder=1)
        best_first = sorted(known, key=lambda point: -point[2])  # so that labels of neighbours go apart
        for index, (row, time, quality) in enumerate(best_first):
            colour = _COLOURS.get(row.precision, _OTHER_COLOUR)
            axes.scatter(time, quality, s=row.bytes / 1500, color=colour, alpha=0.85, zorder=2)
            beside = (14, 10 if index % 2 == 0 else -16)
            axes.annotate(
                f"{row.precision}, {row.bytes / 1000:.0f} KB", (time, quality), beside, textcoords="offset points"
            )
        against = (
            "against the truth" if fidelity.degraded_psnr_db is not None else f"against {fidelity.rows[0].precision}"
        )
        axes.set_ylabel(f"PSNR {against} (dB)")
        axes.set_xlabel(f"time of a picture, as a share of {fidelity.rows[0].precision}'s")
        axes.set_xlim(0, 1.35 * max(time for _, time, _ in known))
        axes.margins(y=0.35)
    return plot.svg


def quality_against_time(study: PeerStudy) -> str:
    """Each peer a mark; time on a logarithmic scale."""
    with _plot(8.6, 5.2) as (plot, axes):
        for kind, (colour, mark) in _KINDS.items():
            points = [point for point in study.points if point.kind == kind]
            if points:
                times, qualities = [p.processor_ms for p in points], [p.psnr_db for p in points]
                axes.scatter(times, qualities, s=48, color=colour, marker=mark, label=kind, zorder=3)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(_duration))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.margins(x=0.16, y=0.1)
        _label(axes, [(p.processor_ms, p.psnr_db, p.name) for p in study.points])
        axes.set_xlabel("processor time of a picture (logarithmic; left is faster)")
        axes.set_ylabel("PSNR (dB; up is better)")
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return plot.svg


def time_against_size(studies: Sequence[Scaling]) -> str:
    """Time of a picture against its megapixels, both logarithmic, with the fitted lines."""
    with _plot() as (plot, axes):
        for index, study in enumerate(studies):
            colour = f"C{index}"
            sizes = [each.megapixels for each in study.sizes]
            axes.plot(sizes, [each.processor_s for each in study.sizes], "o", color=colour, label=_name(study))
            axes.plot(sizes, [_at(study.time_line, size) for size in sizes], color=colour, linewidth=1)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(_plain))
        axes.yaxis.set_major_formatter(FuncFormatter(_plain))
        axes.set_xlabel("size of the picture (megapixels)")
        axes.set_ylabel("processor time (s)")
        axes.legend(frameon=False)
    return plot.svg


def time_for_a_megapixel(studies: Sequence[Scaling]) -> str:
    """What a megapixel costs by size; flat means linear. Dashed: what the overlap of the tiles explains."""
    with _plot() as (plot, axes):
        for index, study in enumerate(studies):
            sizes = [each.megapixels for each in study.sizes]
            costs = [each.processor_s / each.megapixels for each in study.sizes]
            least = min(cost / each.read_share for cost, each in zip(costs, study.sizes))
            axes.plot(sizes, costs, "o-", color=f"C{index}", linewidth=1, label=_name(study))
            axes.plot(sizes, [least * each.read_share for each in study.sizes], "--", color=f"C{index}", linewidth=1)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(_plain))
        axes.set_ylim(bottom=0)
        axes.set_xlabel("size of the picture (megapixels)")
        axes.set_ylabel("processor time for a megapixel (s)")
        axes.legend(frameon=False)
    return plot.svg


def memory_against_size(studies: Sequence[Scaling]) -> str:
    """Peak memory against megapixels, with the fitted lines."""
    with _plot() as (plot, axes):
        for index, study in enumerate(studies):
            if study.memory_line is not None:
                sizes = [each.megapixels for each in study.sizes]
                axes.plot(sizes, [each.peak_mb for each in study.sizes], "o", color=f"C{index}", label=_name(study))
                axes.plot(sizes, [_at(study.memory_line, size) for size in sizes], color=f"C{index}", linewidth=1)
        axes.set_xlabel("size of the picture (megapixels)")
        axes.set_ylabel("peak memory (MB)")
        axes.legend(frameon=False)
    return plot.svg


def small_pictures(studies: Sequence[Scaling]) -> str:
    """Time of one small picture by how many there are."""
    with _plot() as (plot, axes):
        for index, study in enumerate(studies):
            counts = [each.count for each in study.counts]
            each_ms = [each.processor_ms / each.count for each in study.counts]
            axes.plot(counts, each_ms, "o-", color=f"C{index}", linewidth=1, label=_name(study))
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(FuncFormatter(_plain))
        axes.set_ylim(bottom=0)
        axes.set_xlabel(f"pictures of {studies[0].small_side}x{studies[0].small_side} pixels")
        axes.set_ylabel("processor time of one (ms)")
        axes.legend(frameon=False)
    return plot.svg


def shares_of_peak(limit: Limit) -> str:
    """A bar for each network, as long as its share of what a large matrix product reaches."""
    rows = sorted(limit.shares, key=lambda share: (share.precision, -share.share))
    with _plot(7.2, 1.0 + 0.38 * len(rows)) as (plot, axes):
        names = [f"{each.model} {each.precision}" + _network(each.signature) for each in rows]
        bars = axes.barh(
            names[::-1],
            [100 * each.share for each in rows[::-1]],
            color=[_COLOURS.get(each.precision, _OTHER_COLOUR) for each in rows[::-1]],
        )
        axes.bar_label(bars, [f" {each.share:.0%}, {each.gmacs_per_s:.0f} GMAC/s" for each in rows[::-1]])
        axes.axvline(100, color=_SOFT, linestyle=":")
        axes.set_xlim(0, max(125.0, 130 * max(each.share for each in rows)))
        axes.set_xlabel("share of a large matrix product's speed (%)")
        axes.grid(axis="y", visible=False)
    return plot.svg


def _quality(row: PrecisionRow) -> float | None:
    return row.psnr_db if row.psnr_db is not None else row.same_psnr_db


def _unbeaten(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Those that no other point is faster and better than, the fastest first."""
    found: list[tuple[float, float]] = []
    for time, quality in sorted(points, key=lambda point: (point[0], -point[1])):
        if not found or quality > found[-1][1]:
            found.append((time, quality))
    return found


def _label(axes: Axes, points: Sequence[tuple[float, float, str]]) -> None:
    """Names beside their marks, moved apart where they would lie on each other."""
    axes.figure.canvas.draw()
    to_pixels = axes.transData.transform
    left, right = axes.get_window_extent().x0, axes.get_window_extent().x1
    height, radius = 13.0, 6.0
    marks = [to_pixels((time, quality)) for time, quality, _ in points]
    placed = [(x - radius, x + radius, y) for x, y in marks]
    for time, quality, name in sorted(points, key=lambda point: -point[1]):
        x, y = to_pixels((time, quality))
        width = 6.3 * len(name)
        on_the_left = x + width > right + 20 and x - width > left - 20
        start = x - width - 8 if on_the_left else x + 8
        label_y = y
        while any(
            abs(label_y - other_y) < height and start < other_end and start + width > other_start
            for other_start, other_end, other_y in placed
        ):
            label_y -= 3
        placed.append((start, start + width, label_y))
        offset = ((-8 if on_the_left else 8) * 0.72, (label_y - y) * 0.72 - 3)
        line = {"arrowstyle": "-", "color": _SOFT, "linewidth": 0.6} if abs(label_y - y) > height / 2 else None
        axes.annotate(
            name,
            (time, quality),
            offset,
            textcoords="offset points",
            ha="right" if on_the_left else "left",
            fontsize=9,
            arrowprops=line,
        )


def _name(study: Scaling) -> str:
    return f"{study.model} {study.precision}"


def _network(signature: str) -> str:
    return f" ({signature})" if signature in ("encode", "decode") else ""


def _at(line: Line, size: float) -> float:
    return line.fixed + line.slope * size


def _duration(milliseconds: float, _position: int) -> str:
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"


def _plain(value: float, _position: int) -> str:
    return f"{value:g}"
