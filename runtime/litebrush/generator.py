"""Pictures drawn by seed and class."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from litebrush.contract import ModelContract
from litebrush.engine import Engine
from litebrush.errors import ImageError
from litebrush.image import Pixels
from litebrush.latents import fresh_seed, latents, require_latent, slerp
from litebrush.model import Model
from litebrush.runner import SignatureRunner
from litebrush.tasks import Task
from litebrush.tensors import Role


class Generator(Model):
    """Draws pictures.

        >>> generator = litebrush.load("clothing-gan")
        >>> images = generator(count=4, label="dress", seed=7)      # PIL, RGB
        >>> images[0].info
        {'seed': 7, 'index': 0, 'label': 'dress'}

    A latent depends on the seed and the picture's number alone, never on the label or the count: so each class shows
    its own version of the same picture, and picture 2 of four is picture 2 of a hundred (docs/latents.md).
    """

    task = Task.GENERATE

    def __init__(self, contract: ModelContract, engines: Mapping[str, Engine]) -> None:
        """As :class:`litebrush.model.Model`."""
        super().__init__(contract, engines)
        signature = contract.signature
        self._runner = SignatureRunner(signature, engines[signature.name])
        self._latent = signature.input(Role.LATENT)
        self._label = signature.input(Role.LABEL) if signature.has_input(Role.LABEL) else None
        self._image = signature.output(Role.IMAGE)

    @property
    def labels(self) -> tuple[str, ...]:
        """What it can draw; empty for a model without classes."""
        return self.contract.labels

    def __call__(self, count: int = 1, label: str | None = None, seed: int | None = None) -> list[Image.Image]:
        """Draw pictures.

        Args:
            count: how many, at least 1.
            label: one of :attr:`labels`; None goes round all of them in turn.
            seed: 0 to 2**64 - 1; the same seed draws the same pictures. None takes a fresh one.

        Returns:
            PIL images, RGB; ``info`` has what each was drawn from: ``seed``, ``index`` and, with classes, ``label``.

        Raises:
            ImageError: a label that the model does not know, a count or seed that is none.
            EngineError: the model is closed, or the interpreter failed.
        """
        if count < 1:
            raise ImageError(f"{count} pictures were asked for; ask for at least 1")
        chosen = fresh_seed() if seed is None else seed
        images = []
        for index in range(count):
            name = label if label is not None or not self.labels else self.labels[index % len(self.labels)]
            image = Image.fromarray(self.draw(self.latent(chosen, index), name))
            image.info.update({"seed": chosen, "index": index, **({} if name is None else {"label": name})})
            images.append(image)
        return images

    def latent(self, seed: int, index: int = 0) -> NDArray[np.float32]:
        """What picture ``index`` of a seed is drawn from: float32 of the latent's shape, standard normal."""
        shape = self._latent.shape[1:]
        return latents(seed, index, 1, int(np.prod(shape))).reshape(shape)

    def draw(self, latent: NDArray[np.float32], label: str | None = None) -> Pixels:
        """Draw one latent.

        Args:
            latent: float32 of the shape that :meth:`latent` gives.
            label: one of :attr:`labels`; None for a model without classes.

        Returns:
            (H, W, 3) uint8 RGB.

        Raises:
            ImageError: a label that the model does not know; a latent of another shape, or with values that are not
                finite.
        """
        sample = {self._latent.name: require_latent(latent, self._latent.shape[1:], self.contract.name)}
        one_hot = self._one_hot(label)
        if self._label is not None and one_hot is not None:
            sample[self._label.name] = one_hot
        with self._in_turn():
            outputs = self._runner.run(sample)
        return self._runner.picture(self._image.name, outputs[self._image.name])

    def interpolate(self, seed_a: int, seed_b: int, steps: int, label: str | None = None) -> list[Image.Image]:
        """Pictures on the way from one seed's first picture to another's, both included.

        The way is that of :func:`litebrush.latents.slerp`; without a label, of the first class.

        Raises:
            ImageError: fewer than two steps, or a label that the model does not know.
        """
        if steps < 2:
            raise ImageError(f"{steps} steps were asked for; from one picture to another there are at least 2")
        one, other = self.latent(seed_a), self.latent(seed_b)
        name = label if label is not None or not self.labels else self.labels[0]
        shares = (step / (steps - 1) for step in range(steps))
        return [Image.fromarray(self.draw(slerp(one, other, share), name)) for share in shares]

    def _one_hot(self, label: str | None) -> NDArray[np.float32] | None:
        if label is None and not self.labels:
            return None
        if label not in self.labels:
            raise ImageError(self._unknown(label))
        vector = np.zeros(len(self.labels), np.float32)
        vector[self.labels.index(label)] = 1
        return vector

    def _unknown(self, label: str | None) -> str:
        if not self.labels:
            return f"the label '{label}' was asked; '{self.contract.name}' has no classes"
        near = difflib.get_close_matches(str(label), self.labels, 1)
        meant = f"did you mean '{near[0]}'? " if near else ""
        return f"'{self.contract.name}' cannot draw {label!r}; {meant}it draws {', '.join(self.labels)}"
