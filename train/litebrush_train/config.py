"""Recipes: everything that decides a training run, read from TOML and checked before any work starts."""

from __future__ import annotations

import dataclasses
import math
import sys
from dataclasses import dataclass
from importlib import resources
from typing import Any

from litebrush.errors import RecipeError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise RecipeError(message)


@dataclass(frozen=True)
class ModelRecipe:
    """The network: ``channels`` in every convolution, ``blocks`` residual blocks of two convolutions."""

    channels: int = 32
    blocks: int = 4

    def __post_init__(self) -> None:
        _require(self.channels >= 1, f"channels is {self.channels}; it must be at least 1")
        _require(self.blocks >= 1, f"blocks is {self.blocks}; it must be at least 1")


@dataclass(frozen=True)
class NoiseRecipe:
    """Gaussian noise: standard deviation drawn evenly between two bounds, in 8-bit grey levels."""

    lowest: float = 0.0
    highest: float = 50.0

    def __post_init__(self) -> None:
        _require(
            0 <= self.lowest < self.highest <= 255,
            f"lowest, highest are {self.lowest}, {self.highest}; expected 0 <= lowest < highest <= 255",
        )


@dataclass(frozen=True)
class PhaseRecipe:
    """One phase of optimization: Adam whose rate falls from ``learning_rate`` to zero along half a cosine."""

    steps: int
    learning_rate: float
    batch_size: int = 16
    patch_size: int = 64

    def __post_init__(self) -> None:
        _require(self.steps >= 0, f"steps is {self.steps}; it cannot be negative")
        _require(
            0 < self.learning_rate < math.inf, f"learning_rate is {self.learning_rate}; it must be above 0 and finite"
        )
        _require(self.batch_size >= 1, f"batch_size is {self.batch_size}; it must be at least 1")
        _require(
            self.patch_size >= 16 and self.patch_size % 2 == 0,
            f"patch_size is {self.patch_size}; it must be even and at least 16 pixels",
        )


@dataclass(frozen=True)
class RunRecipe:
    """What concerns the run as a whole.

    Attributes:
        seed: decides weights, patches and noise; two runs with one seed on one machine are equal.
        validation_share: share of the files that training never sees; parity tables are computed on them.
        checkpoint_every: steps between two checkpoints.
        calibration_images: pictures handed to the exporter as representative dataset.
        tile_size: height and width in pixels of the exported model's static input.
    """

    seed: int = 0
    validation_share: float = 0.05
    checkpoint_every: int = 500
    calibration_images: int = 32
    tile_size: int = 256

    def __post_init__(self) -> None:
        _require(0 <= self.seed < 2**32, f"seed is {self.seed}; expected 0 to 4294967295")
        _require(
            0 < self.validation_share < 1,
            f"validation_share is {self.validation_share}; expected a number between 0 and 1",
        )
        _require(self.checkpoint_every >= 1, f"checkpoint_every is {self.checkpoint_every}; it must be at least 1")
        _require(
            self.calibration_images >= 1, f"calibration_images is {self.calibration_images}; it must be at least 1"
        )
        _require(
            self.tile_size >= 64 and self.tile_size % 2 == 0,
            f"tile_size is {self.tile_size}; it must be even and at least 64 pixels",
        )


@dataclass(frozen=True)
class Recipe:
    """A whole recipe; the field names are the sections of the TOML file."""

    model: ModelRecipe
    noise: NoiseRecipe
    training: PhaseRecipe
    quantization_aware_training: PhaseRecipe
    run: RunRecipe

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """The resolved recipe as sections of plain values, for JSON."""
        return dataclasses.asdict(self)


_SECTIONS: dict[str, type] = {
    "model": ModelRecipe,
    "noise": NoiseRecipe,
    "training": PhaseRecipe,
    "quantization_aware_training": PhaseRecipe,
    "run": RunRecipe,
}


def load_recipe(family: str, overrides: tuple[str, ...] = ()) -> Recipe:
    """The shipped recipe of a family, with ``section.key=value`` overrides applied.

    Raises:
        RecipeError: an unknown section or key, a value of the wrong type, or an impossible value.
    """
    text = resources.files("litebrush_train").joinpath(f"recipes/{family}.toml").read_text(encoding="utf-8")
    sections: dict[str, dict[str, Any]] = tomllib.loads(text)
    for override in overrides:
        _apply(sections, override)
    return _build(sections)


def recipe_from_dict(sections: dict[str, dict[str, Any]]) -> Recipe:
    """The recipe that :meth:`Recipe.to_dict` wrote."""
    return _build(sections)


def _apply(sections: dict[str, dict[str, Any]], override: str) -> None:
    path, equals, text = override.partition("=")
    section, dot, key = path.strip().partition(".")
    _require(
        bool(equals and dot and key),
        f"'{override}' is not an override; write section.key=value, for example training.steps=2000",
    )
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        raise RecipeError(f"'{text}' in '{override}' is not a TOML value; quote text, write numbers plainly") from None
    sections.setdefault(section, {})[key] = value


def _build(sections: dict[str, dict[str, Any]]) -> Recipe:
    unknown = sorted(set(sections) - set(_SECTIONS))
    _require(not unknown, f"no section '{', '.join(unknown)}' in this recipe; it has {', '.join(_SECTIONS)}")
    return Recipe(**{name: _section(name, kind, sections.get(name, {})) for name, kind in _SECTIONS.items()})


def _section(name: str, kind: type, values: dict[str, Any]) -> Any:
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for key, value in values.items():
        _require(key in fields, f"no setting '{name}.{key}'; section '{name}' has {', '.join(fields)}")
        wants_integer = fields[key].type == "int"
        allowed = int if wants_integer else (int, float)
        _require(
            isinstance(value, allowed) and not isinstance(value, bool),
            f"{name}.{key} is {value!r}; expected {'a whole number' if wants_integer else 'a number'}",
        )
    try:
        return kind(**values)
    except RecipeError as problem:
        raise RecipeError(f"section '{name}': {problem}") from None
    except TypeError:
        missing = [key for key, field in fields.items() if field.default is dataclasses.MISSING and key not in values]
        raise RecipeError(f"section '{name}' lacks {', '.join(missing)}") from None
