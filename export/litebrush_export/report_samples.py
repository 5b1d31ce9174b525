"""Pictures of the report: which samples are shown, cut to size, each beside the others."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from litebrush_export.figures import Figure, Pictures
from litebrush_export.picture_error import ERROR_GAIN, error_map

MOST_SAMPLES = 4
_SIDE_PX = 192
_MISSING_RGB, _MISSING_OPACITY = (255, 0, 160), 0.7


@dataclass(frozen=True)
class Shown:
    """One picture in the page.

    Attributes:
        url: a data URL of the PNG.
        alt: what there is to see, in words.
        width, height: as it is shown, a whole multiple of its pixels.
    """

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True)
class Column:
    """A picture of a sample, and beneath it where it differs from float32.

    Attributes:
        title: whose picture it is, such as ``truth`` or ``int8``.
        notes: figures of this picture, in words.
        picture: the picture or mask.
        error: its difference to float32, amplified; None where there is none to speak of.
        compared: whether float32 can be laid over it.
    """

    title: str
    notes: tuple[str, ...]
    picture: Shown
    error: Shown | None = None
    compared: bool = False


@dataclass(frozen=True)
class Sample:
    """A row of pictures.

    Attributes:
        title: which sample it is.
        note: why it is here; empty where there is nothing to say.
        columns: input, truth, float32 and each file, as far as there are such.
        float32: url of the picture that is laid over others.
    """

    title: str
    note: str
    columns: tuple[Column, ...]
    float32: str


@dataclass(frozen=True)
class Source:
    """Where a column comes from.

    Attributes:
        title: of the column.
        pictures: of all samples, (count, H, W, C) uint8.
        to_truth: whether its nearness to the truth is told.
        to_float32: whether its difference to float32 is shown.
    """

    title: str
    pictures: Pictures
    to_truth: bool = False
    to_float32: bool = False


def make_samples(
    sources: Sequence[Source],
    reference: Pictures,
    truth: Pictures | None,
    figure: Figure,
    frames: int = 1,
    names: Sequence[str] = (),
) -> tuple[Sample, ...]:
    """Choose at most four samples and lay them out.

    Of single pictures those between the largest and the smallest error, evenly; of sequences the last frames of the one
    with the largest error.

    Args:
        sources: the columns, from left to right.
        reference: of the float32 network, (count, H, W, C) uint8.
        truth: likewise, or None.
        figure: how nearness to the truth is told.
        frames: how many pictures after one another are one sequence.
        names: what each sample is, in a word; empty where there is nothing to say.
    """
    compared = [source.pictures for source in sources if source.to_float32]
    errors = np.max([_mean_errors(pictures, reference) for pictures in compared], axis=0) if compared else None
    chosen = _chosen(np.zeros(len(reference)) if errors is None else errors, frames)
    notes = [""] * len(chosen)
    if errors is not None and len(chosen) > 1 and frames == 1 and errors[chosen[0]] > errors[chosen[-1]]:
        notes[0], notes[-1] = "where the files differ most from float32", "where they differ least"
    return tuple(
        _sample(index, note, sources, reference, truth, figure, _title(index, len(reference), frames, names))
        for index, note in zip(chosen, notes)
    )


def _mean_errors(pictures: Pictures, reference: Pictures) -> NDArray[np.float64]:
    return np.array([np.abs(one.astype(np.int16) - other).mean() for one, other in zip(pictures, reference)])


def _chosen(errors: NDArray[np.float64], frames: int) -> list[int]:
    if frames > 1:
        worst = int(errors.reshape(-1, frames).mean(axis=1).argmax())
        return [worst * frames + frame for frame in range(max(0, frames - MOST_SAMPLES), frames)]
    order = np.argsort(-errors, kind="stable")
    places = np.linspace(0, len(order) - 1, min(MOST_SAMPLES, len(order)))
    return [int(order[round(place)]) for place in places]


def _title(index: int, count: int, frames: int, names: Sequence[str]) -> str:
    if frames > 1:
        return f"Sequence {index // frames + 1} of {count // frames}, frame {index % frames + 1} of {frames}"
    return f"Sample {index + 1} of {count}" + (f": {names[index]}" if names else "")


def _sample(
    index: int,
    note: str,
    sources: Sequence[Source],
    reference: Pictures,
    truth: Pictures | None,
    figure: Figure,
    title: str,
) -> Sample:
    columns = []
    for source in sources:
        notes = []
        picture, float32 = source.pictures[index], reference[index]
        if source.to_truth and truth is not None:
            nearness = figure.compute(source.pictures[index : index + 1], truth[index : index + 1])
            notes.append(f"{figure.written(nearness)} {figure.unit}".strip() + f" {figure.name} to truth")
        error = None
        if source.to_float32:
            alt = f"{title}: where {source.title} differs from float32, amplified {ERROR_GAIN} times"
            error = _shown(error_map(picture, float32), alt)
        alt = f"{title}: {source.title}" + (f", {notes[0]}" if notes else "")
        compared = picture.shape == float32.shape and (source.to_float32 or source.title == "truth")
        columns.append(Column(source.title, tuple(notes), _shown(picture, alt), error, compared))
    return Sample(title, note, tuple(columns), _shown(reference[index], "").url)


def with_missing_marked(pictures: Pictures, masks: Pictures) -> Pictures:
    """Pictures with what is missing tinted.

    Args:
        pictures: (count, H, W, 3) uint8 RGB.
        masks: (count, H, W, 1) uint8, 255 = missing.

    Returns:
        (count, H, W, 3) uint8 RGB.
    """
    opacity = masks / 255 * _MISSING_OPACITY
    return np.rint(pictures * (1 - opacity) + np.array(_MISSING_RGB) * opacity).astype(np.uint8)


def _shown(pixels: NDArray[np.uint8], alt: str) -> Shown:
    """The middle of (H, W), (H, W, 1) or (H, W, 3) pixels."""
    top, left = (max(0, (side - _SIDE_PX) // 2) for side in pixels.shape[:2])
    cut = pixels[top : top + _SIDE_PX, left : left + _SIDE_PX]
    if cut.shape[-1] == 1 and cut.ndim == 3:
        cut = cut[..., 0]
    height, width = cut.shape[:2]
    scale = max(1, _SIDE_PX // max(height, width))
    encoded = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(cut)).save(encoded, "PNG", optimize=True)
    url = "data:image/png;base64," + base64.b64encode(encoded.getvalue()).decode("ascii")
    return Shown(url, alt, width * scale, height * scale)
