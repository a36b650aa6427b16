"""Spans of time: where somebody speaks, what an answer is about. The package's only words for a start and an end."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float


class Span(NamedTuple):
    """start_sec <= t < end_sec, in seconds."""

    start_sec: float
    end_sec: float


def total_sec(spans: Sequence[Span]) -> float:
    """The length of all spans together, which lie apart."""
    return sum(span.end_sec - span.start_sec for span in spans)


def common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """What lies in both of two lists of spans, each in order and apart."""
    both: list[Span] = []
    first = second = 0
    while first < len(one) and second < len(other):
        start_sec, end_sec = max(one[first][0], other[second][0]), min(one[first][1], other[second][1])
        if start_sec < end_sec:
            both.append(Span(start_sec, end_sec))
        if one[first][1] <= other[second][1]:
            first += 1
        else:
            second += 1
    return both


def outside(spans: Sequence[Span], gaps: Sequence[Span]) -> list[Span]:
    """What of a list of spans lies in none of another one, each in order and apart."""
    edges = [-math.inf, *(edge for gap in gaps for edge in gap), math.inf]
    return common(spans, [Span(*between) for between in zip(edges[::2], edges[1::2], strict=True)])


def clock(seconds: float) -> str:
    """A time on the clip's clock, such as 0:03.5 or 1:02:03.5."""
    tenths = round(max(seconds, 0.0) * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    rest = f"{tenths // 10:02d}.{tenths % 10}"
    return f"{hours}:{minutes:02d}:{rest}" if hours else f"{minutes}:{rest}"


def inside(
    times_sec: Float[np.ndarray, " N"], spans: Sequence[Span], margin_sec: float = 0.0
) -> Bool[np.ndarray, " N"]:
    """Which of the times lie in any of the spans, each widened by a margin on either side."""
    starts_sec = np.sort([start - margin_sec for start, _ in spans])
    ends_sec = np.sort([end + margin_sec for _, end in spans])
    # More have begun than have ended. Hours have thousands of spans, too many to go through one by one.
    return np.searchsorted(starts_sec, times_sec, "right") > np.searchsorted(ends_sec, times_sec, "right")


def runs(active: Bool[np.ndarray, " N"]) -> list[tuple[int, int]]:
    """First and last + 1 of each run of True, in order."""
    edges = np.flatnonzero(np.diff(np.pad(active.astype(np.int8), 1)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
