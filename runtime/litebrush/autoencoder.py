"""Pictures as short vectors, and back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from litebrush.contract import ModelContract
from litebrush.engine import Engine
from litebrush.errors import ImageError
from litebrush.framing import centre_part
from litebrush.image import ImageLike, to_photo
from litebrush.latents import fresh_seed, latents, require_latent, slerp
from litebrush.model import Model
from litebrush.runner import SignatureRunner
from litebrush.tasks import DECODE, ENCODE, Task
from litebrush.tensors import Role


class Autoencoder(Model):
    """Encodes pictures into latents and decodes latents into pictures.

        >>> autoencoder = litebrush.load("clothing-vae")
        >>> latent = autoencoder.encode(photo)              # float32 (D,)
        >>> picture = autoencoder.decode(latent)            # PIL, RGB

    Of photos of any shape the part in the middle that fits is scaled to the network's size, as in training.
    """

    task = Task.AUTOENCODE

    def __init__(self, contract: ModelContract, engines: Mapping[str, Engine]) -> None:
        """As :class:`litebrush.model.Model`."""
        super().__init__(contract, engines)
        self._encoder, self._decoder = (
            SignatureRunner(signature, engines[signature.name])
            for name in (ENCODE, DECODE)
            for signature in contract.signatures
            if signature.name == name
        )
        self._image = self._encoder.signature.input(Role.IMAGE)
        self._code = self._encoder.signature.output(Role.LATENT)
        self._latent = self._decoder.signature.input(Role.LATENT)
        self._picture = self._decoder.signature.output(Role.IMAGE)

    def __call__(self, photo: ImageLike) -> Image.Image:
        """What the network keeps of a photo: encoded and decoded, PIL, RGB, of the network's size."""
        return self.decode(self.encode(photo))

    def encode(self, photo: ImageLike) -> NDArray[np.float32]:
        """The latent of a photo.

        Args:
            photo: PIL image of any mode but F, or uint8 array (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.

        Returns:
            float32 of the latent's shape, such as (128,).

        Raises:
            ImageError: a picture that is not supported.
            EngineError: the model is closed, or the interpreter failed.
        """
        part = centre_part(to_photo(photo).pixels, *self._image.shape[1:3])
        with self._in_turn():
            outputs = self._encoder.run({self._image.name: part})
        return self._encoder.real(self._code.name, outputs[self._code.name])

    def decode(self, latent: NDArray[np.float32]) -> Image.Image:
        """The picture of a latent, PIL, RGB.

        Raises:
            ImageError: a latent of another shape, or with values that are not finite.
            EngineError: the model is closed, or the interpreter failed.
        """
        given = require_latent(latent, self._latent.shape[1:], self.contract.name)
        with self._in_turn():
            outputs = self._decoder.run({self._latent.name: given})
        return Image.fromarray(self._decoder.picture(self._picture.name, outputs[self._picture.name]))

    def sample(self, count: int = 1, seed: int | None = None) -> list[Image.Image]:
        """Pictures of latents that nobody encoded, drawn from the standard normal prior as those of a generator are.

        Args:
            count: how many, at least 1.
            seed: 0 to 2**64 - 1; the same seed draws the same pictures. None takes a fresh one.

        Returns:
            PIL images, RGB; ``info`` has the ``seed`` and the ``index`` that each was drawn from.

        Raises:
            ImageError: a count or seed that is none.
        """
        if count < 1:
            raise ImageError(f"{count} pictures were asked for; ask for at least 1")
        chosen = fresh_seed() if seed is None else seed
        shape = self._latent.shape[1:]
        images = []
        for index, latent in enumerate(latents(chosen, 0, count, int(np.prod(shape)))):
            image = self.decode(latent.reshape(shape))
            image.info.update({"seed": chosen, "index": index})
            images.append(image)
        return images

    def interpolate(self, photo_a: ImageLike, photo_b: ImageLike, steps: int) -> list[Image.Image]:
        """Pictures on the way from one photo's latent to another's, both included (:func:`litebrush.latents.slerp`).

        Raises:
            ImageError: fewer than two steps, or a picture that is not supported.
        """
        if steps < 2:
            raise ImageError(f"{steps} steps were asked for; from one picture to another there are at least 2")
        one, other = self.encode(photo_a), self.encode(photo_b)
        return [self.decode(slerp(one, other, step / (steps - 1))) for step in range(steps)]
