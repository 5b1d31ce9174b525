"""The pages that benchmarks write."""

from __future__ import annotations

from pathlib import Path

import jinja2
from seed_figures import with_deviation


def page_template(name: str) -> jinja2.Template:
    """A template of this folder, for Markdown."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    environment.filters["with_deviation"] = with_deviation
    return environment.get_template(name)
