from __future__ import annotations

from pathlib import Path

import pytest

from litebrush.contract import Precision
from litebrush_export.pipeline import Exported, export


@pytest.fixture(scope="session")
def handover(finished_run) -> Path:
    return finished_run / "handover"


@pytest.fixture(scope="session")
def exported(handover, tmp_path_factory) -> dict[Precision, Exported]:
    files = export(handover, tuple(Precision), tmp_path_factory.mktemp("models"))
    return {file.parity.precision: file for file in files}
