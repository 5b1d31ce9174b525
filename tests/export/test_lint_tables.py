from __future__ import annotations

import pytest
from ai_edge_litert import schema_py_generated as schema

from litebrush.contract import Precision
from litebrush_export.flatbuffer import ACTIVATION_NAMES, OPERATOR_NAMES, TYPE_NAMES
from litebrush_export.target import TARGETS
from litebrush_export.targets.operator_table import TABLES, load_table
from litebrush_export.targets.rule import rule_from

OPTION_NAMES = {
    name
    for kind, made in vars(schema).items()
    if kind.endswith("OptionsT") and isinstance(made, type)
    for name in vars(made())
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_names_its_sources_and_what_it_does_not_know(name):
    table = load_table(name)
    assert all(source.url.startswith("https://") and source.version for source in table.sources)
    assert table.sources
    assert table.unknown.endswith(".")
    assert (table.delegate in str(table), table.version in str(table)) == (True, True)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_speaks_the_schemas_language(name):
    table = load_table(name)
    assert set(table.operators) <= set(OPERATOR_NAMES.values())
    for rules in table.operators.values():
        assert rules
        for rule in rules:
            assert set(rule.types or ()) <= set(TYPE_NAMES.values())
            assert set(rule.weights or ()) <= set(TYPE_NAMES.values())
            assert set(rule.fused or ()) <= set(ACTIVATION_NAMES.values())
            assert set(rule.options or ()) <= OPTION_NAMES


@pytest.mark.parametrize("name", TABLES)
def test_api_levels_are_androids_and_only_where_they_mean_something(name):
    table = load_table(name)
    levels = {rule.api for rules in table.operators.values() for rule in rules}
    assert levels == ({27, 28, 29, 30} if table.lowest_api_level is not None else {0})


def test_a_word_that_is_not_in_the_vocabulary_is_refused():
    with pytest.raises(TypeError, match="rank"):
        rule_from({"rank": [4]})


def test_every_table_is_used_and_every_target_has_one():
    assert {name for target in TARGETS.values() for name in target.tables} == set(TABLES)
    assert all(target.tables and target.precisions and target.name == name for name, target in TARGETS.items())


def test_targets_that_compute_in_8_bits_only_get_int8():
    assert TARGETS["edgetpu"].precisions == TARGETS["android-npu"].precisions == (Precision.INT8,)
    assert TARGETS["android-gpu"].precisions == (Precision.FLOAT16,)
    quick_to_make = (Precision.FLOAT32, Precision.FLOAT16, Precision.DYNAMIC, Precision.INT8)
    assert TARGETS["cpu"].precisions == quick_to_make
