"""Long clips are read in chunks, and their answers put together."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from microemo.chunks import MAX_LABELS, MAX_SEC, MAX_TOLD, MAX_UTTERANCES, Chunk, chunks, merge, shows_person
from microemo.schema import Answer, Claim, Clip, ClipInfo, Emotion, Utterance


def utterance(start: float, end: float, index: int = 0, text: str = "", source: str = "asr") -> Utterance:
    return Utterance(index=index, start_sec=start, end_sec=end, text=text, source=source)


def row(lengths: list[float]) -> list[Utterance]:
    """One utterance after the other."""
    ends = np.cumsum(lengths).tolist()
    return [utterance(end - length, end, index) for index, (length, end) in enumerate(zip(lengths, ends, strict=True))]


lengths = st.lists(st.floats(0.1, 100), max_size=40)


@given(lengths)
def test_passages_hold_every_utterance_once_in_order_and_are_short(sizes: list[float]) -> None:
    groups = chunks(row(sizes))
    assert [u.index for chunk in groups for u in chunk.utterances] == list(range(len(sizes)))
    for chunk in groups:
        assert 1 <= len(chunk.utterances) <= MAX_UTTERANCES
        assert len(chunk.utterances) == 1 or chunk.end_sec - chunk.start_sec <= MAX_SEC


@given(lengths)
def test_no_passage_is_cut_where_there_was_room(sizes: list[float]) -> None:
    groups = chunks(row(sizes))
    for before, after in pairwise(groups):
        full = len(before.utterances) == MAX_UTTERANCES
        assert full or after.utterances[0].end_sec - before.start_sec > MAX_SEC


def test_a_passage_reaches_from_its_first_moment_to_its_last() -> None:
    chunk = Chunk((utterance(1, 9), utterance(2, 3)))
    assert (chunk.start_sec, chunk.end_sec) == (1, 9)


def clip(face_times: tuple[float, ...] = (), speech: tuple[tuple[float, float], ...] = ()) -> Clip:
    times = np.arange(0, 10, 0.5)
    return Clip(
        info=ClipInfo(path="x", duration_sec=10, has_video=True, has_audio=True, face_seconds=0),
        frame_times_sec=times,
        frames=np.zeros((20, 2, 2, 3), np.uint8),
        faces=np.zeros((20, 2, 2, 3), np.uint8),
        face_mask=np.isin(times, face_times),
        region_masks=np.zeros((20, 7, 1), np.float32),
        waveform=None,
        utterances=(),
        clues=(),
        speech=speech,
    )


def test_an_utterance_shows_a_person_if_a_face_was_seen_or_a_voice_heard_in_it() -> None:
    assert shows_person(clip(face_times=(2.0,)), utterance(2, 4))
    assert not shows_person(clip(face_times=(4.0, 1.5)), utterance(2, 4))
    assert shows_person(clip(speech=((3.5, 6.0),)), utterance(2, 4))
    assert not shows_person(clip(speech=((3.9, 6.0),)), utterance(2, 4))  # the edge of the next one's voice
    assert shows_person(clip(speech=((3.9, 6.0),)), utterance(3.8, 4.0))
    assert not shows_person(clip(speech=((0.0, 2.0), (4.0, 6.0))), utterance(2, 4))


def test_given_subtitles_are_words_of_a_person() -> None:
    assert shows_person(clip(), utterance(2, 4, text="Hi", source="subtitle"))
    assert not shows_person(clip(), utterance(2, 4, text="", source="subtitle"))
    assert not shows_person(clip(), utterance(2, 4, text="Hi", source="asr"))


def answer(label: str, confidence: float, text: str = "") -> Answer:
    claim = Claim(text=label, modality="face", clue=1, verified=True)
    return Answer(emotions=(Emotion(label=label, confidence=confidence),), explanation=text, claims=(claim,))


def test_the_answer_about_one_passage_is_that_of_the_clip() -> None:
    only = answer("sad", 0.5, "He frowns.")
    assert merge([(Chunk((utterance(0, 3),)), only)]) is only


def test_labels_are_weighted_by_confidence_and_time() -> None:
    parts = [
        (0, 10, "sad", 0.9),
        (10, 40, "calm", 0.5),
        (40, 50, "sad", 0.9),
        (50, 60, "glad", 0.1),
        (60, 100, "odd", 0.01),
    ]
    whole = merge([(Chunk((utterance(a, b),)), answer(label, score)) for a, b, label, score in parts])
    assert [(e.label, e.confidence) for e in whole.emotions] == [("sad", 0.18), ("calm", 0.15), ("glad", 0.01)]


def test_the_longest_passages_are_told_in_time_order_each_with_its_claims() -> None:
    parts = [(0, 10, "a"), (10, 40, "b"), (40, 45, "c"), (45, 85, "d"), (85, 100, "e")]
    whole = merge([(Chunk((utterance(a, b),)), answer(label, 0.5, f"{label}.")) for a, b, label in parts])
    assert whole.explanation == "From 10 s to 40 s: b. From 45 s to 85 s: d. From 85 s to 100 s: e."
    assert [claim.text for claim in whole.claims] == ["b", "d", "e"]


@given(st.lists(st.tuples(st.floats(0.1, 60), st.sampled_from("abcde"), st.floats(0, 1)), min_size=1, max_size=9))
def test_the_whole_is_an_answer_like_any_other(rows: list[tuple[float, str, float]]) -> None:
    spans = row([length for length, _, _ in rows])
    answers = [answer(label, score, f"{label}{number}.") for number, (_, label, score) in enumerate(rows)]
    whole = merge([(Chunk((span,)), part) for span, part in zip(spans, answers, strict=True)])
    assert 1 <= len(whole.emotions) <= MAX_LABELS
    scores = [emotion.confidence for emotion in whole.emotions]
    assert scores == sorted(scores, reverse=True)
    assert len(whole.claims) <= MAX_TOLD
    assert all(claim.text in whole.explanation for claim in whole.claims)
