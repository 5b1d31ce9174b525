from __future__ import annotations

import dataclasses
import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from made.contracts import make_contract

from litebrush.cli import main
from litebrush.contract import ModelContract, Precision, Verdict
from litebrush.errors import ContractError
from litebrush.loading import open_model
from litebrush.modelfile import write_model

text = st.text(max_size=20)
verdicts = st.lists(st.builds(Verdict, text, text, text, st.none() | st.integers(1, 40)), max_size=3).map(tuple)


@given(verdicts)
def test_json_brings_back_equal_verdicts(made):
    written = dataclasses.replace(make_contract(), verdicts=made)
    assert ModelContract.from_json(written.to_json()) == written


def test_a_contract_that_was_written_before_there_were_verdicts_is_read():
    document = json.loads(make_contract().to_json())
    del document["verdicts"]
    assert ModelContract.from_json(json.dumps(document)) == make_contract()


def test_a_verdict_of_another_form_is_refused():
    document = json.loads(make_contract().to_json())
    document["verdicts"] = [{"target": "cpu"}]
    with pytest.raises(ContractError, match="cannot be understood"):
        ModelContract.from_json(json.dumps(document))


def test_inspect_shows_verdicts_with_the_lowest_api_level(tmp_path):
    made = (
        Verdict("cpu", "XNNPACK 1", "3 of 3 operators delegated; checked against the table and run here"),
        Verdict("android-nnapi", "NNAPI 1.3", "2 of 3 operators delegated; checked against the table, not run", 29),
    )
    model = open_model("denoise", Precision.INT8)
    checked = dataclasses.replace(model, contract=dataclasses.replace(model.contract, verdicts=made))
    write_model(checked, tmp_path / "m.tflite")
    shown = CliRunner().invoke(main, ["inspect", str(tmp_path / "m.tflite")]).output
    assert "cpu: 3 of 3 operators delegated; checked against the table and run here (XNNPACK 1)" in shown
    assert "not run; Android API level 29 and above (NNAPI 1.3)" in shown
