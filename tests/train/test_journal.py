from __future__ import annotations

import csv

import numpy as np

from litebrush_train.journal import Journal

PREVIEW = np.zeros((4, 4, 3), np.uint8)


def test_a_figure_that_is_measured_now_and_then_leaves_empty_fields(tmp_path):
    journal = Journal(tmp_path, "training")
    journal.write(1, {"loss": 2.0}, PREVIEW)
    journal.write(2, {"loss": 1.0, "MobileNet-FID": 61.25}, PREVIEW)
    Journal(tmp_path, "training").write(3, {"loss": 0.5}, PREVIEW)
    with (tmp_path / "logs" / "training.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["step"] for line in lines] == ["1", "2", "3"]
    assert [line["loss"] for line in lines] == ["2", "1", "0.5"]
    assert [line["MobileNet-FID"] for line in lines] == ["", "61.25", ""]
