"""One signature of a network, fed with stored samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from litebrush.encoding import PictureEncoding, dequantize, quantize
from litebrush.engine import Array, Engine
from litebrush.errors import ContractError
from litebrush.samples import Arrays, fill_by_reflection
from litebrush.tensors import Role, Signature, TensorSpec


class SignatureRunner:
    """Runs samples as they are stored (see :mod:`litebrush.samples`) through an engine, at its static shape.

    Attributes:
        signature: the signature.
        engine: the engine that has loaded it.
    """

    def __init__(self, signature: Signature, engine: Engine) -> None:
        """Join a signature and an engine that has loaded its network.

        Raises:
            ContractError: the network's tensors are not those of the signature.
        """
        require_tensors(signature, engine)
        self.signature = signature
        self.engine = engine
        self._tensors = {**engine.inputs, **engine.outputs}
        self._encodings = {
            spec.name: PictureEncoding(spec, self._tensors[spec.name])
            for spec in (*signature.inputs, *signature.outputs)
            if spec.role.has_bytes
        }

    def run(self, sample: Arrays) -> dict[str, Array]:
        """Run the network once.

        Args:
            sample: stored values by input name. A state that is not among them is zero.

        Returns:
            Copies of the output tensors without the batch axis, in the tensors' own dtypes, by name.
        """
        self.feed(sample)
        self.engine.invoke()
        return {spec.name: self.engine.output(spec.name)[0].copy() for spec in self.signature.outputs}

    def feed(self, sample: Arrays) -> None:
        """Fill the inputs, as :meth:`run` does, and no more."""
        for spec in self.signature.inputs:
            self._feed(spec, sample)

    def real(self, name: str, values: Array) -> NDArray[np.float32]:
        """The real values that an output's values stand for."""
        return dequantize(values, self._tensors[name])

    def picture(self, name: str, values: Array) -> NDArray[np.uint8]:
        """An output's values as picture bytes, (H, W, C)."""
        pixels = np.empty(values.shape, np.uint8)
        self._encodings[name].decode(values, pixels)
        return pixels

    def _feed(self, spec: TensorSpec, sample: Arrays) -> None:
        tensor = self.engine.input(spec.name)
        if spec.role.is_picture:
            self._encodings[spec.name].encode(fill_by_reflection(sample[spec.name], *spec.shape[1:3]), tensor[0])
        elif spec.role is Role.NOISE_LEVEL:
            self._encodings[spec.name].encode_value(float(sample[spec.name]), tensor)
        else:
            missing_state = spec.role is Role.STATE and spec.name not in sample
            real = np.zeros(spec.shape[1:], np.float32) if missing_state else sample[spec.name]
            tensor[0] = quantize(real, self._tensors[spec.name])


def require_tensors(signature: Signature, engine: Engine) -> None:
    """Refuse a network without the promised tensors.

    Raises:
        ContractError: with the name and shape of the first that is missing.
    """
    for specs, tensors in ((signature.inputs, engine.inputs), (signature.outputs, engine.outputs)):
        for spec in specs:
            if spec.name not in tensors or tensors[spec.name].shape != spec.shape:
                raise ContractError(f"the network has no tensor '{spec.name}' of shape {spec.shape} as promised")
