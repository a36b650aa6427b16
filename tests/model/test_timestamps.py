"""Paper 3.2: "we add the frame-level timestamp, e.g., 'This frame is sampled at 0.0s.'"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.model.timestamps import VOCABULARY, WORDS, TimestampTokenizer, sentence

tenths = st.integers(0, 360_000)  # of a second, up to ten hours


@pytest.mark.parametrize(("time", "said"), [(0.0, "0.0"), (1.5, "1.5"), (1.26, "1.3"), (3600.0, "3600.0")])
def test_the_sentence_is_the_papers(time: float, said: str) -> None:
    assert sentence(time) == f"This frame is sampled at {said}s."


@given(tenths)
def test_any_time_is_told_digit_by_digit_without_unknown_words(tenth: int) -> None:
    ids, mask = TimestampTokenizer()([tenth / 10])
    digits = f"{tenth // 10}.{tenth % 10}"
    assert [WORDS[i] for i in ids[0].tolist()] == ["This", "frame", "is", "sampled", "at", *digits, "s", "."]
    assert mask.all()
    assert ids.shape[1] <= 32  # the Q-Former's text positions


@given(st.lists(tenths, min_size=1, max_size=5, unique=True))
def test_sentences_of_a_batch_are_padded_and_stay_distinct(times: list[int]) -> None:
    ids, mask = TimestampTokenizer()([tenth / 10 for tenth in times])
    assert ((ids != VOCABULARY["[PAD]"]) == mask.bool()).all()
    assert len({tuple(row) for row in ids.tolist()}) == len(times)
    for row, kept, tenth in zip(ids, mask.bool(), times, strict=True):
        assert row[kept].tolist() == TimestampTokenizer()([tenth / 10])[0][0].tolist()
