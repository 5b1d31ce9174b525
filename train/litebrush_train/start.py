"""The finished run whose weights another run begins with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras
from numpy.typing import NDArray
from tqdm import tqdm

from litebrush.errors import TrainingError
from litebrush_train.families.family import Family
from litebrush_train.fit import finished_networks
from litebrush_train.learner import Networks
from litebrush_train.pictures import ImageFolder
from litebrush_train.run_folder import RunFolder, RunRecord

_PHASE = "training"


@dataclass(frozen=True)
class Start:
    """A finished run.

    Attributes:
        folder: of the run.
        record: what it was begun with.
        family: its own, with its recipe.
    """

    folder: RunFolder
    record: RunRecord
    family: Family[Any]

    def told_in(self, record: RunRecord) -> RunRecord:
        """The record of a run that begins with these weights."""
        said = {"name": self.family.recipe.run.name, "images_sha256": self.record.images_sha256}
        return replace(record, start=said)

    def require_like(self, family: Family[Any], images: ImageFolder) -> None:
        """Refuse a family whose networks cannot begin with these weights.

        Raises:
            TrainingError: its training is not finished, it is of networks that were made for other pictures, or no
                layer is like one of the family's.
        """
        if self.family.fits_pictures and type(self.family) is not type(family):
            raise TrainingError(
                f"'{self.folder.path}' is a run of {self.record.family}, whose networks are made for their pictures; "
                f"only another {self.record.family} can start from it"
            )
        if not finished_networks(self.folder.path, _PHASE):
            raise TrainingError(f"'{self.folder.path}' has no finished training to start from; resume that run first")
        if not any(old for _, old in _layers(family.networks(images), self._trained(images))):
            raise TrainingError(f"no layer of this network is like one of the run in '{self.folder.path}'")

    def hand_weights_to(self, networks: Networks, images: ImageFolder) -> None:
        """Give each layer the weights that the layer of its name had before compression.

        Of inputs that one of the two has more, the first are those of both; what the old one put out does not depend on
        new inputs at first. A convolution that only convolutions read may have more outputs, which keep the weights
        that they begin with: the wider student of Net2Net (Chen et al. 2016). Where each run has one network their
        names do not matter. Layers that are not alike keep what they have, and are told.
        """
        trained = self._trained(images)
        pairs = list(_layers(networks, trained))
        for new, old in pairs:
            if old:
                new.set_weights([_in_place(was, now) for was, now in zip(old.get_weights(), new.get_weights())])
        fresh = [new.name for new, old in pairs if not old]
        tqdm.write(f"{len(pairs) - len(fresh)} layers begin with the weights of '{self.folder.path}'")
        if fresh:
            tqdm.write(f"fresh: {', '.join(fresh)}")

    def _trained(self, images: ImageFolder) -> Networks:
        trained = self.family.networks(images)
        try:
            for name, path in finished_networks(self.folder.path, _PHASE).items():
                restored = tf.train.Checkpoint(network=trained[name]).restore(path)
                restored.assert_existing_objects_matched().expect_partial()
        except (ValueError, AssertionError):  # of tensors of other shapes; of layers that the run did not have
            raise TrainingError(
                f"the weights in '{self.folder.path}' do not fit what its run.json and these images ask for"
            ) from None
        return trained


def _layers(networks: Networks, trained: Networks) -> Iterator[tuple[keras.layers.Layer, keras.layers.Layer | None]]:
    """Each layer with weights, and the trained one that is like it."""
    alone = len(networks) == len(trained) == 1
    for name, network in networks.items():
        other = next(iter(trained.values())) if alone else trained.get(name)
        others = {layer.name: layer for layer in other.layers} if other else {}
        for layer in network.layers:
            if layer.weights:
                old = others.get(layer.name)
                yield layer, old if old and _is_like(old, layer) else None


def _is_like(old: keras.layers.Layer, new: keras.layers.Layer) -> bool:
    """Whether both have kernels of one size, and the same outputs or, where their order cannot matter, more."""
    pairs = [(was.shape, now.shape) for was, now in zip(old.weights, new.weights)]
    may_widen = all(type(layer) is keras.layers.Conv2D for layer in (new, *(node.layer for node in new.outbound_nodes)))
    return len(old.weights) == len(new.weights) and all(
        len(was) == len(now) and was[:-2] == now[:-2] and (was[-1] == now[-1] or (may_widen and was[-1] < now[-1]))
        for was, now in pairs
    )


def _in_place(old: NDArray[np.float32], new: NDArray[np.float32]) -> NDArray[np.float32]:
    """The new weights, with the old ones where inputs and outputs are of both, and 0 from new inputs to old outputs."""
    common = tuple(slice(min(was, now)) for was, now in zip(old.shape, new.shape))
    placed = new.copy()
    placed[..., : old.shape[-1]] = 0
    placed[common] = old[common]
    return placed
