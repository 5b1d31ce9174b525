"""Damage of film and prints: scratches, dust, hairs and stains over the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litebrush.errors import RecipeError
from litebrush_train.degradations import check_bounds
from litebrush_train.mask_folder import MaskFolder
from litebrush_train.masks import Mask, random_dust, random_scratches, random_stains
from litebrush_train.pictures import Picture

Colour = NDArray[np.float64]  # (3,) RGB in grey levels

_PIXELS_PER_SPECK = 1500
_PIXELS_PER_HAIR = 12_000
_KINDS = ("scratches", "dust", "stains")
_LIKELIHOOD = (0.5, 0.45, 0.05)  # stains cover much more than the others
_SHARE_CUT = 0.7
_SHARE_OF_DAMAGED_PLACES = 0.75
_SHARE_REDUCED = 0.6  # of those layers: a scan may be coarse
_GREATEST_REDUCTION = 2.4
_STAIN_COLOUR = np.array([1.0, 0.8, 0.5])  # tea, rust and old glue are all brown


@dataclass(frozen=True)
class FilmDamage:
    """One to ``most_layers`` layers of damage, each of one kind and colour.

    Attributes:
        masks: damage to cut layers from; most layers are, the others are drawn. None = all are drawn.
        darkest: grey level of the darkest damage, 0 to 255.
        lightest: grey level of the lightest. A layer is within a quarter of the range from either end, mostly near it.
        strongest_tint: how far, of 1, the channels of a colour may differ.
        most_layers: at least 1.
    """

    masks: MaskFolder | None = None
    darkest: int = 0
    lightest: int = 255
    strongest_tint: float = 0.1
    most_layers: int = 2

    def __post_init__(self) -> None:
        check_bounds({"darkest": self.darkest, "lightest": self.lightest}, 0, 255)
        if not 0 <= self.strongest_tint <= 1:
            raise RecipeError(f"strongest_tint is {self.strongest_tint}; expected a number from 0 to 1")
        if self.most_layers < 1:
            raise RecipeError(f"most_layers is {self.most_layers}; it must be at least 1")

    def __call__(self, picture: Picture, random: np.random.Generator) -> Picture:
        """(H, W, 3) uint8 RGB, damaged."""
        return self.apply(picture, random)[0]

    def apply(self, picture: Picture, random: np.random.Generator) -> tuple[Picture, Mask]:
        """Damage a picture and say where.

        Returns:
            The damaged picture, and the opacity of the damage, (H, W) uint8. Where it is 0 nothing changed;
            it can be 0 everywhere, as on a lucky piece of film.
        """
        height, width = picture.shape[:2]
        transparency = np.full((height, width), 255.0)
        for _ in range(random.integers(1, self.most_layers, endpoint=True)):
            layer, colour = self._draw_layer(height, width, random)
            picture = _cover(picture, layer, colour)
            transparency = np.floor(transparency * (255.0 - layer) / 255)
        return picture, (255 - transparency).astype(np.uint8)

    def _draw_layer(self, height: int, width: int, random: np.random.Generator) -> tuple[Mask, Colour]:
        """The opacity of one layer, and its colour."""
        light = random.random() < 0.5  # dirt on a negative prints white
        step = 0.25 * random.random() ** 2 * (self.lightest - self.darkest)
        grey = self.lightest - step if light else self.darkest + step
        colour = grey * (1 - random.uniform(0, self.strongest_tint, 3))
        if self.masks is not None and random.random() < _SHARE_CUT:
            crop = self.masks.crop if random.random() < _SHARE_OF_DAMAGED_PLACES else self.masks.crop_anywhere
            reduction = _GREATEST_REDUCTION ** random.random() if random.random() < _SHARE_REDUCED else 1.0
            return crop(height, width, random, reduction), colour
        kind = random.choice(_KINDS, p=_LIKELIHOOD)
        if kind == "scratches":
            return random_scratches(height, width, random, int(random.integers(1, 6))), colour
        if kind == "dust":
            specks = 1 + random.poisson(height * width / _PIXELS_PER_SPECK)
            return random_dust(height, width, random, specks, random.poisson(height * width / _PIXELS_PER_HAIR)), colour
        shorter = min(height, width)
        stains = random_stains(height, width, random, shorter / 16, shorter / 4, int(random.integers(1, 3)))
        return stains, colour * _STAIN_COLOUR


def _cover(picture: Picture, opacity: Mask, colour: Colour) -> Picture:
    share = opacity[:, :, None].astype(np.float32) / 255
    return np.rint(picture + share * (colour.astype(np.float32) - picture)).astype(np.uint8)
