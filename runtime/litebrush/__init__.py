"""Small models that generate and repair images on a device.

>>> import litebrush
>>> restorer = litebrush.load("denoise")
>>> clean = restorer(photo, noise_level=25)          # PIL in, PIL out; or uint8 (H, W, 3)
>>> litebrush.verify("denoise").identical
True

"""

from litebrush import errors
from litebrush.contract import ModelContract, Precision
from litebrush.errors import LitebrushError
from litebrush.loading import load, models, verify
from litebrush.repair import repair
from litebrush.restorer import Restorer
from litebrush.verification import Verification

__version__ = "0.1.0"

__all__ = [
    "LitebrushError",
    "ModelContract",
    "Precision",
    "Restorer",
    "Verification",
    "errors",
    "load",
    "models",
    "repair",
    "verify",
]
