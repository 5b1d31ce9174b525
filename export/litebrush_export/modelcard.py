"""MODEL_CARD.md: a contract and its measured figures as a page for people."""

from __future__ import annotations

from pathlib import Path

import jinja2

from litebrush.atomic import atomic_file
from litebrush.contract import ModelContract
from litebrush_export.exported import Exported


def write_model_card(contract: ModelContract, files: tuple[Exported, ...], path: Path) -> None:
    """Write the card whole or not at all."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("litebrush_export"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    text = environment.get_template("model_card.md.jinja").render(
        contract=contract,
        parities=[file.parity for file in files],
        sparsities=[(file.parity, file.sparsity) for file in files if file.sparsity is not None],
        search=next((file.search for file in files if file.search is not None), None),
    )
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
