from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litebrush.errors import RecipeError
from litebrush_train.config import load_recipe, recipe_from_dict


def test_the_shipped_recipe_works_as_it_is():
    recipe = load_recipe("denoise")
    assert recipe.noise.highest == 50
    assert recipe.model.channels % 8 == 0


@given(steps=st.integers(0, 10**6), rate=st.floats(1e-9, 1), channels=st.integers(1, 512))
def test_a_resolved_recipe_survives_json(steps, rate, channels):
    recipe = load_recipe(
        "denoise", (f"training.steps={steps}", f"training.learning_rate={rate!r}", f"model.channels={channels}")
    )
    assert recipe.training.steps == steps
    assert recipe_from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.stesp=1", r"no setting 'training.stesp'; section 'training' has steps"),
        ("trainin.steps=1", r"no section 'trainin'"),
        ("training.steps", r"write section.key=value"),
        ("steps=1", r"write section.key=value"),
        ("training.steps=many", r"'many' .* is not a TOML value"),
        ("training.steps=1.5", r"training.steps is 1.5; expected a whole number"),
        ("training.steps=true", r"training.steps is True; expected a whole number"),
        ('training.learning_rate="fast"', r"expected a number"),
        ("training.steps=-1", r"section 'training': steps is -1"),
        ("training.patch_size=17", r"must be even and at least 16"),
        ("noise.lowest=60", r"section 'noise': .*0 <= lowest < highest"),
        ("model.blocks=0", r"section 'model': blocks is 0"),
        ("run.validation_share=1", r"between 0 and 1"),
        ("run.tile_size=63", r"even and at least 64"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(override, message):
    with pytest.raises(RecipeError, match=message):
        load_recipe("denoise", (override,))
