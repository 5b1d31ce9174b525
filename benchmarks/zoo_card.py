"""The model card of the shipped denoiser, from its contract and from what the other scripts measured.

python benchmarks/zoo_card.py
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import jinja2

import litebrush
from litebrush.loading import open_model
from litebrush.zoo import find_model

RESULTS = Path(__file__).parent / "results"


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default="docs/models/denoise.md")
def main(out: Path) -> None:
    """Write the model card."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    page = environment.get_template("zoo_card.md.jinja").render(
        contract=open_model("denoise").contract,
        held_out={p.value: open_model("denoise", p).contract.quality[0].value for p in litebrush.Precision},
        sizes={p.value: find_model("denoise", p).stat().st_size for p in litebrush.Precision},
        quality=json.loads((RESULTS / "denoise_quality.json").read_text(encoding="utf-8")),
        speed=json.loads((RESULTS / "denoise_speed.json").read_text(encoding="utf-8")),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
