"""Small models that generate and repair images on a device.

    >>> import litebrush
    >>> restorer = litebrush.load("denoise")
    >>> clean = restorer(photo, noise_level=25)          # PIL in, PIL out; or uint8 (H, W, 3)
    >>> litebrush.verify("denoise").identical
    True

Importing litebrush imports nothing else; numpy and Pillow come with the first name that needs them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from litebrush import errors
    from litebrush.autoencoder import Autoencoder
    from litebrush.contract import ModelContract, Precision
    from litebrush.damage import DamageDetector
    from litebrush.errors import LitebrushError
    from litebrush.generator import Generator
    from litebrush.inpainter import Inpainter
    from litebrush.loading import load, models, verify
    from litebrush.repairing import Repairer, repair
    from litebrush.restorer import Restorer
    from litebrush.sequence import SequenceRestorer
    from litebrush.verification import Verification

__version__ = "0.1.0"

__all__ = [
    "Autoencoder",
    "DamageDetector",
    "Generator",
    "Inpainter",
    "LitebrushError",
    "ModelContract",
    "Precision",
    "Repairer",
    "Restorer",
    "SequenceRestorer",
    "Verification",
    "errors",
    "load",
    "models",
    "repair",
    "verify",
]

_HOMES = {
    "Autoencoder": "autoencoder",
    "DamageDetector": "damage",
    "Generator": "generator",
    "Inpainter": "inpainter",
    "LitebrushError": "errors",
    "ModelContract": "contract",
    "Precision": "contract",
    "Repairer": "repairing",
    "Restorer": "restorer",
    "SequenceRestorer": "sequence",
    "Verification": "verification",
    "load": "loading",
    "models": "loading",
    "repair": "repairing",
    "verify": "loading",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module("litebrush.errors")
    if name not in _HOMES:
        raise AttributeError(f"module 'litebrush' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"litebrush.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
