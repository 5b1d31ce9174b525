"""What is slow to compute of pictures, computed once and kept in a folder: their features, and a probe on those."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from litebrush.atomic import atomic_file
from litebrush_train.features import Features, Pictures, TfliteFeatures
from litebrush_train.probe import LinearProbe, fit_probe


class CachedFeatures:
    """As :class:`TfliteFeatures`, but sets of pictures that it has described before cost nothing.

    Attributes:
        name, tensor: of the extractor.
    """

    def __init__(self, network: Path, folder: Path) -> None:
        """Load a network; ``folder`` is made where there is none.

        Raises:
            FeatureError: as :class:`TfliteFeatures`.
        """
        self._extractor = TfliteFeatures(network)
        self._network = network.read_bytes()
        self._folder = folder
        self.name, self.tensor = self._extractor.name, self._extractor.tensor
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, pictures: Pictures) -> Features:
        """See :class:`litebrush_train.features.FeatureExtractor`."""
        kept = self._folder / f"{_digest(self._network, pictures)}.npy"
        if not kept.exists():
            with atomic_file(kept) as file:
                np.save(file, self._extractor(pictures))
        features: Features = np.load(kept)
        return features


class CachedProbes:
    """As :func:`fit_probe`, but what it has fitted before costs nothing."""

    def __init__(self, folder: Path) -> None:
        """Keep probes in ``folder``, which is made where there is none."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, features: Features, labels: NDArray[np.int64], class_count: int, balanced: bool) -> LinearProbe:
        """See :func:`litebrush_train.probe.fit_probe`."""
        kept = self._folder / f"{_digest(repr((class_count, balanced)).encode(), features, labels)}.npz"
        if not kept.exists():
            probe = fit_probe(features, labels, class_count, balanced)
            with atomic_file(kept) as file:
                np.savez(file, **vars(probe))
        with np.load(kept) as arrays:
            return LinearProbe(**{**arrays, "penalty": float(arrays["penalty"])})


def _digest(*parts: bytes | NDArray[np.generic]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        array = np.frombuffer(part, np.uint8) if isinstance(part, bytes) else np.ascontiguousarray(part)
        digest.update(repr((array.shape, array.dtype.str)).encode() + array.tobytes())
    return digest.hexdigest()
