"""The overall answer of a clip is put together from those about its spans, and told by phases."""

import re

from hypothesis import given
from hypothesis import strategies as st

from microemo.overall import MAX_LABELS, NUM_SENTENCES, merge
from microemo.phases import MAX_PHASES
from microemo.schema import Answer, Claim, Emotion
from microemo.spans import Span


def answer(label: str, confidence: float, text: str = "") -> Answer:
    claim = Claim(text=text.rstrip("."), modality="face", clues=(1,), outcome="borne_out")
    emotions = (Emotion(label=label, confidence=confidence),)
    return Answer(emotions=emotions, explanation=text, claims=(claim,) if text else ())


def row(*parts: tuple[float, str, str]) -> list[tuple[Span, Answer]]:
    """Ten seconds each, one after the other."""
    return [
        (Span(10.0 * number, 10.0 * number + 10), answer(label, confidence, text))
        for number, (confidence, label, text) in enumerate(parts)
    ]


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


def test_changes_are_told_with_their_times_and_each_phase_with_what_bears_it_out() -> None:
    parts = [(0.7, "sad", "He frowns."), (0.9, "gloomy", "His lips sink."), (0.9, "happy", "He smiles.")]
    whole = merge(row(*parts, (0.8, "happy", "His cheeks lift.")))
    assert whole.explanation == (
        "At first gloomy; from 0:20.0 on happy. At 0:00.0: He frowns. At 0:10.0: His lips sink. At 0:20.0: He smiles."
        " At 0:30.0: His cheeks lift."
    )
    assert [claim.text for claim in whole.claims] == ["He frowns", "His lips sink", "He smiles", "His cheeks lift"]


def test_what_comes_back_is_told_as_such() -> None:
    parts = [(0.9, label, "") for label in ["sad"] * 5 + ["happy"] * 5 + ["sad"] * 5]
    assert merge(row(*parts)).explanation == "At first sad; from 0:50.0 on happy; from 1:40.0 on sad again."


def test_one_feeling_throughout_is_told_as_such() -> None:
    parts = [(0.5, "sad", "He frowns."), (0.9, "sad", "His lips sink."), (0.4, "unhappy", "")]
    whole = merge(row(*parts))
    assert whole.explanation == "Sad throughout. At 0:00.0: He frowns. At 0:10.0: His lips sink."


def test_what_is_now_and_then_otherwise_is_mostly_so() -> None:
    parts = [(0.9, "happy" if number % 4 == 3 else "sad", f"Clue {number}.") for number in range(12)]
    whole = merge(row(*parts))
    assert whole.explanation == "Mostly sad. At 0:00.0: Clue 0. At 0:10.0: Clue 1. At 0:20.0: Clue 2."
    mixed = [(0.9, label, "") for label in ["sad", "angry"] * 6 + ["happy"] * 12]
    assert merge(row(*mixed)).explanation == "At first angry and sad; from 2:00.0 on happy."


def test_the_sentence_with_most_evidence_is_repeated_with_its_own_claims() -> None:
    claims = [
        Claim(text="The brows are lowered", modality="face", clues=(1,), outcome="borne_out"),
        Claim(text="the voice is loud", modality="voice", clues=(2,), outcome="borne_out"),
        Claim(text="The lips are pressed", modality="face", clues=(3,), outcome="borne_out"),
        Claim(text="The jaw drops", modality="face", outcome="contradicted"),
    ]
    text = 'The lips are pressed. The brows are lowered, and the voice is loud. He says "no. way".'
    both = Answer(emotions=(Emotion(label="angry", confidence=0.9),), explanation=text, claims=tuple(claims))
    whole = merge([(Span(0, 5), both), (Span(5, 9), answer("angry", 0.9))])
    assert whole.explanation == "Angry throughout. At 0:00.0: The brows are lowered, and the voice is loud."
    assert whole.claims == tuple(claims[:2])


def test_what_is_said_twice_is_told_once() -> None:
    whole = merge(row((0.3, "sad", "He frowns."), (0.9, "sad", "He frowns."), (0.5, "sad", "He frowns.")))
    assert whole.explanation == "Sad throughout. At 0:10.0: He frowns."


def test_without_labels_only_what_was_seen_is_told() -> None:
    assert merge([(Span(0, 3), Answer()), (Span(3, 4), Answer())]) == Answer()
    seen = Answer(explanation="He frowns.")
    assert merge([(Span(0, 3), Answer()), (Span(3, 4), seen)]).explanation == "At 0:03.0: He frowns."


LABELS = st.sampled_from(["sad", "gloomy", "happy", "angry", "wistful about it", "neutral"])
EMOTIONS = st.lists(st.tuples(LABELS, st.floats(0, 1)), max_size=3, unique_by=lambda pair: pair[0])
ROWS = st.tuples(st.floats(0, 8000), st.floats(0, 60), EMOTIONS, st.booleans())


@given(st.lists(ROWS, min_size=2, max_size=12))
def test_the_whole_is_an_answer_like_any_other(rows: list[tuple[float, float, list[tuple[str, float]], bool]]) -> None:
    """Whatever the spans: apart, overlapping, of no length; with or without labels and words."""
    answers = [
        (
            Span(start, start + length),
            answer("x", 0, f"Clue {number}!" * has_text).model_copy(
                update={"emotions": tuple(Emotion(label=label, confidence=score) for label, score in emotions)}
            ),
        )
        for number, (start, length, emotions, has_text) in enumerate(rows)
    ]
    whole = merge(answers)
    assert len(whole.emotions) <= MAX_LABELS
    scores = [emotion.confidence for emotion in whole.emotions]
    assert scores == sorted(scores, reverse=True)
    assert len(whole.claims) <= max(NUM_SENTENCES + 1, MAX_PHASES)
    assert all(claim.is_borne_out and claim.text in whole.explanation for claim in whole.claims)
    assert all(emotion.label in {label for row in rows for label, _ in row[2]} for emotion in whole.emotions)
    changes = re.findall(r"from (\S+) on", whole.explanation)
    assert len(changes) == len(set(changes)) < MAX_PHASES
    assert merge(answers[::-1]) == whole or len({span for span, _ in answers}) < len(answers)
