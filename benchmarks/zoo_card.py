"""The model card of the shipped denoiser, from its contract and from what the other scripts measured.

python benchmarks/zoo_card.py
"""

from __future__ import annotations

import json
from pathlib import Path

import click
from page_templates import page_template

from litebrush.loading import open_model
from litebrush.zoo import find_model, find_shipped

BEGIN, END = "<!-- figures by benchmarks/zoo_card.py -->", "<!-- end of figures -->"
RESULTS = Path(__file__).parent / "results"


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default="docs/models/denoise.md")
@click.option("--readme", type=click.Path(path_type=Path), default="README.md")
def main(out: Path, readme: Path) -> None:
    """Write the model card, and the table between the marks in the README."""
    precisions = find_shipped("denoise").precisions
    figures = {
        "contract": open_model("denoise").contract,
        "held_out": {p.value: open_model("denoise", p).contract.quality[0].value for p in precisions},
        "sizes": {p.value: find_model("denoise", p).stat().st_size for p in precisions},
        "quality": json.loads((RESULTS / "denoise_quality.json").read_text(encoding="utf-8")),
        "bm3d": json.loads((RESULTS / "bm3d_peer.json").read_text(encoding="utf-8")),
        "int8_cost": json.loads((RESULTS / "int8_cost.json").read_text(encoding="utf-8")),
        "speed": json.loads((RESULTS / "denoise_speed.json").read_text(encoding="utf-8")),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page_template("zoo_card.md.jinja").render(figures), encoding="utf-8")
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    table = page_template("readme_table.md.jinja").render(figures)
    readme.write_text(f"{before}{BEGIN}\n{table}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
