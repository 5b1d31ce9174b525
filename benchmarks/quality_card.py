"""The model card of a shipped model, from its contract and from what its quality script measured.

python benchmarks/quality_card.py deblock
"""

from __future__ import annotations

import json
from pathlib import Path

import click
from page_templates import page_template
from quality_table import RESULTS

from litebrush.loading import open_model
from litebrush.zoo import ZooModel, find_shipped

SCRIPTS = {
    "clothing-gan": "gan_quality.py",
    "clothing-vae": "vae_quality.py",
    "denoise-sparse": "sparse_quality.py",
    "denoise-video": "video_quality.py",
}


@click.command()
@click.argument("name")
def main(name: str) -> None:
    """Write docs/models/NAME.md; NAME has been measured by its script, mostly benchmarks/NAME_quality.py."""
    model = find_shipped(name)
    quality = json.loads((RESULTS / f"{name}_quality.json").read_text(encoding="utf-8"))
    card = page_template("quality_card.md.jinja").render(
        model=model,
        script=SCRIPTS.get(name, f"{name}_quality.py"),
        picture=Path("docs", "images", f"{name}.jpg").exists(),
        contract=open_model(name).contract,
        sizes={each.value: model.path(each).stat().st_size for each in model.precisions},
        speed_ups=_speed_ups(model),
        quality=quality,
        columns=list(dict.fromkeys(column for values in quality["figures"].values() for column in values)),
    )
    Path("docs/models", f"{name}.md").write_text(card, encoding="utf-8")


def _speed_ups(model: ZooModel) -> dict[str, float]:
    """Over float32 by precision; empty where ``make bench`` has measured other files than those that ship now."""
    run = RESULTS / "bench.json"
    studies = json.loads(run.read_text(encoding="utf-8"))["fidelity"] if run.exists() else []
    rows = {row["precision"]: row for each in studies if each["model"] == model.name for row in each["rows"]}
    shipped = {each.value: model.path(each).stat().st_size for each in model.precisions}
    if {precision: row["bytes"] for precision, row in rows.items()} != shipped:
        return {}
    return {precision: row["speed_up"] for precision, row in rows.items()}


if __name__ == "__main__":
    main()
