from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made.contracts import IMAGE, LATENT, MASK, NOISE_LEVEL, RESTORED, STATES, make_task_contract

from litebrush.contract import Golden, Measurement, ModelContract, Precision, Provenance, StatePair, Tiling
from litebrush.errors import ContractError
from litebrush.tasks import Task
from litebrush.tensors import Role, Signature, TensorSpec

text = st.text(max_size=20)
names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}", fullmatch=True).filter(lambda name: name != "target")
numbers = st.floats(-1e6, 1e6)
SIDES = st.integers(4, 40).map(lambda quarter: 4 * quarter)


@st.composite
def specs(draw: st.DrawFn, name: str, role: Role, side: int) -> TensorSpec:
    low = draw(st.floats(-2, 1))
    stored = {"minimum": low, "maximum": low + draw(st.floats(0.1, 300)), "highest": draw(st.floats(1, 255))}
    shapes = {
        Role.IMAGE: (1, side, side, 3),
        Role.MASK: (1, side, side, 1),
        Role.NOISE_LEVEL: (1, side // 2, side // 2, 1),
        Role.LABEL: (1, 3),
        Role.LATENT: (1, side),
        Role.STATE: (1, side // 4, side // 4, 5),
    }
    return TensorSpec(name, role, shapes[role], **(stored if role.has_bytes else {}))


@st.composite
def contracts(draw: st.DrawFn) -> ModelContract:
    task = draw(st.sampled_from(Task))
    side = draw(SIDES)
    made = make_task_contract(task)
    signatures, states = [], ()
    for signature in made.signatures:
        optional = [Role.NOISE_LEVEL, Role.LABEL]
        kept = [spec for spec in signature.inputs if spec.role not in optional or draw(st.booleans())]
        called = draw(st.lists(names, min_size=8, max_size=8, unique=True))
        inputs = tuple(draw(specs(called.pop(), spec.role, side)) for spec in kept)
        outputs = tuple(draw(specs(called.pop(), spec.role, side)) for spec in signature.outputs)
        name = signature.name if task is Task.AUTOENCODE else draw(names)
        signatures.append(Signature(name, inputs, outputs))
        if task is Task.RESTORE_SEQUENCE:
            states = (StatePair(signatures[0].input(Role.STATE).name, signatures[0].output(Role.STATE).name),)
    labelled = any(signature.has_input(Role.LABEL) for signature in signatures)
    keys = [f"{signature.name}/{spec.name}" for signature in signatures for spec in signature.outputs]
    halo = draw(st.integers(0, side // 2 - 4))
    return ModelContract(
        name=draw(st.text(min_size=1, max_size=20)),
        task=task,
        signatures=tuple(signatures),
        tiling=Tiling(halo, draw(st.sampled_from([1, 2, 4])), draw(st.booleans())) if task.tiled else None,
        states=states,
        labels=tuple(draw(st.lists(text, min_size=3, max_size=3, unique=True))) if labelled else (),
        provenance=Provenance(
            draw(text), draw(text), draw(text), {"training": {"steps": draw(st.integers())}}, {"litebrush": draw(text)}
        ),
        precision=draw(st.sampled_from([None, *Precision])),
        golden=draw(st.sampled_from([None, Golden(0.0, dict.fromkeys(keys, "ab")), Golden(1e-4)])),
        quality=tuple(draw(st.lists(st.builds(Measurement, text, numbers, text), max_size=3))),
    )


@given(contracts())
def test_json_brings_back_an_equal_contract_of_any_task(written):
    assert ModelContract.from_json(written.to_json()) == written


@pytest.mark.parametrize("task", list(Task))
def test_a_contract_of_one_task_is_none_of_another(task):
    made = make_task_contract(task)
    for other in set(Task) - {task}:
        with pytest.raises(ContractError):
            dataclasses.replace(made, task=other)


def signatures(*sides: tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]) -> tuple[Signature, ...]:
    return tuple(Signature(f"run{index}", *side) for index, side in enumerate(sides))


@pytest.mark.parametrize(
    ("task", "wrong", "message"),
    [
        (
            Task.RESTORE,
            signatures(((), (RESTORED,))),
            "inputs have the roles none; expected image, perhaps noise_level",
        ),
        (Task.RESTORE, signatures(((IMAGE, MASK), (RESTORED,))), "inputs have the roles image, mask"),
        (Task.RESTORE, signatures(((IMAGE,), ())), "outputs have the roles none; expected image"),
        (Task.RESTORE, signatures(((IMAGE, STATES[0]), (RESTORED, STATES[1]))), "inputs have the roles image, state"),
        (Task.INPAINT, signatures(((IMAGE,), (RESTORED,))), "expected image, mask"),
        (Task.DETECT, signatures(((IMAGE,), (RESTORED,))), "outputs have the roles image; expected mask"),
        (Task.GENERATE, signatures(((IMAGE,), (RESTORED,))), "expected latent, perhaps label"),
        (Task.AUTOENCODE, signatures(((IMAGE,), (LATENT,))), "expected 2, found 1"),
        (Task.AUTOENCODE, signatures(((IMAGE,), (LATENT,)), ((LATENT,), (IMAGE,))), "must be called 'encode'"),
        (Task.RESTORE_SEQUENCE, signatures(((IMAGE,), (RESTORED,))), "one or more of state"),
        (
            Task.RESTORE_SEQUENCE,
            signatures(((IMAGE, STATES[0]), (RESTORED,))),
            "outputs have the roles image; expected",
        ),
        (
            Task.RESTORE,
            signatures(((IMAGE, NOISE_LEVEL, dataclasses.replace(NOISE_LEVEL, name="n")), (RESTORED,))),
            "inputs have the roles image, noise_level, noise_level",
        ),
    ],
)
def test_tensors_that_do_not_suit_the_task_are_refused_by_their_roles(task, wrong, message):
    with pytest.raises(ContractError, match=message):
        dataclasses.replace(make_task_contract(task), signatures=wrong)


def resized(spec: TensorSpec, *shape: int) -> TensorSpec:
    return dataclasses.replace(spec, shape=shape)


@pytest.mark.parametrize(
    ("task", "change", "message"),
    [
        (Task.RESTORE, {"tiling": Tiling(40, 2, True)}, "nothing left inside a halo"),
        (Task.RESTORE, {"tiling": Tiling(5, 48, True)}, "not a multiple of 48"),
        (Task.RESTORE, {"tiling": None}, "needs a tiling"),
        (Task.GENERATE, {"tiling": Tiling(5, 2, True)}, "cannot have a tiling"),
        (Task.RESTORE, {"name": ""}, "no name"),
        (
            Task.RESTORE,
            {"signatures": signatures(((IMAGE,), (resized(RESTORED, 1, 32, 32, 3),)))},
            "not of the picture's size",
        ),
        (Task.DETECT, {"signatures": signatures(((IMAGE,), (resized(MASK, 1, 64, 32, 1),)))}, "picture's size"),
        (
            Task.RESTORE,
            {"signatures": signatures(((IMAGE, resized(NOISE_LEVEL, 1, 30, 32, 1)), (RESTORED,)))},
            "does not divide a tile",
        ),
        (
            Task.AUTOENCODE,
            {
                "signatures": (
                    Signature("encode", (IMAGE,), (LATENT,)),
                    Signature("decode", (resized(LATENT, 1, 9),), (IMAGE,)),
                )
            },
            "the latent of 'encode' is of shape",
        ),
        (Task.RESTORE_SEQUENCE, {"states": ()}, "do not name each state once"),
        (Task.RESTORE_SEQUENCE, {"states": (StatePair("state", "restored"),)}, "do not name each state once"),
        (
            Task.RESTORE_SEQUENCE,
            {"signatures": signatures(((IMAGE, STATES[0]), (RESTORED, resized(STATES[1], 1, 32, 32, 5))))},
            "cannot become 'state'",
        ),
        (Task.GENERATE, {"labels": ("bag",)}, "names 1 labels, its input has 3"),
        (Task.GENERATE, {"labels": ("bag", "bag", "coat")}, "not unique"),
        (Task.RESTORE, {"labels": ("bag",)}, "names 1 labels, its input has 0"),
        (
            Task.AUTOENCODE,
            {"golden": Golden(0.0, {"encode/latent": "ab"})},
            "has digests of encode/latent, the outputs",
        ),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(task, change, message):
    with pytest.raises(ContractError, match=message):
        dataclasses.replace(make_task_contract(task), **change)


def test_names_within_a_signature_are_unique():
    with pytest.raises(ContractError, match="not unique: image, image"):
        Signature("restore", (IMAGE,), (IMAGE,))


def test_a_model_of_several_signatures_has_no_only_one():
    with pytest.raises(ContractError, match="several signatures: encode, decode"):
        _ = make_task_contract(Task.AUTOENCODE).signature


@pytest.mark.parametrize(
    ("role", "shape", "message"),
    [
        (Role.IMAGE, (1, 64, 64, 1), "1 channels, not 3"),
        (Role.MASK, (1, 64, 64, 3), "3 channels, not 1"),
        (Role.IMAGE, (2, 64, 64, 3), r"not \(1, H, W, C\)"),
        (Role.IMAGE, (1, 64), r"not \(1, H, W, C\)"),
        (Role.LABEL, (1, 2, 2, 3), r"not \(1, N\)"),
        (Role.LATENT, (1, 2, 2), r"not \(1, N\) or \(1, H, W, C\)"),
        (Role.IMAGE, (1, 0, 64, 3), "dynamic side"),
    ],
)
def test_a_tensor_of_another_shape_than_its_roles_is_refused(role, shape, message):
    with pytest.raises(ContractError, match=message):
        TensorSpec("image", role, shape)


@pytest.mark.parametrize("name", ["", "a/b", "target", ".hidden", "a b", None])
def test_a_name_that_cannot_be_an_arrays_key_is_refused(name):
    with pytest.raises(ContractError, match="tensor"):
        TensorSpec(name, Role.LATENT, (1, 8))


def test_real_values_have_no_bytes():
    with pytest.raises(ContractError, match="no minimum, maximum, highest"):
        TensorSpec("z", Role.LATENT, (1, 8), minimum=-1)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda document: document.update(litebrush=99), "format 99"),
        (lambda document: document.update(litebrush=1), "export an older model again"),
        (lambda document: document.pop("tiling"), "tiling"),
        (lambda document: document.update(task="fly"), "fly"),
        (lambda document: document.update(surprise=1), "surprise"),
        (lambda document: document.update(signatures=[5]), "cannot be understood"),
        (lambda document: document["signatures"][0]["inputs"][0].update(shape=5), "cannot be understood"),
    ],
)
def test_a_document_that_is_no_contract_is_refused_by_name(contract, break_it, message):
    document = json.loads(contract.to_json())
    break_it(document)
    with pytest.raises(ContractError, match=message):
        ModelContract.from_json(json.dumps(document))


@pytest.mark.parametrize("document", ["", "not json", "[]", "null", '{"litebrush": 2}'])
def test_text_that_is_no_contract_is_refused(document):
    with pytest.raises(ContractError):
        ModelContract.from_json(document)
