"""The stretches of a clip in each of which one feeling prevails."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from microemo.phases import MAX_PHASES, MIN_SHARE, PENALTY, About, family_of, partition, phases
from microemo.schema import Answer, Emotion
from microemo.spans import Span, clock


def row(labels: list[str | None], seconds: float = 4.0, confidence: float = 0.8) -> list[About]:
    return [
        (
            Span(number * seconds, (number + 1) * seconds),
            Answer(emotions=(Emotion(label=label, confidence=confidence),) if label else ()),
        )
        for number, label in enumerate(labels)
    ]


def told(answers: list[About]) -> list[tuple[float, str | None]]:
    return [(phase.start_sec, phase.family) for phase in phases(answers)]


def score(weights: np.ndarray, course: np.ndarray) -> float:
    num_seen = max(1, int(weights.any(axis=1).sum()))
    penalty = max(MIN_SHARE, PENALTY * np.log(num_seen) / num_seen)
    return float(weights[np.arange(len(course)), course].sum() - penalty * np.count_nonzero(np.diff(course)))


@given(arrays(float, (5, 3), elements=st.sampled_from([0.0, 0.1, 0.3, 1.0])).filter(np.any))
def test_no_other_course_accounts_for_more(weights: np.ndarray) -> None:
    weights = weights / weights.sum()
    best = max(score(weights, np.array(course)) for course in product(range(3), repeat=5))
    assert score(weights, partition(weights)) == pytest.approx(best)


@given(st.lists(st.sampled_from(["sad", "happy", "angry", None]), min_size=1, max_size=60))
def test_phases_hold_all_answers_in_order_and_neighbours_differ(labels: list[str | None]) -> None:
    answers = row(labels)
    found = phases(answers)
    assert [about for phase in found for about in phase.answers] == answers
    assert len(found) <= MAX_PHASES
    assert all(one.family != other.family for one, other in pairwise(found))
    assert all(clock(one.start_sec) != clock(other.start_sec) for one, other in pairwise(found))
    assert {phase.family for phase in found} <= {family_of(label) for label in labels if label} or not any(labels)


def test_a_lasting_change_is_found_where_it_happens() -> None:
    sad, happy = family_of("sad"), family_of("happy")
    assert told(row(["sad", "gloomy", "happy", "happy"])) == [(0, sad), (8, happy)]
    assert told(row(["sad", "happy"])) == [(0, sad), (4, happy)]
    hours = ["sad" if number % 5 else "happy" for number in range(1000)]
    assert told(row(hours + ["happy"] * 800)) == [(0, sad), (4000, happy)]


def test_a_moment_is_no_phase() -> None:
    assert told(row(["sad"] * 10 + ["happy"] + ["sad"] * 10)) == [(0, family_of("sad"))]
    assert len(told(row(["sad", "happy"] * 20))) == 1
    assert len(told(row(["sad"] * 1700 + ["happy"] * 60))) == 1  # four minutes of two hours


def test_answers_without_a_label_change_nothing() -> None:
    assert told(row([None, "sad", "sad", None, "happy", "happy", None])) == told(
        row([None, "sad", None, None, "happy", "happy", None])
    )
    assert told(row([None, None])) == [(0, None)]
    assert told([]) == []


def test_what_begins_at_once_is_one_moment() -> None:
    """Two who speak at once under subtitles, say."""
    at_once = [(Span(4 * (number // 2), 4 * (number // 2) + 4 + number % 2), about) for number, (_, about) in
               enumerate(row(["sad", "happy"] * 6))]  # fmt: skip
    assert len({start for start, _ in told(at_once)}) == len(told(at_once)) == 1


def test_what_is_sure_and_lasts_weighs_more() -> None:
    unsure = row(["happy"] * 3, confidence=0.1)
    assert told([*row(["sad"] * 3), *((Span(a + 12, b + 12), about) for (a, b), about in unsure)]) == [
        (0, family_of("sad"))
    ]
    brief = [
        (Span(12 + number / 10, 12.1 + number / 10), about) for number, (_, about) in enumerate(row(["happy"] * 3))
    ]
    assert told([*row(["sad"] * 3), *brief]) == [(0, family_of("sad"))]
