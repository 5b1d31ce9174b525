from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from made.exports import quick_exports
from made.families import FAMILIES, make_handover

from litebrush.contract import Precision
from litebrush.tasks import Task
from litebrush_export.exported import Exported
from litebrush_export.pipeline import export
from litebrush_export.variants import Order


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    with quick_exports():
        yield


@pytest.fixture(scope="session")
def handover(finished_run) -> Path:
    return finished_run / "handover"


@pytest.fixture(scope="session")
def folders(tmp_path_factory) -> Mapping[Task, Path]:
    """Hand-overs of untrained networks; whoever changes one changes a copy."""
    made = tmp_path_factory.mktemp("families")
    return {task: make_handover(task, made / task.value) for task in FAMILIES}


@pytest.fixture(scope="session")
def exported(handover, tmp_path_factory) -> dict[Precision, Exported]:
    files = export(handover, Order(tuple(Precision), budget=1.0), tmp_path_factory.mktemp("models"))
    return {file.parity.precision: file for file in files}
