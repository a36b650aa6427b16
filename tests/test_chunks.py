"""Long clips are read in chunks."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from one_person import one_person_clip

from microemo.chunks import MAX_SEC, MAX_UTTERANCES, Chunk, chunks, shows_person, views_at
from microemo.schema import Clip, ClipInfo, Utterance


def utterance(start: float, end: float, index: int = 0, text: str = "", source: str = "asr") -> Utterance:
    return Utterance(index=index, start_sec=start, end_sec=end, text=text, source=source)


def row(lengths: list[float]) -> list[Utterance]:
    """One utterance after the other."""
    ends = np.cumsum(lengths).tolist()
    return [utterance(end - length, end, index) for index, (length, end) in enumerate(zip(lengths, ends, strict=True))]


lengths = st.lists(st.floats(0.1, 100), max_size=40)


@given(lengths)
def test_chunks_hold_every_utterance_once_in_order_and_are_short(sizes: list[float]) -> None:
    groups = chunks(row(sizes))
    assert [u.index for chunk in groups for u in chunk.utterances] == list(range(len(sizes)))
    for chunk in groups:
        assert 1 <= len(chunk.utterances) <= MAX_UTTERANCES
        assert len(chunk.utterances) == 1 or chunk.span.end_sec - chunk.span.start_sec <= MAX_SEC


@given(lengths)
def test_no_chunk_is_cut_where_there_was_room(sizes: list[float]) -> None:
    groups = chunks(row(sizes))
    for before, after in pairwise(groups):
        full = len(before.utterances) == MAX_UTTERANCES
        assert full or after.utterances[0].end_sec - before.span.start_sec > MAX_SEC


def test_a_chunk_reaches_from_its_first_moment_to_its_last() -> None:
    chunk = Chunk((utterance(1, 9), utterance(2, 3)))
    assert chunk.span == (1, 9)


def clip(face_times: tuple[float, ...] = (), speech: tuple[tuple[float, float], ...] = ()) -> Clip:
    times = np.arange(0, 10, 0.5)
    return one_person_clip(
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


def shows(made: Clip, one: Utterance) -> bool:
    return shows_person(made, made.people[0], one)


def test_an_utterance_shows_a_person_if_a_face_was_seen_or_a_voice_heard_in_it() -> None:
    assert shows(clip(face_times=(2.0,)), utterance(2, 4))
    assert not shows(clip(face_times=(4.0, 1.5)), utterance(2, 4))
    assert shows(clip(speech=((3.5, 6.0),)), utterance(2, 4))
    assert not shows(clip(speech=((3.9, 6.0),)), utterance(2, 4))  # the edge of the next one's voice
    assert shows(clip(speech=((3.9, 6.0),)), utterance(3.8, 4.0))
    assert not shows(clip(speech=((0.0, 2.0), (4.0, 6.0))), utterance(2, 4))


def test_a_persons_face_is_black_where_it_was_not_found() -> None:
    mask = np.array([True, False, True, True])
    faces = np.arange(1, 5, dtype=np.uint8)[:, None, None, None] * np.ones((4, 2, 2, 3), np.uint8)
    made = one_person_clip(
        info=ClipInfo(path="x", duration_sec=4, has_video=True, has_audio=False, face_seconds=3),
        frame_times_sec=np.arange(4.0),
        frames=faces,
        faces=faces,
        face_mask=mask,
        region_masks=np.arange(1, 5, dtype=np.float32)[:, None, None] * np.ones((4, 7, 1), np.float32),
        waveform=None,
    )
    seen, masks = views_at(made.people[0], np.array([1, 2, 3]))
    assert seen[:, 0, 0, 0].tolist() == masks[:, 0, 0].tolist() == [0, 3, 4]


def test_given_subtitles_are_words_of_a_person() -> None:
    assert shows(clip(), utterance(2, 4, text="Hi", source="subtitle"))
    assert not shows(clip(), utterance(2, 4, text="", source="subtitle"))
    assert not shows(clip(), utterance(2, 4, text="Hi", source="asr"))
