"""Missing parts of photographs, filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from litebrush.contract import ModelContract
from litebrush.engine import Engine
from litebrush.errors import ImageError
from litebrush.image import ImageLike, Pixels, to_photo
from litebrush.pyramid_fill import fill_from_around
from litebrush.restorer import require_size
from litebrush.tasks import Task
from litebrush.tensors import Role
from litebrush.tiled_model import TiledModel
from litebrush.tiled_network import CPU_TILE_LIMIT, Progress

MISSING_ABOVE = 127

_Image = TypeVar("_Image", bound=ImageLike)


class Inpainter(TiledModel):
    """Fills in what a mask says is missing; every other pixel stays as it is, bit for bit.

    >>> inpainter = litebrush.load("inpaint")
    >>> whole = inpainter(photo, mask)                  # mask: 255 = missing
    """

    task = Task.INPAINT

    def __init__(
        self, contract: ModelContract, engines: Mapping[str, Engine], tile_limit: int = CPU_TILE_LIMIT
    ) -> None:
        """As :class:`litebrush.tiled_model.TiledModel`."""
        super().__init__(contract, engines, tile_limit)
        self._inputs = contract.signature.input(Role.IMAGE).name, contract.signature.input(Role.MASK).name
        self._output = contract.signature.output(Role.IMAGE).name

    def __call__(self, photo: _Image, mask: ImageLike, progress: Progress | None = None) -> _Image:
        """Fill in the missing parts of one photograph.

        Args:
            photo: PIL image of any mode but F, or uint8 array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA;
                at least 8 pixels on a side.
            mask: of the photo's size as it is seen upright: PIL image, or uint8 array (H, W). Above 127 = missing.
            progress: called with (tiles done, tiles in all) after each tile.

        Returns:
            The same kind of picture, upright; transparency, EXIF and colour profile are kept.

        Raises:
            ImageError: a picture that is not supported or too small, or a mask of another size.
            EngineError: the model is closed, or the interpreter failed.
        """
        taken_apart = to_photo(photo)
        require_size(taken_apart)
        missing = missing_pixels(mask, taken_apart.pixels.shape[:2])
        return taken_apart.with_pixels(self.fill(taken_apart.pixels, missing, progress))  # type: ignore[return-value]

    def fill(self, pixels: Pixels, missing: NDArray[np.bool_], progress: Progress | None = None) -> Pixels:
        """Fill in (H, W, 3) uint8 RGB pixels where ``missing``, (H, W), is true.

        As in training, missing pixels reach the network as :func:`litebrush.pyramid_fill.fill_from_around` guesses
        them: what was there does not matter. Tiles without a missing pixel are not run.
        """
        guessed = fill_from_around(pixels, missing)
        filled: Pixels = pixels.copy()
        mask = missing[..., None].astype(np.uint8)
        mask *= np.uint8(255)
        image_name, mask_name = self._inputs
        plan = self.network.plan(*pixels.shape[:2])
        with self._in_turn():
            self.network.run(
                plan,
                {image_name: guessed, mask_name: mask},
                {self._output: filled},
                progress=progress,
                wanted=missing,
            )
        np.copyto(filled, pixels, where=~missing[..., None])
        return filled


def missing_pixels(mask: ImageLike, size: tuple[int, ...]) -> NDArray[np.bool_]:
    """What a mask says is missing, (H, W).

    Args:
        mask: PIL image, or uint8 array (H, W); above 127 = missing. A transparent or coloured picture counts by its
            brightness.
        size: height and width that it must have.

    Raises:
        ImageError: another size, or no picture.
    """
    pixels = np.asarray(Image.fromarray(to_photo(mask).pixels).convert("L"))
    if pixels.shape != size:
        raise ImageError(
            f"the mask is of {pixels.shape[1]}x{pixels.shape[0]} pixels, the photo of {size[1]}x{size[0]}; "
            "give a mask of the photo's size"
        )
    return pixels > MISSING_ABOVE
