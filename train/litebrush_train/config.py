"""Recipes in TOML: read, overridden, checked against the dataclass that describes them, before any work starts."""

from __future__ import annotations

import dataclasses
import re
import sys
import typing
from importlib import resources
from typing import Any, TypeVar

from litebrush.errors import RecipeError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RecipeType = TypeVar("RecipeType")
Sections = dict[str, dict[str, Any]]

_BARE_WORD = re.compile(r"[A-Za-z./~][\w./~:+-]*")
_KINDS: dict[type, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    str: ((str,), "text in quotes"),
}


def require(condition: bool, message: str) -> None:
    """Refuse a setting.

    Raises:
        RecipeError: the condition does not hold.
    """
    if not condition:
        raise RecipeError(message)


def shipped_sections(name: str) -> Sections:
    """The sections of a recipe that comes with litebrush."""
    text = resources.files("litebrush_train").joinpath(f"recipes/{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def override(sections: Sections, settings: tuple[str, ...]) -> Sections:
    """The sections with ``section.key=value`` settings put in; values are TOML, a bare word is text.

    Raises:
        RecipeError: a setting that is not of this form.
    """
    changed = {section: dict(values) for section, values in sections.items()}
    for setting in settings:
        path, equals, text = setting.partition("=")
        section, dot, key = path.strip().partition(".")
        require(
            bool(equals and dot and key),
            f"'{setting}' is not an override; write section.key=value, for example training.steps=2000",
        )
        changed.setdefault(section, {})[key] = _value(setting, text.strip())
    return changed


def _value(setting: str, text: str) -> Any:
    if _BARE_WORD.fullmatch(text) and text not in ("true", "false", "inf", "nan"):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        raise RecipeError(f"'{text}' in '{setting}' is not a TOML value; quote text, write numbers plainly") from None


def build(kind: type[RecipeType], sections: Sections) -> RecipeType:
    """A recipe from its sections.

    Args:
        kind: a dataclass whose fields are sections, each a dataclass of bool, int, float and str.
        sections: as in the TOML file, or as :func:`to_sections` wrote them.

    Raises:
        RecipeError: an unknown section or key, a value of the wrong type, or an impossible value.
    """
    known = typing.get_type_hints(kind)
    unknown = sorted(set(sections) - set(known))
    require(not unknown, f"no section '{', '.join(unknown)}' in this recipe; it has {', '.join(known)}")
    return kind(**{name: _section(name, section, sections.get(name, {})) for name, section in known.items()})


def to_sections(recipe: Any) -> Sections:
    """The resolved recipe as sections of plain values, for JSON."""
    return dataclasses.asdict(recipe)


def _section(name: str, kind: type, values: dict[str, Any]) -> Any:
    types = typing.get_type_hints(kind)
    for key, value in values.items():
        require(key in types, f"no setting '{name}.{key}'; section '{name}' has {', '.join(types)}")
        allowed, words = _KINDS[types[key]]
        fits = isinstance(value, allowed) and isinstance(value, bool) == (types[key] is bool)
        require(fits, f"{name}.{key} is {value!r}; expected {words}")
    missing = [
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.name not in values
    ]
    require(not missing, f"section '{name}' lacks {', '.join(missing)}")
    try:
        return kind(**values)
    except RecipeError as problem:
        raise RecipeError(f"section '{name}': {problem}") from None
