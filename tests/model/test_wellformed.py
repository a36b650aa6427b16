"""Answers of small models are made of words and numbers that there are, say nothing twice, and end."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from microemo.config import Shown
from microemo.model.language import greedy
from microemo.model.wellformed import WORD, WellFormed, Words, _Answer


@pytest.mark.parametrize(
    ("text", "piece", "allowed"),
    [
        ("sad. She seems vin", "dictive", True),
        ("sad. She seems vin", "dictious", False),
        ("sad. She seems vin", "dict", True),
        ("sad. She seems vindict", " and", False),
        ("sad. He waits for", " Maya", True),
        ("sad. He waits for", " Anna", False),
        ("sad. He waits.", " She", True),
        ("sad. He waits and", " She", False),
        ("sad. It begins at", " 1", True),
        ("sad. It begins at", " 7", False),
        ("sad. It begins at 1.", "5", True),
        ("sad. It begins at 1.", "6", False),
        ("sad. She frowns [", "2", True),
    ],
)
def test_words_names_and_numbers_are_known(text: str, piece: str, allowed: bool) -> None:
    words = frozenset(
        ["sad", "she", "seems", "vindictive", "and", "he", "waits", "for", "it", "begins", "at", "frowns"]
    )
    answer = _Answer(words, "1.5-2.0 s. Words of Maya: so Clues: the brows [2]", frozenset())
    answer.add(text)
    assert answer.allows(piece) is allowed


def test_five_words_in_a_row_come_once() -> None:
    answer = _Answer(None, "", frozenset())
    answer.add("sad. The brows are pulled down, and the brows are pulled down")
    assert not answer.allows(",")
    other = _Answer(None, "", frozenset())
    other.add("sad. The brows are pulled down, and the brows are pulled up")
    assert other.allows(",")


@given(st.lists(st.text("abc", min_size=1, max_size=4), min_size=1), st.text("abc", min_size=1, max_size=4))
def test_words_begin_as_one_of_them_does(words: list[str], letters: str) -> None:
    known = Words(words)
    assert known.begin_with(letters) == any(word.startswith(letters) for word in words)
    assert (letters in known) == (letters in words)


def test_whatever_a_model_would_say_is_made_of_known_words_and_ends(build_tiny) -> None:
    """Random logits stand in for a model's; the tiny tokenizer's tokens are bytes."""
    language = build_tiny().language
    words = frozenset(["sad", "she", "frowns"])
    kept = WellFormed(language, words, ["", ""], ["both", "both"])
    rng = torch.Generator().manual_seed(0)
    first, following = kept.first(greedy), kept.next(greedy)
    start = torch.zeros(2, language.table.num_embeddings)
    start[:, language.token_ids(" ")[0]] = 1
    first(start)
    for _ in range(60):
        following(torch.randn(2, language.table.num_embeddings, generator=rng))
    for answer in kept._answers:
        assert all(word.lower() in words for word in WORD.findall(answer.text[: answer.text.rfind(" ") + 1]))


@pytest.mark.parametrize(
    ("sure", "shown", "refused"),
    [(0.9, "both", {"may"}), (0.4, "both", set()), (0.4, "voice", {"look"}), (0.9, "face", {"may", "sound"})],
)
def test_what_is_sure_is_not_doubted_and_nobody_looks_sad_who_is_not_seen(
    build_tiny, sure: float, shown: Shown, refused: set[str]
) -> None:
    """The tiny tokenizer's tokens are bytes: a word is refused with its last letter."""
    language = build_tiny().language
    kept = WellFormed(language, None, [""], [shown])
    kept.first(lambda logits: (torch.tensor([sure]).log(), torch.tensor(language.token_ids(" "))))(torch.zeros(1, 1))
    (answer,) = kept._answers
    answer.text = " sad. They "
    found = {word for word in ("may", "look", "sound", "seem") if not _can_say(answer, word)}
    assert found == refused


def _can_say(answer: _Answer, word: str) -> bool:
    before = answer.text
    for letter in word:
        if not answer.allows(letter):
            answer.text = before
            return False
        answer.text += letter
    answer.text = before
    return True


def test_no_label_is_given_twice_and_an_answer_says_what_is_felt() -> None:
    answer = _Answer(None, "", frozenset())
    answer.text = " sad, "
    assert not _can_say(answer, "sad") and _can_say(answer, "hurt")
    answer.text = " sad, hurt. She frowns."
    assert answer.ends_sentence and not answer.names_feeling
    answer.text += " She looks sad."
    assert answer.ends_sentence and answer.names_feeling
