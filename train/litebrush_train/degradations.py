"""What time, lenses and codecs do to a picture, to train against.

    old_print = InTurn((Fading(), Sometimes(Blur(), 0.5), PoissonNoise(), Jpeg()))
    damaged = old_print(picture, np.random.default_rng(7))

Each degradation draws its strength, and everything else, from the random source it is given:
the same state of the source gives the same picture.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from litebrush.errors import RecipeError
from litebrush.noise import add_gaussian_noise
from litebrush_train.pictures import Picture

_CHANNELS = np.arange(3)
_GREY_LEVELS = np.arange(256, dtype=np.float64)
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_SEPIA = np.array([1.08, 0.90, 0.68], np.float32)  # a toned print: bright warm whites, brown shadows


class Degradation(Protocol):
    """A way to spoil a picture."""

    def __call__(self, picture: Picture, random: np.random.Generator, /) -> Picture:
        """A spoilt picture of the same shape; the one given is not changed.

        Args:
            picture: (H, W, 3) uint8 RGB.
            random: where every draw comes from.
        """
        ...


def check_bounds(bounds: dict[str, float], least: float, most: float) -> None:
    """Refuse a range, given as two named bounds in order, that is empty or leaves [least, most].

    Raises:
        RecipeError: names the bounds and what they may be.
    """
    (low_name, low), (high_name, high) = bounds.items()
    if not least <= low <= high <= most:
        raise RecipeError(
            f"{low_name}, {high_name} are {low}, {high}; expected {least} <= {low_name} <= {high_name} <= {most}"
        )


@dataclass(frozen=True)
class GaussianNoise:
    """White noise whose standard deviation, in 8-bit grey levels, is drawn evenly."""

    lowest: float = 0.0
    highest: float = 50.0

    def __post_init__(self) -> None:
        check_bounds({"lowest": self.lowest, "highest": self.highest}, 0, 255)

    def __call__(self, picture: Picture, random: np.random.Generator) -> Picture:
        """(H, W, 3) uint8 RGB, noisy."""
        return add_gaussian_noise(picture, random.uniform(self.lowest, self.highest), random)


@dataclass(frozen=True)
class PoissonNoise:
    """Shot noise: what is left of a picture for which few photons were counted.

    The count at white is drawn evenly on a logarithmic scale; grey levels are taken as proportional to light.
    With n photons at white, mid-grey has noise of 180 / sqrt(n) grey levels.
    """

    fewest_photons: float = 20.0
    most_photons: float = 1000.0

    def __post_init__(self) -> None:
        check_bounds({"fewest_photons": self.fewest_photons, "most_photons": self.most_photons}, 1, 1_000_000)

    def __call__(self, picture: Picture, random: np.random.Generator) -> Picture:
        """(H, W, 3) uint8 RGB, noisy."""
        photons = math.exp(random.uniform(math.log(self.fewest_photons), math.log(self.most_photons)))
        counted = random.poisson((_GREY_LEVELS * (photons / 255))[picture])
        return _to_picture(counted * np.float32(255 / photons))


@dataclass(frozen=True)
class Jpeg:
    """JPEG compression with halved colour resolution (4:2:0); the quality (1 to 100) is drawn evenly."""

    lowest_quality: int = 5
    highest_quality: int = 95

    def __post_init__(self) -> None:
        check_bounds({"lowest_quality": self.lowest_quality, "highest_quality": self.highest_quality}, 1, 100)

    def __call__(self, picture: Picture, random: np.random.Generator) -> Picture:
        """(H, W, 3) uint8 RGB, as it comes back from the codec."""
        quality = int(random.integers(self.lowest_quality, self.highest_quality, endpoint=True))
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling="4:2:0")
        with Image.open(file) as image:
            return np.asarray(image)


@dataclass(frozen=True)
class Blur:
    """Gaussian blur whose standard deviation, in pixels, is drawn evenly."""

    lowest_sigma: float = 0.0
    highest_sigma: float = 3.0

    def __post_init__(self) -> None:
        check_bounds({"lowest_sigma": self.lowest_sigma, "highest_sigma": self.highest_sigma}, 0, 100)

    def __call__(self, picture: Picture, random: np.random.Generator) -> Picture:
        """(H, W, 3) uint8 RGB, blurred; beyond its border the picture goes on with its last pixels."""
        sigma = random.uniform(self.lowest_sigma, self.highest_sigma)
        return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(sigma)))


@dataclass(frozen=True)
class Fading:
    """Lost contrast, as of a print that hung in the light.

    The share of contrast that is lost is drawn evenly. More than half of it is lost in the blacks, which turn grey.
    """

    least: float = 0.1
    most: float = 0.6

    def __post_init__(self) -> None:
        check_bounds({"least": self.least, "most": self.most}, 0, 1)

    def __call__(self, picture: Picture, random: np.random.Generator) -> Picture:
        """(H, W, 3) uint8 RGB, faded."""
        lost = random.uniform(self.least, self.most)
        black = 255 * lost * random.uniform(0.5, 1)
        faded: Picture = _to_picture(black + (1 - lost) * _GREY_LEVELS)[picture]
        return faded


@dataclass(frozen=True)
class ColourCast:
    """Channels that grew stronger and weaker than one another, as where one dye of a colour print has gone.

    The strength is drawn evenly; at strength 1 a channel is at most halved or doubled.
    """

    weakest: float = 0.1
    strongest: float = 0.6

    def __post_init__(self) -> None:
        check_bounds({"weakest": self.weakest, "strongest": self.strongest}, 0, 1)

    def __call__(self, picture: Picture, random: np.random.Generator) -> Picture:
        """(H, W, 3) uint8 RGB, tinted."""
        strength = random.uniform(self.weakest, self.strongest)
        gains = 2 ** (strength * random.uniform(-1, 1, 3))
        tinted: Picture = _to_picture(_GREY_LEVELS[:, None] * gains)[picture, _CHANNELS]
        return tinted


@dataclass(frozen=True)
class Sepia:
    """Colours on their way to the brown of an old print; how far is drawn evenly, 1 being all the way."""

    weakest: float = 0.3
    strongest: float = 1.0

    def __post_init__(self) -> None:
        check_bounds({"weakest": self.weakest, "strongest": self.strongest}, 0, 1)

    def __call__(self, picture: Picture, random: np.random.Generator) -> Picture:
        """(H, W, 3) uint8 RGB, toned."""
        strength = np.float32(random.uniform(self.weakest, self.strongest))
        luma = picture @ _LUMA  # (H, W)
        return _to_picture((1 - strength) * picture + strength * luma[:, :, None] * _SEPIA)


@dataclass(frozen=True)
class InTurn:
    """Several degradations, one after the other."""

    degradations: tuple[Degradation, ...]

    def __post_init__(self) -> None:
        if not self.degradations:
            raise RecipeError("degradations is empty; give at least one")

    def __call__(self, picture: Picture, random: np.random.Generator) -> Picture:
        """(H, W, 3) uint8 RGB, degraded by each."""
        for degradation in self.degradations:
            picture = degradation(picture, random)
        return picture


@dataclass(frozen=True)
class Sometimes:
    """A degradation that happens to this share of the pictures; the others stay as they are."""

    degradation: Degradation
    probability: float

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise RecipeError(f"probability is {self.probability}; expected a number from 0 to 1")

    def __call__(self, picture: Picture, random: np.random.Generator) -> Picture:
        """(H, W, 3) uint8 RGB, degraded or as it was."""
        return self.degradation(picture, random) if random.random() < self.probability else picture


def _to_picture(values: NDArray[np.floating]) -> Picture:
    picture: Picture = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return picture
