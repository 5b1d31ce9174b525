"""Old photographs, repaired in one call: damage is found and filled in, JPEG blocks and noise are removed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import TracebackType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from litebrush.damage import with_rims
from litebrush.errors import ImageError
from litebrush.image import ImageLike, Photo, Pixels, to_photo
from litebrush.inpainter import missing_pixels
from litebrush.jpeg import blockiness, stored_quality
from litebrush.loading import load
from litebrush.model import Model
from litebrush.noise import estimate_noise_level
from litebrush.restorer import NoiseLevel, require_size
from litebrush.tiled_network import Progress

LEAST_NOISE_LEVEL = 4.0
"""Grey levels of estimated noise from which a photo is denoised: less is hardly seen, and fine texture is like it."""

BEST_QUALITY_TO_DEBLOCK = 80
LEAST_BLOCKINESS = 1.15
MOST_DAMAGE = 0.4
"""Share of the picture that damage may cover; where more is found the detector is wrong."""


class Step(str, Enum):
    """What is done to a photograph, in this order.

    INPAINT:  damage is filled in: what the detector finds, or what a mask says.
    DEBLOCK:  the traces of JPEG compression are removed.
    DENOISE:  noise is removed.
    """

    INPAINT = "inpaint"
    DEBLOCK = "deblock"
    DENOISE = "denoise"


Steps = Sequence[Step | str] | Literal["auto"]
Mask = ImageLike | Literal["auto"] | None
StepProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Deed:
    """One step that was taken.

    Attributes:
        words: what was done, such as ``noise of level 12.1 removed``.
        model: what did it, such as ``denoise int8``.
        accelerator: what the model ran on.
    """

    words: str
    model: str
    accelerator: str


@dataclass(frozen=True, eq=False)
class Repair:
    """A repaired photograph, and what was done to it.

    Attributes:
        picture: of the kind that came in.
        mask: (H, W) uint8, 255 = was filled in; None where nothing was.
        done: the steps that were taken.
    """

    picture: ImageLike
    mask: Pixels | None
    done: tuple[Deed, ...]


class Repairer:
    """The models of :func:`repair`, each loaded when the first photograph needs it.

        >>> with litebrush.Repairer() as repairer:
        ...     for photo in photos:
        ...         repaired = repairer(photo)

    Several threads may share one; see :class:`litebrush.model.Model`.
    """

    def __init__(self, load: Callable[[str], Any] = load) -> None:
        """Nothing is loaded yet.

        Args:
            load: gives a shipped model by its name; ``functools.partial(litebrush.load, threads=2)`` is one.
        """
        self._load = load
        self._models: dict[str, Any] = {}
        self._open = ExitStack()
        self._loading = threading.Lock()

    def __call__(
        self, photo: ImageLike, steps: Steps = "auto", mask: Mask = None, noise_level: NoiseLevel = "auto"
    ) -> ImageLike:
        """Repair one photograph; see :func:`repair`."""
        return self.repair(photo, steps, mask, noise_level).picture

    def repair(
        self,
        photo: ImageLike,
        steps: Steps = "auto",
        mask: Mask = None,
        noise_level: NoiseLevel = "auto",
        progress: StepProgress | None = None,
    ) -> Repair:
        """Repair one photograph, and say what was done.

        Arguments and errors as :func:`repair`; ``progress`` is called with (what is being done, tiles done, tiles in
        all) after each tile.
        """
        quality = stored_quality(photo) if isinstance(photo, Image.Image) else None
        return self.repair_photo(to_photo(photo), quality, steps, mask, noise_level, progress)

    def repair_photo(
        self,
        photo: Photo,
        quality: float | None,
        steps: Steps = "auto",
        mask: Mask = None,
        noise_level: NoiseLevel = "auto",
        progress: StepProgress | None = None,
    ) -> Repair:
        """As :meth:`repair`, of a photograph that was taken apart.

        ``quality`` is that of the JPEG file that it comes from; None where it does not.
        """
        require_size(photo)
        asked = None if isinstance(steps, str) and steps == "auto" else known_steps(steps)
        pixels = photo.pixels
        missing: NDArray[np.bool_] | None = None
        done: list[Deed] = []
        if asked is None or Step.INPAINT in asked:
            wanted = "auto" if mask is None and asked is not None else mask
            missing = self._missing(pixels, wanted, _shown(progress, "looking for damage"))
            if missing is not None and missing.any():
                pixels, filled_in = self._filled(pixels, missing, _shown(progress, "filling in"))
                done.append(filled_in)
            else:
                missing = None
        if Step.DEBLOCK in asked if asked is not None else shows_blocks(pixels, quality):
            deblocker = self._model("deblock")
            pixels = deblocker.restore_pixels(pixels, None, _shown(progress, "removing blocks"))
            words = "JPEG blocks removed" if quality is None else f"JPEG blocks of quality {quality:.0f} removed"
            done.append(deed(words, deblocker))
        level = estimate_noise_level(pixels) if noise_level == "auto" else noise_level
        if Step.DENOISE in asked if asked is not None else level >= LEAST_NOISE_LEVEL:
            denoiser = self._model("denoise")
            level = denoiser.noise_level_for(pixels, noise_level)
            pixels = denoiser.restore_pixels(pixels, level, _shown(progress, "removing noise"))
            done.append(deed(noise_in_words(level, noise_level), denoiser))
        filled = None if missing is None else np.where(missing, np.uint8(255), np.uint8(0))
        return Repair(photo.with_pixels(pixels), filled, tuple(done))

    def close(self) -> None:
        """Free the models' memory; a photograph that comes later loads them again."""
        self._open.close()
        self._models.clear()

    def __enter__(self) -> Repairer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _missing(self, pixels: Pixels, mask: Mask, progress: Progress | None) -> NDArray[np.bool_] | None:
        if mask is None:
            return None
        if not isinstance(mask, str):
            return missing_pixels(mask, pixels.shape[:2])
        if mask != "auto":
            raise ImageError(f"'{mask}' is no mask; give a picture, an array, or 'auto' to look for damage")
        found: NDArray[np.bool_] = self._model("damage").find(pixels, progress)
        return with_rims(found) if found.mean() <= MOST_DAMAGE else None

    def _filled(self, pixels: Pixels, missing: NDArray[np.bool_], progress: Progress | None) -> tuple[Pixels, Deed]:
        inpainter = self._model("inpaint")
        return inpainter.fill(pixels, missing, progress), deed(filled_in_words(missing), inpainter)

    def _model(self, name: str) -> Any:
        with self._loading:
            if name not in self._models:
                self._models[name] = self._open.enter_context(self._load(name))
            return self._models[name]


