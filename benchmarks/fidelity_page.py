"""How generator_fidelity.py tells what it measured: a table, a page and a sheet of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from fidelity_measurement import GeneratorFidelity
from numpy.typing import NDArray
from page_templates import page_template
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table
from seed_figures import with_deviation

from litebrush_export.picture_error import ERROR_GAIN, error_map, written_shift
from litebrush_train.contact_sheet import grid

Pictures = NDArray[np.uint8]

_PAPER, _INK = (255, 255, 255), (30, 30, 30)
_MARGIN, _HEADING, _PIXEL_GAP, _TEXT_SIZE = 14, 26, 2, 15
_SMALLEST_SIDE = 64
_BLOCKS_BESIDE = 2


@dataclass(frozen=True)
class SameSeeds:
    """Pictures of one class, or of none, from the same latents.

    Attributes:
        title: the class.
        float32, other: (count, side, side, 3) uint8 RGB.
    """

    title: str
    float32: Pictures
    other: Pictures


def show(fidelity: GeneratorFidelity) -> None:
    """Print the table."""
    fid = f"{fidelity.features}-FID"
    headings = ("", "PSNR", "worst", "SSIM", "shift RGB", fid, "change", "class accuracy", "KB", "time")
    table = Table(*headings, title=f"{fidelity.name} against its float32")
    for each in fidelity.precisions:
        same, figures = each.same_seed, each.figures
        table.add_row(
            each.precision.value,
            _decibels(same.psnr_db),
            _decibels(same.worst_psnr_db),
            _ssim(same.ssim),
            _shifts(same.channel_shifts),
            with_deviation(figures.fid, figures.fid_deviation),
            _percent(each.fid_change, each.fid_change_deviation),
            _accuracy(figures.class_accuracy),
            _kilobytes(each.bytes),
            f"{each.time_ratio:.2f}",
        )
    table.add_row("real", "", "", "", "", with_deviation(fidelity.floor.fid, fidelity.floor.fid_deviation))
    Console(width=140).print(table)


def page(fidelity: GeneratorFidelity, sheet: str) -> str:
    """The page in Markdown, with the link to the sheet."""
    template = page_template("generator_fidelity.md.jinja")
    return template.render(
        fidelity=fidelity,
        rows={each.precision.value: each for each in fidelity.precisions},
        sheet=sheet,
        gain=ERROR_GAIN,
        decibels=_decibels,
        ssim=_ssim,
        shifts=_shifts,
        percent=_percent,
        accuracy=_accuracy,
        kilobytes=_kilobytes,
    )


def sheet(blocks: Sequence[SameSeeds], other: str) -> Image.Image:
    """Two blocks beside each other; in each a row of float32, one of the other precision, and what differs."""
    names = ("float32", other, f"difference x{ERROR_GAIN}")
    font = ImageFont.load_default(_TEXT_SIZE)
    squares = [Image.fromarray(_block(block)) for block in blocks]
    width, height = squares[0].size
    left = 2 * _MARGIN + round(max(font.getlength(name) for name in names))
    lines = -(-len(blocks) // _BLOCKS_BESIDE)
    size = (left + _BLOCKS_BESIDE * (width + _MARGIN), lines * (_HEADING + height + _MARGIN))
    canvas = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(canvas)
    for index, (block, square) in enumerate(zip(blocks, squares)):
        line, column = divmod(index, _BLOCKS_BESIDE)
        x, y = left + column * (width + _MARGIN), line * (_HEADING + height + _MARGIN) + _HEADING
        draw.text((x + width // 2, y - _HEADING // 2), block.title, fill=_INK, font=font, anchor="mm")
        canvas.paste(square, (x, y))
        if column == 0:
            for row, name in enumerate(names):
                middle = y + round((row + 0.5) * height / len(names))
                draw.text((left - _MARGIN, middle), name, fill=_INK, font=font, anchor="rm")
    return canvas


def _block(block: SameSeeds) -> Pictures:
    maps = [np.repeat(error_map(*pair)[..., None], 3, axis=2) for pair in zip(block.other, block.float32)]
    factor = max(1, -(-_SMALLEST_SIDE // block.float32.shape[1]))
    enlarged = [picture.repeat(factor, 0).repeat(factor, 1) for picture in (*block.float32, *block.other, *maps)]
    return grid(enlarged, len(block.float32), _PIXEL_GAP)


def _decibels(value: float) -> str:
    return "equal" if np.isinf(value) else f"{value:.1f} dB"


def _ssim(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _shifts(levels: Sequence[float]) -> str:
    return " ".join(map(written_shift, levels))


def _percent(share: float, deviation: float | None) -> str:
    change = f"{round(100 * share, 2) + 0.0:+.2f}"
    return f"{change} %" if deviation is None else f"{change} ± {100 * deviation:.2f} %"


def _accuracy(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}".replace("%", " %")


def _kilobytes(count: int) -> str:
    return f"{count / 1000:,.0f}"
