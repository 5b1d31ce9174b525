"""What compression must know about a network beyond its layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from litebrush_train.compression.equalization import ChannelGroup


@dataclass(frozen=True)
class Structure:
    """What compression must know about a network beyond its layers.

    Attributes:
        groups: channels that may be scaled or dropped together.
        ranges: of inputs, where they are known; others are observed.
        tied: state inputs and the layers whose output becomes the state, which share one range.
        pictures: layers that hold pictures; as 8-bit tensors they are the pictures' own bytes.
    """

    groups: tuple[ChannelGroup, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    tied: tuple[tuple[str, str], ...] = ()
    pictures: tuple[str, ...] = ()
