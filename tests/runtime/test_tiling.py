from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from litebrush.tiling import AxisPlan, plan_axis


@st.composite
def axes(draw: st.DrawFn) -> tuple[int, int, int, int, bool]:
    alignment = draw(st.sampled_from([1, 2, 4, 8]))
    halo = draw(st.integers(0, 40))
    shortest = 2 * halo // alignment + 3
    limit = alignment * draw(st.integers(shortest, shortest + 80))
    return draw(st.integers(1, 3000)), limit, halo, alignment, draw(st.booleans())


def plan(axis: tuple[int, int, int, int, bool]) -> AxisPlan:
    return plan_axis(*axis)


@given(axes())
def test_kept_parts_cover_the_axis_exactly_once(axis):
    kept = [pixel for span in plan(axis).spans for pixel in range(span.keep_start, span.keep_stop)]
    assert kept == list(range(axis[0]))


@given(axes())
def test_a_kept_pixel_lies_a_halo_away_from_every_cut(axis):
    length, _, halo, alignment, _ = axis
    planned = plan(axis)
    padded = -(-length // alignment) * alignment
    for span in planned.spans:
        if span.start > 0:
            assert span.keep_start - span.start >= halo
        if span.start + planned.size < padded:
            assert span.start + planned.size - span.keep_stop >= halo


@given(axes())
def test_tiles_are_aligned_and_within_the_limit(axis):
    _, limit, _, alignment, resizable = axis
    planned = plan(axis)
    assert planned.size % alignment == 0
    assert planned.size <= limit if resizable else planned.size == limit
    assert all(span.start % alignment == 0 and span.start >= 0 for span in planned.spans)


@given(axes())
def test_only_the_padding_of_the_alignment_lies_past_a_long_axis(axis):
    length, limit, _, alignment, _ = axis
    planned = plan(axis)
    if length > limit:
        assert planned.spans[-1].start + planned.size - length < alignment


@given(axes())
def test_no_plan_with_fewer_tiles_would_do(axis):
    length, limit, halo, alignment, _ = axis
    planned = plan(axis)
    count = len(planned.spans)
    overlap = -(-2 * halo // alignment) * alignment
    reach_of_one_less = limit + (count - 2) * (limit - overlap)
    assert count == 1 or reach_of_one_less < -(-length // alignment) * alignment
