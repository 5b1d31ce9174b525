from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from litebrush.rounding import HIGHEST, LOWEST, best_range, scale_of, squared_error

ENDS = st.tuples(st.floats(-100, 0), st.floats(0, 100)).filter(lambda ends: ends[1] - ends[0] > 1e-3)
VALUES = arrays(np.float32, st.integers(1, 200), elements=st.floats(-50, 50, width=32))


@given(ENDS)
def test_zero_is_a_stored_value_and_the_range_is_covered(ends):
    scale, zero_point = scale_of(*ends)
    assert LOWEST <= zero_point <= HIGHEST
    assert (LOWEST - zero_point) * scale <= ends[0] + scale
    assert (HIGHEST - zero_point) * scale >= ends[1] - scale


@given(VALUES)
def test_the_best_range_is_no_worse_than_the_whole_one(values):
    whole = min(float(values.min()), -1e-3), max(float(values.max()), 1e-3)
    best = best_range(values, *whole)
    assert whole[0] <= best[0] <= 0 <= best[1] <= whole[1]
    assert squared_error(values, *best) <= squared_error(values, *whole)


def test_a_few_outliers_are_clipped_where_that_pays():
    random = np.random.default_rng(0)
    values = np.append(random.normal(0, 1, 1_000_000), [9.0, -9.0]).astype(np.float32)
    minimum, maximum = best_range(values, -9.0, 9.0)
    assert minimum > -6
    assert maximum < 6


def test_a_range_that_begins_at_zero_still_does():
    assert best_range(np.linspace(0, 1, 99, dtype=np.float32), 0.0, 1.0)[0] == 0


@pytest.mark.parametrize("step", [0.5, 0.25])
def test_values_on_the_scale_have_no_error(step):
    values = (np.arange(LOWEST, HIGHEST + 1) * step).astype(np.float32)
    assert squared_error(values, LOWEST * step, HIGHEST * step) == 0
