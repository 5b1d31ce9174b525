"""``litebrush train preview``: every degradation, drawn on the user's own photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click
import numpy as np
from PIL import Image

from litebrush.extras import require_extra
from litebrush.image import check_output, write_image
from litebrush_train.contact_sheet import contact_sheet
from litebrush_train.degradations import (
    Blur,
    ColourCast,
    Degradation,
    Fading,
    GaussianNoise,
    InTurn,
    Jpeg,
    PoissonNoise,
    Sepia,
    Sometimes,
)
from litebrush_train.film import FilmDamage
from litebrush_train.mask_folder import MaskFolder, load_mask_folder
from litebrush_train.masks import (
    Mask,
    random_dust,
    random_holes,
    random_scratches,
    random_stains,
    random_strokes,
    random_text,
)
from litebrush_train.pictures import Picture, load_image_folders

_SIDE = 160
_SMALLEST_SIDE = 64
_DRAWS = 6
_PIECES_TO_CHOOSE_FROM = 5


@click.command(name="preview")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="Folder of clean photos; give it again for more folders.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="File to write; its suffix decides the format."
)
@click.option(
    "--masks",
    "mask_folder",
    type=click.Path(path_type=Path),
    help="Folder of masks of film damage, white on black, to show as well.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another number draws other damage."
)
def command(data: tuple[Path, ...], out: Path, mask_folder: Path | None, seed: int) -> None:
    """Draw a sheet of what training does to your photos.

    Each row shows a piece of a photo as it is, then spoilt in one way with strengths drawn as in training.

    \b
    Examples:
      litebrush train preview --data photos/ --out sheet.png
      litebrush train preview --data photos/ --masks damage/ --seed 3 --out sheet.png
    """
    require_extra("train", "tqdm")
    check_output(out)
    masks = load_mask_folder(mask_folder) if mask_folder is not None else None
    folder = load_image_folders(data, 0.1, _SMALLEST_SIDE)
    write_image(draw_preview([*folder.training, *folder.validation], masks, seed), out)
    click.echo(f"wrote {out}; the first picture of each row is the original")


def draw_preview(pictures: Sequence[Picture], masks: MaskFolder | None, seed: int) -> Image.Image:
    """A contact sheet with a row for each degradation and kind of mask.

    Args:
        pictures: (H, W, 3) uint8 RGB of any size; each row shows a piece of one of them.
        masks: damage from a folder; None leaves its rows out.
        seed: decides pieces and damage.
    """
    rows: list[tuple[str, Sequence[Picture]]] = []
    for index, (label, degradation) in enumerate(_degradations(masks)):
        random = np.random.default_rng((seed, index))
        original = _piece(pictures[int(random.integers(len(pictures)))], random)
        rows.append((label, [original, *(degradation(original, random) for _ in range(_DRAWS))]))
    return contact_sheet(rows, thumbnail_side=_SIDE)


def _degradations(masks: MaskFolder | None) -> list[tuple[str, Degradation]]:
    rows: list[tuple[str, Degradation]] = [
        ("Gaussian noise", GaussianNoise()),
        ("Poisson noise", PoissonNoise()),
        ("JPEG", Jpeg()),
        ("blur", Blur()),
        ("fading", Fading()),
        ("colour cast", ColourCast()),
        ("sepia", Sepia()),
        ("holes", _missing(lambda h, w, random: random_holes(h, w, random, min(h, w) // 12, min(h, w) // 3, 4))),
        ("strokes", _missing(lambda h, w, random: random_strokes(h, w, random, 3, 14, 4))),
        ("text", _missing(lambda h, w, random: random_text(h, w, random, 10, 32, 5))),
        ("scratches", _missing(lambda h, w, random: random_scratches(h, w, random, 4))),
        ("dust and hairs", _missing(lambda h, w, random: random_dust(h, w, random, 14, 2))),
        ("stains", _missing(lambda h, w, random: random_stains(h, w, random, min(h, w) / 8, min(h, w) / 2.5, 2))),
        ("film damage", FilmDamage()),
    ]
    if masks is not None:
        rows.append(("masks of the folder", _missing(masks.crop)))
        rows.append(("film damage with them", FilmDamage(masks)))
    rows.append(
        (
            "all in turn",
            InTurn((Fading(), Sometimes(Sepia(), 0.5), FilmDamage(masks), Sometimes(Blur(0, 1.5), 0.5), Jpeg(20, 80))),
        )
    )
    return rows


def _missing(draw_mask: Callable[[int, int, np.random.Generator], Mask]) -> Degradation:
    """Show a mask as white over a dark picture, as black over a light one."""

    def hide(picture: Picture, random: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        opacity = draw_mask(height, width, random)[:, :, None] / 255
        cover = 255 if np.mean(picture) < 128 else 0
        hidden: Picture = np.rint(picture + opacity * (cover - picture.astype(float))).astype(np.uint8)
        return hidden

    return hide


def _piece(picture: Picture, random: np.random.Generator) -> Picture:
    """Of some pieces drawn, the one with the most contrast: empty sky shows little of what is done to it."""
    height, width = (min(_SIDE, side) for side in picture.shape[:2])
    pieces: list[Picture] = []
    for _ in range(_PIECES_TO_CHOOSE_FROM):
        top, left = (random.integers(room - side + 1) for room, side in zip(picture.shape[:2], (height, width)))
        pieces.append(picture[top : top + height, left : left + width])
    return max(pieces, key=np.std)
