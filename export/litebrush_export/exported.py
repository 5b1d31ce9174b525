"""What an export wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from litebrush_export.lint import Lint
from litebrush_export.mixed import Search
from litebrush_export.parity import Parity
from litebrush_export.sparsity import Sparsity


@dataclass(frozen=True)
class Exported:
    """One file that was written.

    Attributes:
        path: where.
        parity: how it compares.
        lints: what the target's delegates take of it.
        sparsity: where its kernels have many zeros.
        search: how it was found, of ``mixed``.
    """

    path: Path
    parity: Parity
    lints: tuple[Lint, ...]
    sparsity: Sparsity | None = None
    search: Search | None = None
