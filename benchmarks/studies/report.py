"""All studies of one run: kept as JSON, shown as one page that needs no other file."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from PIL import Image

from litebrush.bench.document import BenchmarkDocument
from litebrush.bench.table import UNITS, machine_line, milliseconds
from litebrush.image import Pixels
from litebrush_export.picture_error import written_shift
from studies import plots
from studies.fidelity import ModelFidelity, Picture
from studies.limit import Limit
from studies.peers import PeerStudy
from studies.scaling import Scaling

_TEMPLATES = Path(__file__).parents[1] / "templates"


@dataclass(frozen=True)
class Report:
    """One run.

    Attributes:
        photos: what the photographs are called.
        latency: of all shipped files.
        fidelity, peers, scaling: of each model that they make sense for.
        limit: of this CPU.
        minutes: that everything took.
    """

    photos: str
    latency: BenchmarkDocument
    fidelity: tuple[ModelFidelity, ...]
    peers: tuple[PeerStudy, ...]
    scaling: tuple[Scaling, ...]
    limit: Limit
    minutes: float

    def to_json(self) -> str:
        """The figures; pictures are left out."""
        document = dataclasses.asdict(dataclasses.replace(self, fidelity=(), peers=()))
        for name in ("fidelity", "peers"):
            document[name] = [
                dataclasses.asdict(dataclasses.replace(each, pictures=())) for each in getattr(self, name)
            ]
        return json.dumps(_rounded(document), indent=1, allow_nan=False) + "\n"

    def to_html(self) -> str:
        """The page."""
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        filters: dict[str, Callable[..., str]] = {
            "ms": milliseconds,
            "data_url": _data_url,
            "shifts": lambda levels: " ".join(map(written_shift, levels)),
            "ratio": lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.3g}",
            "decibels": lambda value: "" if value is None else f"{value:.2f}",
        }
        environment.filters.update(filters)
        largest = [each for each in self.scaling if each.sizes[-1].megapixels > 50]
        return environment.get_template("bench.html.jinja").render(
            report=self,
            units=UNITS,
            machine=machine_line(self.latency),
            plots=plots,
            enlarged=_enlarged,
            longest_scaling=(largest or list(self.scaling) or [None])[0],
            peaks={each.precision: each.gmacs_per_s for each in self.limit.peaks},
        )


def _enlarged(picture: Picture) -> int:
    """Width of a picture on the page."""
    width = picture.pixels.shape[1]
    return width * max(1, math.floor(256 / width))


def _data_url(pixels: Pixels) -> str:
    encoded = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(encoded, "WEBP", quality=92)
    return "data:image/webp;base64," + base64.b64encode(encoded.getvalue()).decode("ascii")


def _rounded(value: Any) -> Any:
    """Five digits that count are more than any of these figures has."""
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(each) for each in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value
