"""Pictures side by side, each with a line of words below it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

_SMALLEST_SIDE = 128
_GAP = 8
_CAPTION_HEIGHT = 20
_FONT_SIZE = 12
_PAPER, _INK = "white", "black"


def contact_sheet(images: Sequence[Image.Image], captions: Sequence[str], columns: int | None = None) -> Image.Image:
    """A sheet of rows, RGB.

    Pictures smaller than 128 pixels are enlarged by a whole number, pixel by pixel.

    Args:
        images: at least one, all of one size.
        captions: one for each; what does not fit is cut off.
        columns: pictures in a row; None makes as many rows as columns.
    """
    width, height = images[0].size
    scale = max(1, math.ceil(_SMALLEST_SIDE / max(width, height)))
    columns = columns or math.ceil(math.sqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    step_x, step_y = width * scale + _GAP, height * scale + _CAPTION_HEIGHT + _GAP
    sheet = Image.new("RGB", (columns * step_x + _GAP, rows * step_y + _GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT_SIZE)
    for place, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left, top = _GAP + place % columns * step_x, _GAP + place // columns * step_y
        sheet.paste(image.resize((width * scale, height * scale), Image.Resampling.NEAREST), (left, top))
        while caption and font.getlength(caption) > width * scale:
            caption = caption[:-1]
        draw.text((left, top + height * scale + 3), caption, _INK, font)
    return sheet
