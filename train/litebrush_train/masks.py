"""Places where a picture is missing or covered: (H, W) uint8 masks, 255 = missing or opaque, 0 = untouched.

Holes, strokes and text are all or nothing, to train inpainting on. Scratches, dust and stains have soft edges
and values between, as film damage does. Every draw comes from the random source that is passed in.
"""

from __future__ import annotations

import functools
import math
import string

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Mask = NDArray[np.uint8]
Points = NDArray[np.float64]  # (count, 2), x before y, as Pillow draws

_SUPERSAMPLING = 4
_LETTERS = np.array(list(string.ascii_letters + string.digits))


def random_holes(
    height: int, width: int, random: np.random.Generator, smallest_side: int, largest_side: int, count: int
) -> Mask:
    """Rectangles and ellipses with sides of ``smallest_side`` to ``largest_side`` pixels, centred in the picture."""
    image, draw = _canvas(height, width)
    for _ in range(count):
        sides = random.integers(smallest_side, largest_side, size=2, endpoint=True)
        left, top = (int(random.integers(room) - side // 2) for room, side in zip((width, height), sides))
        box = (left, top, left + int(sides[0]) - 1, top + int(sides[1]) - 1)
        (draw.rectangle if random.integers(2) else draw.ellipse)(box, fill=255)
    return np.array(image)


def random_strokes(
    height: int, width: int, random: np.random.Generator, thinnest: float, thickest: float, count: int
) -> Mask:
    """Strokes of a round brush, ``thinnest`` to ``thickest`` pixels wide, at most as long as the shorter side."""
    image, draw = _canvas(height, width)
    for _ in range(count):
        thickness = random.uniform(thinnest, thickest)
        length = random.uniform(0.3, 1) * min(height, width)
        steps = max(2, round(4 * length / thickness))
        points = _walk(random, (width, height), steps, length / steps, bend=0.6 / math.sqrt(4 * thickness))
        pressure = np.interp(np.linspace(0, 4, len(points)), np.arange(5), random.uniform(0.5, 1, 5))
        for (x, y), radius in zip(points, thickness / 2 * pressure):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.array(image)


def random_text(
    height: int, width: int, random: np.random.Generator, smallest_size: int, largest_size: int, count: int
) -> Mask:
    """Words, ``smallest_size`` to ``largest_size`` pixels high; one that fits lies inside the picture as a whole."""
    image, draw = _canvas(height, width)
    draw.fontmode = "1"  # no soft edges: a pixel is missing or not
    for _ in range(count):
        font = _font(int(random.integers(smallest_size, largest_size, endpoint=True)))
        words = ("".join(random.choice(_LETTERS, random.integers(2, 9))) for _ in range(random.integers(1, 4)))
        text = " ".join(words)
        left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
        x, y = (_place(room, taken, random) for room, taken in ((width, right - left), (height, bottom - top)))
        draw.text((x - left, y - top), text, fill=255, font=font)
    return np.array(image)


def random_scratches(
    height: int,
    width: int,
    random: np.random.Generator,
    count: int,
    thinnest: float = 1.0,
    thickest: float = 4.0,
) -> Mask:
    """Scratches that the transport of a film leaves: near-vertical, long, a little wavy, some broken off or worn."""
    mask = np.zeros((height, width), np.uint8)
    rows = np.arange(height)
    for _ in range(count):
        thickness = thinnest + (thickest - thinnest) * random.beta(1, 3)  # most are thin
        centre = random.uniform(0, width) + random.normal(0, 0.03) * (rows - height / 2)
        for period in (height * random.uniform(0.5, 2), random.uniform(15, 40)):
            centre = centre + random.uniform(0, 0.012) * period * np.sin(
                rows / period * math.tau + random.uniform(0, 6)
            )
        depth = _scratch_depth(height, random)
        reach = math.ceil(thickness / 2) + 1
        columns = np.floor(centre).astype(int)[:, None] + np.arange(-reach, reach + 1)  # (H, band)
        distance = np.abs(columns + 0.5 - centre[:, None])
        half_width = thickness / 2 * (0.6 + 0.4 * depth[:, None])
        opacity = np.clip(half_width + 0.5 - distance, 0, 1) * depth[:, None]
        inside = (columns >= 0) & (columns < width)
        where = np.broadcast_to(rows[:, None], columns.shape)[inside], columns[inside]
        mask[where] = np.maximum(mask[where], np.rint(255 * opacity[inside]).astype(np.uint8))
    return mask


def _scratch_depth(height: int, random: np.random.Generator) -> NDArray[np.float64]:
    """How deep a scratch is in each row, 0 to 1."""
    rows = np.arange(height)
    spacing = random.uniform(6, 30)
    knots = np.arange(0, height + spacing, spacing)
    wear = random.uniform(0.2, 1.2)  # from faint and interrupted to deep
    depth = np.interp(rows, knots, random.normal(0.3 + 0.6 * wear, 0.35, len(knots)))
    depth += random.normal(0, 0.12, height)
    if random.random() < 0.5:  # it begins or ends within the picture, tapering off
        end, direction = random.uniform(0.2, 0.8) * height, random.choice((-1, 1))
        depth = np.minimum(depth, direction * (rows - end) / spacing)
    return np.clip(depth, 0, 1)


def random_dust(height: int, width: int, random: np.random.Generator, specks: int, hairs: int) -> Mask:
    """Specks of a few pixels, irregular, and curled hairs of 15 to 80 pixels."""
    mask = np.zeros((height, width), np.uint8)
    for _ in range(specks):
        radius = min(0.5 + random.exponential(0.8), 5)
        angles = np.linspace(0, math.tau, 9, endpoint=False)
        reach = radius * random.uniform(0.5, 1.3, (9, 1))
        outline = reach * np.stack([np.cos(angles), random.uniform(0.5, 1) * np.sin(angles)], axis=1)
        _draw_softly(mask, _turned(outline, random) + random.uniform((0, 0), (width, height)), 0, _opacity(random))
    for _ in range(hairs):
        length = random.uniform(15, 80)
        steps = round(length / 2)
        curl = random.normal(0, 2.5) / steps
        points = _walk(random, (width, height), steps, 2, bend=0.12, curl=curl)
        _draw_softly(mask, points, random.uniform(0.7, 1.8), _opacity(random))
    return mask


def random_stains(
    height: int, width: int, random: np.random.Generator, smallest_radius: float, largest_radius: float, count: int
) -> Mask:
    """Irregular blots, translucent within, with the darker rim that a drying drop leaves."""
    mask = np.zeros((height, width), np.uint8)
    for _ in range(count):
        radius = random.uniform(smallest_radius, largest_radius)
        side = 2 * math.ceil(1.3 * radius)
        offsets = (np.arange(side) + 0.5 - side / 2) / radius
        stretch = random.uniform(0.7, 1.4)
        distance = np.hypot(offsets[:, None] * stretch, offsets[None, :] / stretch)
        level = 0.75 - distance + 0.45 * _clouds(side, radius, random)  # above 0 within the stain
        beyond = np.maximum(np.hypot(offsets[:, None], offsets[None, :]) - 0.8, 0)
        level -= 5 * np.square(beyond)  # or a blot would reach its own square and be cut off straight
        edge = random.uniform(0.02, 0.15)
        within = np.clip(level / edge, 0, 1)
        rim = np.exp(-np.square((level - edge) / (1.5 * edge))) * within
        mottled = np.clip(0.75 + 0.25 * _clouds(side, radius / 3, random), 0, 1)
        opacity = random.uniform(0.2, 0.7) * (within * mottled + random.uniform(0, 0.4) * rim)
        left, top = (int(random.integers(room)) - side // 2 for room in (width, height))
        _stamp(mask, np.rint(255 * np.clip(opacity, 0, 1)).astype(np.uint8), left, top)
    return mask


def _canvas(height: int, width: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (width, height))
    return image, ImageDraw.Draw(image)


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _place(room: int, taken: float, random: np.random.Generator) -> int:
    """Where something begins so that it lies inside, or covers the room if it is larger."""
    spare = round(room - taken)
    return int(random.integers(min(0, spare), max(0, spare), endpoint=True))


def _opacity(random: np.random.Generator) -> float:
    return float(random.uniform(0.5, 1))


def _walk(
    random: np.random.Generator, room: tuple[int, int], steps: int, step: float, bend: float, curl: float = 0.0
) -> Points:
    """A smooth random walk that begins somewhere within ``room``; angles in radians a step."""
    turns = curl + bend * random.standard_normal(steps)
    angles = random.uniform(0, math.tau) + np.cumsum(turns)
    moves = step * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return random.uniform((0, 0), room) + np.vstack([np.zeros((1, 2)), np.cumsum(moves, axis=0)])


def _turned(points: Points, random: np.random.Generator) -> Points:
    angle = random.uniform(0, math.tau)
    turned: Points = points @ np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return turned


def _draw_softly(mask: Mask, points: Points, thickness: float, opacity: float) -> None:
    """Draw a line, or a filled outline if ``thickness`` is 0, with soft edges."""
    low = np.floor(points.min(axis=0) - thickness - 1).astype(int)
    high = np.ceil(points.max(axis=0) + thickness + 1).astype(int)
    width, height = (int(side) for side in (high - low) * _SUPERSAMPLING)
    image, draw = _canvas(height, width)
    corners = [(float(x), float(y)) for x, y in (points - low) * _SUPERSAMPLING]
    fill = round(255 * opacity)
    if thickness:
        draw.line(corners, fill=fill, width=round(thickness * _SUPERSAMPLING), joint="curve")
    else:
        draw.polygon(corners, fill=fill)
    _stamp(mask, np.asarray(image.reduce(_SUPERSAMPLING)), int(low[0]), int(low[1]))


def _stamp(mask: Mask, stamp: Mask, left: int, top: int) -> None:
    """Lay a small mask over a large one; the more opaque wins, what lies outside is cut off."""
    height, width = mask.shape
    bottom, right = min(height, top + stamp.shape[0]), min(width, left + stamp.shape[1])
    first_row, first_column = max(0, top), max(0, left)
    if first_row < bottom and first_column < right:
        target = mask[first_row:bottom, first_column:right]
        np.maximum(target, stamp[first_row - top : bottom - top, first_column - left : right - left], out=target)


def _clouds(side: int, coarsest: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Smooth noise, (side, side), about -1 to 1: four octaves, the coarsest with cells of that many pixels."""
    clouds = np.zeros((side, side), np.float32)
    for octave in range(4):
        cells = max(2, round(side / coarsest * 2**octave)) + 1
        noise = random.standard_normal((cells, cells), dtype=np.float32)
        clouds += 0.5**octave * np.asarray(Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC))
    clouds /= 2
    return clouds
