"""What a family brings: its data, its networks, what they learn from, and what it hands over."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import ModelContract, Provenance
from litebrush.samples import Arrays
from litebrush_train.compression.structure import Structure
from litebrush_train.handover import Network
from litebrush_train.learner import Learner, Networks
from litebrush_train.pictures import ImageFolder
from litebrush_train.pipeline import ExampleSource
from litebrush_train.recipes import TrainingRecipe

RecipeType = TypeVar("RecipeType")


class Family(ABC, Generic[RecipeType]):
    """One family with one recipe.

    Class attributes:
        fits_pictures: its fresh networks depend on the pictures, such as on how many classes they have.

    The networks that reach a device are ``networks``, by name; whatever else a family trains stays inside its learner.
    """

    fits_pictures: ClassVar[bool] = False

    def __init__(self, recipe: RecipeType) -> None:
        """Take a recipe of this family."""
        self.recipe = recipe

    @abstractmethod
    def read(self, folders: tuple[Path, ...], store: Path) -> ImageFolder:
        """The data, refused where this family cannot learn from it."""

    @abstractmethod
    def networks(self, images: ImageFolder) -> Networks:
        """Fresh networks for a device."""

    @abstractmethod
    def source(self, images: ImageFolder) -> ExampleSource:
        """What training and compression learn from."""

    def learner(self, networks: Networks, images: ImageFolder) -> Learner:
        """Trains fresh networks."""
        return self.refiner(networks, networks, self.recipe.training, images, ())

    @abstractmethod
    def refiner(
        self,
        networks: Networks,
        original: Networks,
        recipe: TrainingRecipe,
        images: ImageFolder,
        ends_of_step: tuple[Callable[[], None], ...],
    ) -> Learner:
        """Trains networks on; ``original`` are those that they were made from by compression."""

    def finished(self, networks: Networks) -> Networks:
        """Trained networks as a device shall have them, before compression; those given stay as they are."""
        return networks

    def structures(self) -> Mapping[str, Structure]:
        """What compression must know about networks; a network that is not named has nothing to say."""
        return {}

    @abstractmethod
    def typical_inputs(self, images: ImageFolder) -> Mapping[str, Mapping[str, NDArray[np.float32]]]:
        """For each network, inputs from training pictures, to see the ranges of its activations."""

    @abstractmethod
    def contract(self, images: ImageFolder, provenance: Provenance) -> ModelContract:
        """What a model of this recipe promises."""

    @abstractmethod
    def handed(self, networks: Networks, contract: ModelContract) -> tuple[Network, ...]:
        """The networks as signatures of the contract."""

    @abstractmethod
    def calibration(self, images: ImageFolder) -> Arrays:
        """Representative dataset from training pictures: stored values by ``signature/tensor``."""

    @abstractmethod
    def validation(self, images: ImageFolder) -> Arrays:
        """The same from held-out pictures, with their truth as ``signature/target`` where there is one."""
