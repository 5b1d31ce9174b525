"""``deblock``: a photograph without the blocks and rings of JPEG, whose quality is not told."""

from __future__ import annotations

import numpy as np
import tf_keras as keras

from litebrush.contract import Tiling
from litebrush_train.compression.structure import Structure
from litebrush_train.degradations import Jpeg
from litebrush_train.families.restoration import MODEL, Restoration
from litebrush_train.models.cnn import restorer, restorer_alignment, restorer_channel_groups, restorer_radius
from litebrush_train.patches import Sample
from litebrush_train.pictures import Picture
from litebrush_train.restoration_recipes import DeblockRecipe

_QUALITIES_TO_LOOK_AT = (10, 20, 40)
_FINE = (90, 100)


class Deblock(Restoration[DeblockRecipe]):
    """Residual network at half resolution, trained on JPEG with halved chroma."""

    def network(self, height: int | None = None, width: int | None = None) -> keras.Model:  # noqa: D102
        return restorer(self.recipe.model, height=height, width=width)

    def tiling(self) -> Tiling:  # noqa: D102
        model = self.recipe.model
        return Tiling(restorer_radius(model), restorer_alignment(model), resizable=True)

    def structures(self) -> dict[str, Structure]:  # noqa: D102
        groups = restorer_channel_groups(self.recipe.model)
        return {MODEL: Structure(groups, {"image": (0.0, 1.0)}, pictures=("restored",))}

    def spoil(self, clean: Picture, random: np.random.Generator) -> Sample:  # noqa: D102
        jpeg = self.recipe.jpeg
        bounds = _FINE if random.random() < jpeg.fine_share else (jpeg.lowest, jpeg.highest)
        return Sample({"image": Jpeg(*bounds)(clean, random)}, clean)

    def spoil_in_turn(self, clean: Picture, random: np.random.Generator, number: int) -> Sample:  # noqa: D102
        asked = _QUALITIES_TO_LOOK_AT[number % len(_QUALITIES_TO_LOOK_AT)]
        quality = int(np.clip(asked, self.recipe.jpeg.lowest, self.recipe.jpeg.highest))
        return Sample({"image": Jpeg(quality, quality)(clean, random)}, clean)
