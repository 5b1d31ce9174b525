"""Where photographs are scratched, dusty or stained."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from litebrush.contract import ModelContract
from litebrush.engine import Engine
from litebrush.image import ImageLike, Pixels, to_photo
from litebrush.restorer import require_size
from litebrush.tasks import Task
from litebrush.tensors import Role
from litebrush.tiled_model import TiledModel
from litebrush.tiled_network import Progress

LIKELY_ABOVE = 127
TILE_LIMIT = 1024  # a detector sees so far that smaller tiles are halo for the most part
_RIM_PX = 1


def with_rims(damaged: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Damage, (H, W), and the pixels beside it.

    The rim of a scratch is half transparent, and would stay as its outline were only the scratch filled in.
    """
    mask = Image.fromarray(damaged).convert("L").filter(ImageFilter.MaxFilter(1 + 2 * _RIM_PX))
    return np.asarray(mask) > LIKELY_ABOVE


class DamageDetector(TiledModel):
    """Finds damage.

    >>> detector = litebrush.load("damage")
    >>> mask = detector(photo)                          # uint8 (H, W), 255 = damaged
    """

    task = Task.DETECT

    def __init__(self, contract: ModelContract, engines: Mapping[str, Engine], tile_limit: int = TILE_LIMIT) -> None:
        """As :class:`litebrush.tiled_model.TiledModel`."""
        super().__init__(contract, engines, tile_limit)
        self._input = contract.signature.input(Role.IMAGE).name
        self._output = contract.signature.output(Role.MASK).name

    def __call__(self, photo: ImageLike, progress: Progress | None = None) -> Pixels:
        """Find the damage of one photograph.

        Args:
            photo: PIL image of any mode but F, or uint8 array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA;
                at least 8 pixels on a side.
            progress: called with (tiles done, tiles in all) after each tile.

        Returns:
            (H, W) uint8 of the photo as it is seen upright: 255 where damage is likelier than not, otherwise 0.

        Raises:
            ImageError: a picture that is not supported or too small.
            EngineError: the model is closed, or the interpreter failed.
        """
        taken_apart = to_photo(photo)
        require_size(taken_apart)
        mask: Pixels = np.where(self.find(taken_apart.pixels, progress), np.uint8(255), np.uint8(0))
        return mask

    def find(self, pixels: Pixels, progress: Progress | None = None) -> NDArray[np.bool_]:
        """Where (H, W, 3) uint8 RGB pixels are likelier damaged than not, (H, W)."""
        damaged: NDArray[np.bool_] = self.likelihood(pixels, progress) > LIKELY_ABOVE
        return damaged

    def likelihood(self, pixels: Pixels, progress: Progress | None = None) -> Pixels:
        """How likely each of (H, W, 3) uint8 RGB pixels is damaged: (H, W) uint8, 255 = surely."""
        mask = np.empty((*pixels.shape[:2], 1), np.uint8)
        plan = self.network.plan(*pixels.shape[:2])
        with self._in_turn():
            self.network.run(plan, {self._input: pixels}, {self._output: mask}, progress=progress)
        return mask[..., 0]