def repair(photo: ImageLike, steps: Steps = "auto", mask: Mask = None, noise_level: NoiseLevel = "auto") -> ImageLike:
    """Repair an old photograph with the shipped models.

    Args:
        photo: PIL image, or uint8 array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA; at least 8 pixels on a side.
        steps: which of ``"inpaint"``, ``"deblock"``, ``"denoise"`` to take, whether the photo needs them or not.
            ``"auto"`` takes those that it needs: damage is filled in where a mask is given or asked for; a file that
            was saved as a JPEG below quality 80, or that shows blocks, is deblocked; noise is removed from an estimated
            level of 4 grey levels on. A clean photo stays as it is.
        mask: of the photo's size, above 127 = damaged; ``"auto"`` looks for damage, and so does ``steps`` with
            ``inpaint`` in it and no mask.
        noise_level: standard deviation of the noise in grey levels (0 to 50), or ``"auto"`` to estimate it.

    Returns:
        The same kind of picture. To repair many, and to know what was done, use :class:`Repairer`.

    Raises:
        ImageError: a picture or mask that is not supported, a step that does not exist.
    """
    with Repairer() as repairer:
        return repairer(photo, steps, mask, noise_level)


def deed(words: str, model: Model) -> Deed:
    """What a model did."""
    precision = f" {model.precision.value}" if model.precision else ""
    return Deed(words, f"{model.contract.name}{precision}", model.accelerator)


def filled_in_words(missing: NDArray[np.bool_]) -> str:
    """How much of a picture was filled in, in words."""
    return f"{100 * missing.mean():.2g} % filled in"


def noise_in_words(level: float, asked: NoiseLevel) -> str:
    """A noise level in grey levels that was removed, in words."""
    return f"noise of level {level:.1f}{' (estimated)' if asked == 'auto' else ''} removed"


def known_steps(names: Sequence[Step | str]) -> frozenset[Step]:
    """Steps by their names.

    Raises:
        ImageError: there is no such step.
    """
    known = {step.value: step for step in Step}
    wanted = [names] if isinstance(names, str) else names
    for name in wanted:
        if name not in known:
            raise ImageError(f"no step is called '{name}'; there is {', '.join(known)}, or 'auto' for what is needed")
    return frozenset(known[name] for name in wanted)


def _shown(progress: StepProgress | None, what: str) -> Progress | None:
    return None if progress is None else partial(progress, what)


def shows_blocks(pixels: Pixels, quality: float | None) -> bool:
    """Whether a picture needs deblocking; ``quality`` is that of its JPEG file, where it was one."""
    if quality is not None:
        return quality < BEST_QUALITY_TO_DEBLOCK
    return blockiness(pixels) >= LEAST_BLOCKINESS
