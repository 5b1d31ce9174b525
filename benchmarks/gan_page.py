"""How gan_comparison.py tells what it measured: a table, a page and a sheet of pictures."""

from __future__ import annotations

from pathlib import Path

import click
from gan_measurement import Comparison, Samples
from page_templates import page_template
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table
from seed_figures import Figures, with_deviation

from litebrush_train.contact_sheet import grid

_PAPER, _INK = (255, 255, 255), (30, 30, 30)
_MARGIN, _HEADING, _GAP, _TEXT_SIZE = 12, 30, 2, 15


def _rows(comparison: Comparison) -> dict[str, Figures]:
    of_data = f"{comparison.sample_of_data.count} real of {comparison.data}"
    return {
        **{name: trained.figures for name, trained in comparison.architectures.items()},
        of_data: comparison.sample_of_data,
        f"all {comparison.all_data.count} real of {comparison.data}": comparison.all_data,
    }


def show(comparison: Comparison) -> None:
    """Print the table."""
    title = f"FID and KID in the features of {comparison.features}"
    table = Table("", "FID", "KID x 1000", "class accuracy", "diversity", "steps", "minutes", title=title)
    for row, figures in _rows(comparison).items():
        trained = comparison.architectures.get(row)
        table.add_row(
            row,
            with_deviation(figures.fid, figures.fid_deviation),
            with_deviation(figures.kid, figures.kid_deviation, 1000),
            "" if figures.class_accuracy is None else f"{figures.class_accuracy:.1%}",
            f"{figures.diversity:.2f}",
            f"{trained.steps}" if trained else "",
            f"{trained.minutes:.0f}" if trained else "",
        )
    Console().print(table)
    click.echo(
        f"FID, hinge to dcgan: {comparison.fid_ratio:.2f}; the probe tells the class of "
        f"{comparison.reference_accuracy:.1%} of {comparison.reference}"
    )


def page(comparison: Comparison, sheet: str) -> str:
    """The page in Markdown, with the link to the sheet."""
    template = page_template("gan_comparison.md.jinja")
    return template.render(comparison=comparison, rows=_rows(comparison), sheet=Path(sheet).as_posix())


def sheet(samples: Samples) -> Image.Image:
    """Blocks beside each other under their names, a row a class."""
    font = ImageFont.load_default(_TEXT_SIZE)
    blocks = {
        name: Image.fromarray(grid(list(pictures), samples.of_each, _GAP)) for name, pictures in samples.blocks.items()
    }
    left = 2 * _MARGIN + round(max(font.getlength(name) for name in samples.classes))
    height = next(iter(blocks.values())).height
    width = left + sum(block.width + _MARGIN for block in blocks.values())
    canvas = Image.new("RGB", (width, _HEADING + height + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(canvas)
    for index, name in enumerate(samples.classes):
        middle = _HEADING + round((index + 0.5) * height / len(samples.classes))
        draw.text((left - _MARGIN, middle), name, fill=_INK, font=font, anchor="rm")
    for name, block in blocks.items():
        draw.text((left + block.width // 2, _HEADING // 2), name, fill=_INK, font=font, anchor="mm")
        canvas.paste(block, (left, _HEADING))
        left += block.width + _MARGIN
    return canvas
