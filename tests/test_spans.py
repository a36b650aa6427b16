"""Spans of time, and the clock that people read."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from microemo.spans import Span, clock, common, inside, outside, total_sec

TIMES = st.integers(0, 20).map(float)


@given(
    st.lists(TIMES, max_size=20), st.lists(st.tuples(TIMES, TIMES).map(sorted), max_size=6), st.sampled_from([0, 1.5])
)
def test_what_is_inside_is_inside_one_of_the_spans(times: list[float], edges: list[list[float]], margin: float) -> None:
    spans = [Span(start, end) for start, end in edges]
    expected = [any(start - margin <= time < end + margin for start, end in spans) for time in times]
    assert inside(np.array(times), spans, margin).tolist() == expected


def test_the_clock_has_hours_where_there_are_any() -> None:
    assert [clock(seconds) for seconds in (-1, 3.46, 59.96, 3723.5)] == ["0:00.0", "0:03.5", "1:00.0", "1:02:03.5"]


spans = st.lists(st.integers(0, 60), max_size=12, unique=True).map(
    lambda edges: [Span(start, end) for start, end in zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)]
)


@given(spans, spans)
def test_what_is_outside_is_in_the_one_and_not_in_the_other(one: list[Span], other: list[Span]) -> None:
    times = np.arange(0, 60, 0.5)
    assert (inside(times, outside(one, other)) == inside(times, one) & ~inside(times, other)).all()
    assert total_sec(outside(one, other)) == total_sec(one) - total_sec(common(one, other))


@given(spans, spans)
def test_what_two_have_in_common_is_in_both(one: list[Span], other: list[Span]) -> None:
    times = np.arange(0, 60, 0.5)
    assert (inside(times, common(one, other)) == inside(times, one) & inside(times, other)).all()


def test_of_a_span_the_parts_outside_of_others_are_left() -> None:
    assert outside([Span(0, 10)], [Span(1, 2), Span(4, 12)]) == [Span(0, 1), Span(2, 4)]
    assert outside([Span(0, 1)], [Span(0, 1)]) == []
    assert outside([Span(0, 1)], [Span(2, 3)]) == [Span(0, 1)]
