from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.clues import emotion_word_kinds
from microemo.perception.word_clues import entries, word_clues
from microemo.schema import Utterance


class Word(NamedTuple):
    text: str
    start_sec: float
    end_sec: float


def said(text, start_sec=1.0, end_sec=3.0):
    return [Utterance(index=0, start_sec=start_sec, end_sec=end_sec, text=text, source="subtitle")]


def feelings(text, words=()):
    """Clues of emotion words alone."""
    kinds = {each.kind for kind in emotion_word_kinds() for each in (kind, kind.negated)}
    return [clue for clue in word_clues(said(text), words) if clue.kind in kinds]


def found(text):
    return [(clue.kind, clue.detail) for clue in feelings(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I am happy.", [("joy_word", "happy")]),
        ("I'm not happy at all!", [("negated_joy_word", "not happy")]),
        ("I wasn\N{RIGHT SINGLE QUOTATION MARK}t really happy", [("negated_joy_word", "wasn't happy")]),
        ("Are you happy? No, I hate it.", [("joy_word", "happy"), ("anger_word", "hate")]),
        ("Oh my God, shut up!", [("surprise_word", "oh my god"), ("anger_word", "shut up")]),
        ("Hahahaha", [("joy_word", "hahahaha")]),
        ("It happened at the sadly named inn", [("sadness_word", "sadly")]),
        ("Kids are talking by the door", []),
        ("", []),
        ("?!", []),
    ],
)
def test_words_negations_and_phrases(text, expected):
    assert found(text) == expected


def test_polarity_and_grades():
    def value(text):
        (clue,) = feelings(text)
        assert abs(clue.value) <= clue.strength <= 1
        return clue.value

    assert value("a bit scared") > value("scared") > value("so scared") >= -1
    assert 0 < value("a bit glad") < value("glad") < value("very glad") <= 1
    assert -value("glad") < value("not glad") < 0 < value("not scared")
    assert value("wow") == 0


def test_times_come_from_the_words_where_known():
    words = [Word("I", 1.0, 1.1), Word("am", 1.1, 1.3), Word("so", 1.5, 1.9), Word("happy.", 2.0, 2.6)]
    (clue,) = word_clues(said("I am so happy."), words)
    assert (clue.start_sec, clue.apex_sec, clue.end_sec, clue.detail) == (2.0, 2.3, 2.6, "happy")
    (clue,) = word_clues(said("I am so happy."))
    assert (clue.start_sec, clue.end_sec) == (1.0, 3.0)


def test_words_belong_to_one_utterance():
    utterances = [*said("I love it", 0, 1), *said("I hate it", 1, 2)]
    words = [Word("I", 0, 0.1), Word("love", 0.2, 0.5), Word("I", 1, 1.1), Word("hate", 1.2, 1.5)]
    assert [(clue.detail, clue.start_sec) for clue in word_clues(utterances, words)] == [("love", 0.2), ("hate", 1.2)]


def test_every_entry_is_found_in_its_family():
    for entry in entries("en"):
        phrase = entry.pattern.pattern.replace(r"(?!less)[\w']*", "")
        assert any(kind.endswith(entry.kind.kind) for kind, _ in found(phrase)), phrase


@given(st.text())
def test_any_text(text):
    for clue in word_clues(said(text)):
        assert clue.start_sec <= clue.apex_sec <= clue.end_sec
        assert clue.detail
