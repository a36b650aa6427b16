"""Paper 3.2: "we add the frame-level timestamp, e.g., 'This frame is sampled at 0.0s.'"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo import weights
from microemo.config import PAPER, TimestampConfig
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


def test_the_sentence_is_a_choice() -> None:
    timechats = TimestampConfig(text="This frame is sampled at {time:.1f} second.")
    assert sentence(1.5, timechats.text) == "This frame is sampled at 1.5 second."
    ids, _ = TimestampTokenizer(timechats)([1.5])
    assert [WORDS[i] for i in ids[0].tolist()][-2:] == ["[UNK]", "."]  # "second" is not built in


def test_a_sentence_is_cut_where_the_positions_end() -> None:
    ids, mask = TimestampTokenizer(TimestampConfig(max_tokens=6))([1.5, 100.0])
    assert ids.shape == mask.shape == (2, 6)


@pytest.mark.weights
def test_berts_tokens_are_those_of_the_published_table() -> None:
    config = PAPER.image_qformer.timestamps
    ids, mask = TimestampTokenizer(config, weights.path(str(config.tokenizer)))([0.0, 12.5])
    assert ids.tolist() == [
        [101, 2023, 4853, 2003, 18925, 2012, 1014, 1012, 1014, 2015, 1012, 102],
        [101, 2023, 4853, 2003, 18925, 2012, 2260, 1012, 1019, 2015, 1012, 102],
    ]
    assert mask.all()
    assert ids.max() < PAPER.image_qformer.vocabulary_size
