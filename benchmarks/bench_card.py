"""Figures of one run of ``make bench`` for the texts: docs/benchmarks.md, and the plot beside it.

make bench
python benchmarks/bench_card.py bench-output/bench.json
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click
from page_templates import page_template
from quality_table import RESULTS
from studies.peers import PeerStudy, Point
from studies.plots import quality_against_time

BEGIN, END = "<!-- figures by benchmarks/bench_card.py -->", "<!-- end of figures -->"


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--page", type=click.Path(path_type=Path), default="docs/benchmarks.md")
@click.option("--images", type=click.Path(path_type=Path), default="docs/images")
def main(run: Path, page: Path, images: Path) -> None:
    """Keep the figures of RUN as benchmarks/results/bench.json, and write them between the marks of the page."""
    figures = json.loads(run.read_text(encoding="utf-8"))
    kept = RESULTS / "bench.json"
    if run.resolve() != kept.resolve():
        shutil.copyfile(run, kept)
    for study in figures["peers"]:
        svg = quality_against_time(_peer_study(study))
        (images / f"peers-{study['model']}.svg").write_text(svg, encoding="utf-8")
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    text = page_template("bench_card.md.jinja").render(figures)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def _peer_study(document: dict[str, Any]) -> PeerStudy:
    points = tuple(Point(**point) for point in document["points"])
    return PeerStudy(**{**document, "points": points, "pictures": ()})


if __name__ == "__main__":
    main()
