"""Compression while training: smaller, sparser or 8-bit networks, with tensorflow-model-optimization.

:mod:`~litebrush_train.compression.stages` says which method takes which stages; the other modules are what they do.
"""

from litebrush_train.compression.equalization import ChannelGroup, equalize
from litebrush_train.compression.quantization import pin_picture_ranges, quantization_aware
from litebrush_train.compression.stages import STAGES, KnownRanges, Stage, require_compressible

__all__ = [
    "STAGES",
    "ChannelGroup",
    "KnownRanges",
    "Stage",
    "equalize",
    "pin_picture_ranges",
    "quantization_aware",
    "require_compressible",
]
