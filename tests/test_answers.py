"""The overall answer of a clip is put together from those about its spans."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from microemo.answers import MAX_EXPLAINED, MAX_LABELS, merge
from microemo.schema import Answer, Claim, Emotion
from microemo.spans import Span


def answer(label: str, confidence: float, text: str = "") -> Answer:
    claim = Claim(text=label, modality="face", clue=1, verified=True)
    return Answer(emotions=(Emotion(label=label, confidence=confidence),), explanation=text, claims=(claim,))


def test_the_answer_about_one_span_is_that_of_the_clip() -> None:
    only = answer("sad", 0.5, "He frowns.")
    assert merge([(Span(0, 3), only)]) is only


def test_labels_are_weighted_by_confidence_and_time() -> None:
    parts = [
        (0, 10, "sad", 0.9),
        (10, 40, "calm", 0.5),
        (40, 50, "sad", 0.9),
        (50, 60, "glad", 0.1),
        (60, 100, "odd", 0.01),
    ]
    whole = merge([(Span(a, b), answer(label, score)) for a, b, label, score in parts])
    assert [(e.label, e.confidence) for e in whole.emotions] == [("sad", 0.18), ("calm", 0.15), ("glad", 0.01)]


def test_the_longest_spans_are_explained_in_time_order_each_with_its_claims() -> None:
    parts = [(0, 10, "a"), (10, 40, "b"), (40, 45, "c"), (45, 85, "d"), (85, 100, "e")]
    whole = merge([(Span(a, b), answer(label, 0.5, f"{label}.")) for a, b, label in parts])
    assert whole.explanation == "From 10 s to 40 s: b. From 45 s to 85 s: d. From 85 s to 100 s: e."
    assert [claim.text for claim in whole.claims] == ["b", "d", "e"]


@given(st.lists(st.tuples(st.floats(0.1, 60), st.sampled_from("abcde"), st.floats(0, 1)), min_size=1, max_size=9))
def test_the_whole_is_an_answer_like_any_other(rows: list[tuple[float, str, float]]) -> None:
    ends = list(accumulate(length for length, _, _ in rows))
    spans = [Span(end - length, end) for end, (length, _, _) in zip(ends, rows, strict=True)]
    answers = [answer(label, score, f"{label}{number}.") for number, (_, label, score) in enumerate(rows)]
    whole = merge([(span, part) for span, part in zip(spans, answers, strict=True)])
    assert 1 <= len(whole.emotions) <= MAX_LABELS
    scores = [emotion.confidence for emotion in whole.emotions]
    assert scores == sorted(scores, reverse=True)
    assert len(whole.claims) <= MAX_EXPLAINED
    assert all(claim.text in whole.explanation for claim in whole.claims)
