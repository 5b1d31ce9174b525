"""What can go wrong, as a tree.

    LitebrushError
    ├── ImageError          a picture could not be read, understood or written
    ├── ModelFileError      a file is not a litebrush model, or is damaged
    │   ├── UnknownModelError  no shipped model is called so
    │   └── ContractError   the contract in it (or of a hand-over) contradicts itself or the network
    ├── VerificationError   a model did not reproduce its golden result here
    ├── BenchmarkError      a benchmark that could not be run or read
    ├── RegressionError     a benchmark came out worse than it may
    ├── EngineError         no interpreter, or one that refused the model
    │   └── AcceleratorError  what was asked to run the model cannot do it here
    ├── RecipeError         a training or export setting that does not exist or cannot work
    ├── DataError           a folder of images that cannot be trained on
    ├── TrainingError       a training run that cannot go on
    ├── FeatureError        a feature extractor could not be had, or cannot describe these pictures
    ├── ConversionError     the converter refused a model, or died
    └── MissingExtraError   a command needs packages that are not installed

Each message says what was given, what was expected, and what to do next, in one line.
The command line prints the message and ends with status 2, or 1 for a VerificationError or RegressionError.
"""

from __future__ import annotations


def one_line(text: object) -> str:
    """A text for a terminal, in one line; what cannot be printed, such as what moves the cursor, becomes ``?``."""
    return "".join(each if each.isprintable() else "?" for each in " ".join(str(text).split()))


class LitebrushError(Exception):
    """Base of every error that litebrush raises on purpose."""


class ImageError(LitebrushError):
    """A picture could not be read, understood or written."""


class ModelFileError(LitebrushError):
    """A file is not a litebrush model, or is damaged."""


class UnknownModelError(ModelFileError):
    """No shipped model is called so."""


class ContractError(ModelFileError):
    """A contract contradicts itself or the network it describes."""


class VerificationError(LitebrushError):
    """A model did not reproduce its golden result on this machine."""


class BenchmarkError(LitebrushError):
    """A benchmark could not be run, here or on a device, or its result not read."""


class RegressionError(LitebrushError):
    """A benchmark came out worse than it may."""


class EngineError(LitebrushError):
    """No interpreter is installed, or it refused the model."""


class AcceleratorError(EngineError):
    """What was asked to run the model cannot do it here.

    Attributes:
        why: in a few words.
        remedy: what would work.
    """

    def __init__(self, why: str, remedy: str) -> None:
        """Say why, and what would work."""
        super().__init__(f"{why}; {remedy}")
        self.why = why
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[AcceleratorError], tuple[str, str]]:
        """Travel from process to process, which an exception with two arguments does not do by itself."""
        return type(self), (self.why, self.remedy)


class RecipeError(LitebrushError):
    """A setting that does not exist or cannot work."""


class DataError(LitebrushError):
    """A folder of images that cannot be trained on."""


class FeatureError(LitebrushError):
    """A feature extractor could not be had, or cannot describe these pictures."""


class ConversionError(LitebrushError):
    """The converter refused a model, or died on it."""


class TrainingError(LitebrushError):
    """A training run cannot go on."""


class MissingExtraError(LitebrushError):
    """A command needs packages that are not installed."""
