"""Parts of litebrush that need more than the thin installation."""

from __future__ import annotations

import importlib.util

from litebrush.errors import MissingExtraError


def require_extra(extra: str, *packages: str) -> None:
    """Check that an extra's packages are there, without importing them.

    Raises:
        MissingExtraError: with the line to type.
    """
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise MissingExtraError(f"this needs {', '.join(missing)}; type: pip install 'litebrush[{extra}]'")
