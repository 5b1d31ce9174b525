from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litebrush.contract import Golden, Measurement, ModelContract, Precision, Provenance, Role, Task, TensorSpec, Tiling
from litebrush.errors import ContractError

text = st.text(max_size=20)
numbers = st.floats(-1e6, 1e6)


@st.composite
def contracts(draw: st.DrawFn) -> ModelContract:
    alignment = draw(st.sampled_from([1, 2, 4]))
    halo = draw(st.integers(0, 30))
    side = alignment * draw(st.integers(-(-2 * halo // alignment) + 1, 200))
    low = draw(st.floats(-2, 1))
    picture = {"minimum": low, "maximum": low + draw(st.floats(0.1, 300))}
    return ModelContract(
        name=draw(st.text(min_size=1, max_size=20)),
        task=Task.RESTORE,
        signature=draw(text),
        inputs=(
            TensorSpec("image", Role.IMAGE, (1, side, side, 3), **picture),
            TensorSpec("level", Role.NOISE_LEVEL, (1, side, side, 1), highest=draw(st.floats(1, 255))),
        ),
        outputs=(TensorSpec("out", Role.IMAGE, (1, side, side, 3), **picture),),
        tiling=Tiling(halo, alignment, draw(st.booleans())),
        provenance=Provenance(
            draw(text), draw(text), draw(text), {"training": {"steps": draw(st.integers())}}, {"litebrush": draw(text)}
        ),
        precision=draw(st.sampled_from([None, *Precision])),
        golden=draw(st.sampled_from([None, Golden(25, 0.0, "ab"), Golden(0, 1e-4)])),
        quality=tuple(draw(st.lists(st.builds(Measurement, text, numbers, text), max_size=3))),
    )


@given(contracts())
def test_json_brings_back_an_equal_contract(written):
    assert ModelContract.from_json(written.to_json()) == written


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tiling": Tiling(40, 2, True)}, "nothing left inside a halo"),
        ({"tiling": Tiling(5, 48, True)}, "not a multiple of 48"),
        ({"name": ""}, "no name"),
        ({"outputs": ()}, "one output"),
        ({"outputs": (TensorSpec("out", Role.IMAGE, (1, 32, 32, 3)),)}, "not of the input's shape"),
        ({"outputs": (TensorSpec("image", Role.IMAGE, (1, 64, 64, 3)),)}, "not unique"),
        ({"inputs": ()}, "expected one input of role 'image', found 0"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(contract, change, message):
    with pytest.raises(ContractError, match=message):
        dataclasses.replace(contract, **change)


@pytest.mark.parametrize(
    ("shape", "message"),
    [((1, 64, 64, 1), "1 channels, not 3"), ((2, 64, 64, 3), r"\(1, H, W, C\)"), ((1, 0, 64, 3), "dynamic side")],
)
def test_a_picture_tensor_of_another_shape_is_refused(shape, message):
    with pytest.raises(ContractError, match=message):
        TensorSpec("image", Role.IMAGE, shape)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda document: document.update(litebrush=99), "format 99"),
        (lambda document: document.pop("tiling"), "tiling"),
        (lambda document: document.update(task="fly"), "fly"),
        (lambda document: document.update(surprise=1), "surprise"),
        (lambda document: document["inputs"][0].update(shape=5), "cannot be understood"),
    ],
)
def test_a_document_that_is_no_contract_is_refused_by_name(contract, break_it, message):
    document = json.loads(contract.to_json())
    break_it(document)
    with pytest.raises(ContractError, match=message):
        ModelContract.from_json(json.dumps(document))


@pytest.mark.parametrize("document", ["", "not json", "[]", "null", '{"litebrush": 1}'])
def test_text_that_is_no_contract_is_refused(document):
    with pytest.raises(ContractError):
        ModelContract.from_json(document)
