"""Dataclasses of plain values out of JSON: what :mod:`litebrush.contract` is read with.

A file may come from anywhere, so nothing is taken on trust: not the kind of a value, not that a key stands there once.
"""

from __future__ import annotations

import json
import reprlib
import sys
import types
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from litebrush.errors import ContractError

_Record = TypeVar("_Record")
_DEEPEST = 20


def parse_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ContractError: not JSON, no object, nested too deeply, a key that stands there twice, no Unicode text.
    """
    try:
        document = json.loads(text, object_pairs_hook=_unique)
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair could be read, but never written
    except (ValueError, RecursionError) as problem:
        raise ContractError(f"the contract is not JSON: {problem}") from None
    if _is_deep(document, _DEEPEST):
        raise ContractError(f"the contract is nested more than {_DEEPEST} deep")
    if not isinstance(document, dict):
        raise ContractError("the contract is not a JSON object")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        (name, times), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{reprlib.repr(name)} stands there {times} times")
    return document


def _is_deep(value: Any, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deep(each, levels - 1) for each in inner)


def record(kind: type[_Record], values: Mapping[str, Any]) -> _Record:
    """An instance of a dataclass, when each value is of the type that its field is declared with.

    Raises:
        ContractError: an unknown field, or a value of another type.
        TypeError: a field is missing.
    """
    declared = get_type_hints(kind)
    for name, value in values.items():
        if name not in declared:
            raise ContractError(f"the contract cannot be understood: {kind.__name__} has no {reprlib.repr(name)}")
        if not _fits(value, declared[name]):
            raise ContractError(
                f"the contract cannot be understood: {name} of {kind.__name__} is {reprlib.repr(value)}, "
                f"not {_said(declared[name])}"
            )
    return kind(**values)


def _fits(value: Any, declared: Any) -> bool:
    origin, arguments = get_origin(declared), get_args(declared)
    if declared is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, each) for each in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(each, arguments[0]) for each in value)
    if origin is not None:  # a mapping from names
        return isinstance(value, dict) and all(_fits(each, arguments[1]) for each in value.values())
    if declared is float:
        return type(value) is float or (type(value) is int and abs(value) <= sys.float_info.max)
    return type(value) is declared if declared in (int, bool, str) else isinstance(value, declared)


def _said(declared: Any) -> str:
    return declared.__name__ if isinstance(declared, type) and not get_args(declared) else str(declared)
