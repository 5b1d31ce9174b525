"""The tensors that go into and come out of a network, and what they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from litebrush.errors import ContractError

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
TARGET = "target"
_LONGEST_SIDE = 2**31 - 1  # of a tensor in a flatbuffer
_LARGEST_REAL, _NARROWEST_RANGE = 1e30, 1e-30  # float32 computes with them


class Role(str, Enum):
    """What a tensor means to the runtime.

    IMAGE:        (1, H, W, 3) RGB; stored as bytes.
    NOISE_LEVEL:  (1, h, w, 1), one noise level everywhere; stored in grey levels.
    MASK:         (1, H, W, 1); stored as bytes, 255 = missing or damaged.
    LATENT:       (1, D) or (1, h, w, C), what a generator makes a picture from.
    LABEL:        (1, classes), one-hot.
    STATE:        (1, D) or (1, h, w, C), what a recurrent model remembers from picture to picture.
    """

    IMAGE = "image"
    NOISE_LEVEL = "noise_level"
    MASK = "mask"
    LATENT = "latent"
    LABEL = "label"
    STATE = "state"

    @property
    def is_picture(self) -> bool:
        """Whether the tensor is a picture or a mask, a byte a value."""
        return self in (Role.IMAGE, Role.MASK)

    @property
    def has_bytes(self) -> bool:
        """Whether stored values go from 0 to 255; otherwise the stored value is the real value."""
        return self.is_picture or self is Role.NOISE_LEVEL


_CHANNELS = {Role.IMAGE: 3, Role.NOISE_LEVEL: 1, Role.MASK: 1}
_RANKS = {Role.IMAGE: (4,), Role.NOISE_LEVEL: (4,), Role.MASK: (4,), Role.LABEL: (2,)}


@dataclass(frozen=True)
class TensorSpec:
    """One input or output.

    Attributes:
        name: its name in the model's signature.
        role: what it means.
        shape: static (1, height, width, channels) or (1, values). Pictures have channels red, green, blue.
        minimum: the real value that stands for a stored 0 (a black pixel, a whole one, a noise level of 0 grey levels).
        maximum: the real value that stands for a stored 255 (a white pixel, a missing or damaged one).
            Of a mask alone it may be the smaller of the two: that of a network for which 0 means missing.
        highest: the largest stored value that the model was trained for.

    Latents, labels and states are stored as the real values that they are; the last three do not concern them.
    """

    name: str
    role: Role
    shape: tuple[int, ...]
    minimum: float = 0.0
    maximum: float = 1.0
    highest: float = 255.0

    def __post_init__(self) -> None:
        require_name("tensor", self.name)
        require(self.name != TARGET, f"no tensor can be called '{TARGET}', which stands for the truth")
        ranks = _RANKS.get(self.role, (2, 4))
        shapes = " or ".join({2: "(1, N)", 4: "(1, H, W, C)"}[rank] for rank in ranks)
        require(
            len(self.shape) in ranks and self.shape[0] == 1,
            f"{self.role.value} tensor '{self.name}' is of shape {self.shape}, not {shapes}",
        )
        require(min(self.shape) >= 1, f"tensor '{self.name}' has an empty or dynamic side: {self.shape}")
        require(max(self.shape) <= _LONGEST_SIDE, f"tensor '{self.name}' has a side that no network has: {self.shape}")
        channels = _CHANNELS.get(self.role, self.shape[-1])
        require(
            self.shape[-1] == channels,
            f"{self.role.value} tensor '{self.name}' has {self.shape[-1]} channels, not {channels}",
        )
        require(
            self.minimum < self.maximum or (self.role is Role.MASK and self.minimum > self.maximum),
            f"tensor '{self.name}' has an empty range, or one that ends before it begins",
        )
        require(
            max(abs(self.minimum), abs(self.maximum)) <= _LARGEST_REAL
            and abs(self.maximum - self.minimum) >= _NARROWEST_RANGE,
            f"tensor '{self.name}' has the range {self.minimum:g} to {self.maximum:g}, which float32 cannot hold",
        )
        require(0 < self.highest <= 255, f"tensor '{self.name}': highest must lie in (0, 255]")
        require(
            self.role.has_bytes or (self.minimum, self.maximum, self.highest) == (0, 1, 255),
            f"{self.role.value} tensor '{self.name}' is stored as real values; it has no minimum, maximum, highest",
        )


@dataclass(frozen=True)
class Signature:
    """One way to run a network: named inputs to named outputs."""

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def __post_init__(self) -> None:
        require_name("signature", self.name)
        names = [spec.name for spec in (*self.inputs, *self.outputs)]
        require(len(set(names)) == len(names), f"tensor names of '{self.name}' are not unique: {', '.join(names)}")

    def input(self, role: Role) -> TensorSpec:
        """The one input of a role.

        Raises:
            ContractError: there is none, or more than one.
        """
        return self._only(role, self.inputs, "input")

    def output(self, role: Role) -> TensorSpec:
        """The one output of a role.

        Raises:
            ContractError: there is none, or more than one.
        """
        return self._only(role, self.outputs, "output")

    def has_input(self, role: Role) -> bool:
        """Whether there is an input of a role."""
        return any(spec.role is role for spec in self.inputs)

    def _only(self, role: Role, specs: tuple[TensorSpec, ...], side: str) -> TensorSpec:
        found = [spec for spec in specs if spec.role is role]
        require(len(found) == 1, f"expected one {side} of role '{role.value}' in '{self.name}', found {len(found)}")
        return found[0]


def require(condition: bool, message: str) -> None:
    """Refuse a contract.

    Raises:
        ContractError: with the message, unless the condition holds.
    """
    if not condition:
        raise ContractError(message)


def require_name(what: str, name: str) -> None:
    """Refuse a name that cannot be a key of a stored array.

    Raises:
        ContractError: with the name.
    """
    require(
        isinstance(name, str) and _NAME.fullmatch(name) is not None,
        f"{name!r} cannot name a {what}; use letters, digits, '_', '-' and '.'",
    )
