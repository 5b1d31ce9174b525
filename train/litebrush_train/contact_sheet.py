"""Many small pictures on one: grids of samples, and sheets with a label before each row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from litebrush_train.pictures import Picture

_PAPER = 255
_INK = 30
_GAP = 4
_MARGIN = 12
_TEXT_SIZE = 15


def grid(pictures: Sequence[Picture], columns: int, gap: int = _GAP) -> Picture:
    """Pictures side by side, row by row, on white.

    Args:
        pictures: at least one, (h, w, 3) uint8 RGB, all of one shape.
        columns: how many to a row; the last row may be shorter.
        gap: pixels between neighbours.

    Returns:
        (rows * (h + gap) - gap, columns * (w + gap) - gap, 3) uint8 RGB.

    Raises:
        ValueError: no pictures, or of different shapes.
    """
    if len({picture.shape for picture in pictures}) != 1:
        raise ValueError("a grid needs at least one picture, and all of one shape")
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), _PAPER, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def contact_sheet(rows: Sequence[tuple[str, Sequence[Picture]]], thumbnail_side: int = 160) -> Image.Image:
    """Rows of thumbnails, each after its label.

    Args:
        rows: label and pictures, (H, W, 3) uint8 RGB of any size; rows may differ in length.
        thumbnail_side: pixels. Larger pictures are reduced to it, smaller ones enlarged by a whole factor,
            so that the pixels of a 28x28 sample stay visible as such.

    Returns:
        An RGB image.
    """
    columns = max(len(pictures) for _, pictures in rows)
    blank = np.full((thumbnail_side, thumbnail_side, 3), _PAPER, np.uint8)
    tiles: list[Picture] = []
    for _, pictures in rows:
        tiles += [_thumbnail(picture, thumbnail_side) for picture in pictures]
        tiles += [blank] * (columns - len(pictures))
    thumbnails = Image.fromarray(grid(tiles, columns))
    font = ImageFont.load_default(_TEXT_SIZE)
    label_width = max(round(font.getlength(label)) for label, _ in rows)
    size = (3 * _MARGIN + label_width + thumbnails.width, 2 * _MARGIN + thumbnails.height)
    sheet = Image.new("RGB", size, (_PAPER,) * 3)
    sheet.paste(thumbnails, (2 * _MARGIN + label_width, _MARGIN))
    draw = ImageDraw.Draw(sheet)
    for index, (label, _) in enumerate(rows):
        middle = _MARGIN + index * (thumbnail_side + _GAP) + thumbnail_side // 2
        draw.text((_MARGIN + label_width, middle), label, fill=(_INK,) * 3, font=font, anchor="rm")
    return sheet


def _thumbnail(picture: Picture, side: int) -> Picture:
    """The picture in the middle of a white square."""
    image = Image.fromarray(picture)
    longest = max(image.size)
    if longest > side:
        image = image.resize([max(1, round(edge * side / longest)) for edge in image.size], Image.Resampling.LANCZOS)
    else:
        image = image.resize([edge * (side // longest) for edge in image.size], Image.Resampling.NEAREST)
    square = Image.new("RGB", (side, side), (_PAPER,) * 3)
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return np.asarray(square)
