"""A generator as a device has it: an exported file, run by the thin runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from litebrush.contract import Precision
from litebrush.errors import ContractError, ModelFileError
from litebrush.loading import open_engines, open_model
from litebrush.runner import SignatureRunner
from litebrush.samples import arrays_of
from litebrush.tensors import Role

Labels = NDArray[np.int64]

_LATENTS = 0  # the stream of a seed


class ExportedGenerator:
    """Draws pictures with one file, on one thread of the CPU: of a GAN, or with the decoder of an autoencoder.

    Attributes:
        contract: of the file.
        bytes: of the file.
    """

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            ModelFileError, ContractError, EngineError: as :func:`litebrush.loading.open_model`; the model makes no
                pictures of latents.
        """
        model = open_model(path)
        signature = next((each for each in model.contract.signatures if each.has_input(Role.LATENT)), None)
        if signature is None:
            raise ModelFileError(f"'{path}' is no generator: it takes no latent; give what 'gan' or 'vae' trained")
        engine = open_engines(model.flatbuffer, model.contract, threads=1)[signature.name]
        self.contract = model.contract
        self.bytes = path.stat().st_size
        self._runner = SignatureRunner(signature, engine)
        self._golden = arrays_of(signature, model.golden)
        self._picture, self._latent = signature.output(Role.IMAGE), signature.input(Role.LATENT)
        self._label = signature.input(Role.LABEL) if self.takes_labels else None

    @property
    def precision(self) -> Precision:
        """Arithmetic of the file."""
        if self.contract.precision is None:
            raise ContractError(f"'{self.contract.name}' does not say its precision; export it again")
        return self.contract.precision

    @property
    def side(self) -> int:
        """Of the pictures, in pixels."""
        return self._picture.shape[1]

    @property
    def takes_labels(self) -> bool:
        """Whether a class can be asked for."""
        return self._runner.signature.has_input(Role.LABEL)

    def draw(self, labels: Labels, seed: int) -> NDArray[np.uint8]:
        """A picture of each label, (count, side, side, 3) uint8 RGB, from the latents of a seed.

        Latents depend on seed and count alone, so files of one generator draw the same pictures but for what their
        precision does. Without :attr:`takes_labels` only the number of labels counts.
        """
        random = np.random.Generator(np.random.Philox(key=[seed, _LATENTS]))
        latents = random.standard_normal((len(labels), *self._latent.shape[1:]), np.float32)
        return np.stack([self._drawn(latent, label) for latent, label in zip(latents, labels)])

    def draw_once(self) -> Callable[[], object]:
        """Draws one picture each time, encoding included; to be timed."""
        return lambda: self._runner.run(self._golden)

    def _drawn(self, latent: NDArray[np.float32], label: np.int64) -> NDArray[np.uint8]:
        sample: Mapping[str, NDArray[np.float32]] = {self._latent.name: latent}
        if self._label is not None:
            one_hot = np.zeros(self._label.shape[1], np.float32)
            one_hot[label] = 1
            sample = {**sample, self._label.name: one_hot}
        return self._runner.picture(self._picture.name, self._runner.run(sample)[self._picture.name])
