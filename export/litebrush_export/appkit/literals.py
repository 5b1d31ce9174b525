"""Values as the platforms' languages write them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_KOTLIN_ESCAPE, _SWIFT_ESCAPE = r"\u{:04x}", r"\u{{{:x}}}"


def c_string(text: str) -> str:
    """A string literal of C; what is not plain ASCII becomes its bytes in octal."""
    return f'"{"".join(_c_byte(byte) for byte in text.encode())}"'


def kotlin_string(text: str) -> str:
    """A string literal of Kotlin."""
    return f'"{"".join(_unit(unit, _KOTLIN_ESCAPE) for unit in _utf16(text))}"'


def swift_string(text: str) -> str:
    """A string literal of Swift."""
    return f'"{"".join(_unit(ord(letter), _SWIFT_ESCAPE) for letter in text)}"'


def real(value: float) -> str:
    """A number with a decimal point or an exponent, in digits that give it back."""
    return repr(float(value))


def float_bits(value: float) -> str:
    """The bits of a float32, as eight hexadecimal digits."""
    return f"0x{int(np.float32(value).view(np.uint32)):08x}"


FILTERS: dict[str, Callable[..., str]] = {
    "c_string": c_string,
    "kotlin_string": kotlin_string,
    "swift_string": swift_string,
    "real": real,
    "float_bits": float_bits,
}

_PLAIN = frozenset(range(0x20, 0x7F)) - {ord(letter) for letter in '"\\$?'}


def _c_byte(byte: int) -> str:
    return chr(byte) if byte in _PLAIN else f"\\{byte:03o}"


def _unit(code: int, escape: str) -> str:
    return chr(code) if code in _PLAIN else escape.format(code)


def _utf16(text: str) -> list[int]:
    encoded = text.encode("utf-16-be")
    return [int.from_bytes(encoded[place : place + 2], "big") for place in range(0, len(encoded), 2)]
