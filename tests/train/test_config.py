from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litebrush.errors import RecipeError
from litebrush_train.cli import FAMILIES, command, recipe_class
from litebrush_train.compression.stages import STAGES
from litebrush_train.config import build, override, shipped_sections, to_sections
from litebrush_train.recipes import COMPRESSIONS
from litebrush_train.restoration_recipes import DenoiseRecipe


def load(*settings: str, family: str = "denoise", kind: type = DenoiseRecipe):
    return build(kind, override(shipped_sections(family), settings))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_shipped_recipes_work_as_they_are(family):
    recipe = load(family=family.name, kind=recipe_class(family))
    assert recipe.training.steps > 0
    assert recipe.run.name == family.name


@given(steps=st.integers(0, 10**6), rate=st.floats(1e-9, 1), channels=st.integers(1, 512))
def test_a_resolved_recipe_survives_json(steps, rate, channels):
    recipe = load(f"training.steps={steps}", f"training.learning_rate={rate!r}", f"model.channels={channels}")
    assert recipe.training.steps == steps
    assert build(DenoiseRecipe, json.loads(json.dumps(to_sections(recipe)))) == recipe


def test_the_command_line_offers_the_methods_of_compression_that_there_are():
    for family in FAMILIES:
        (option,) = (each for each in command.commands[family.name].params if each.name == "compress")
        assert set(option.type.choices) == set(COMPRESSIONS) == set(STAGES)


def test_a_bare_word_is_text_and_true_is_not():
    assert override({}, ("run.name=my-model", "a.b=true", "a.c=1e3", "a.d=prune-2:4", "a.e=../masks")) == {
        "run": {"name": "my-model"},
        "a": {"b": True, "c": 1000.0, "d": "prune-2:4", "e": "../masks"},
    }


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.stesp=1", r"no setting 'training.stesp'; section 'training' has steps"),
        ("trainin.steps=1", r"no section 'trainin'"),
        ("training.steps", r"write section.key=value"),
        ("steps=1", r"write section.key=value"),
        ("training.steps=many", r"training.steps is 'many'; expected a whole number"),
        ("training.steps=1 2", r"'1 2' .* is not a TOML value"),
        ("compression.method=shrink", r"method is 'shrink'; there is none, qat, prune"),
        ("compression.sparsity=1", r"sparsity is 1; expected a number between 0 and 1"),
        ('run.name="a/b"', r"name is 'a/b'; use letters"),
        ("training.steps=1.5", r"training.steps is 1.5; expected a whole number"),
        ("training.steps=true", r"training.steps is True; expected a whole number"),
        ('training.learning_rate="fast"', r"expected a number"),
        ("training.steps=-1", r"section 'training': steps is -1"),
        ("patches.patch_size=17", r"must be even and at least 16"),
        ("noise.lowest=60", r"section 'noise': .*0 <= lowest < highest"),
        ("model.blocks=0", r"section 'model': blocks is 0"),
        ("run.validation_share=1", r"between 0 and 1"),
        ("patches.tile_size=63", r"even and at least 64"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(setting, message):
    with pytest.raises(RecipeError, match=message):
        load(setting)
