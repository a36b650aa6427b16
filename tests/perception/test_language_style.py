from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.clues import emotion_word_kinds, style_kinds
from microemo.lexicon.languages import LANGUAGES, language
from microemo.model.prompt import strongest
from microemo.perception.language_style import MAX_STRENGTH
from microemo.perception.word_clues import MILD, word_clues
from microemo.schema import Utterance

STYLES = {kind.kind for kind in style_kinds()}
PIECES = [
    "I", "i was", "the", "um", "no", "not", "happy", "very", "maybe", "you know", "like", "listen", "hey", "shit",
    "why", "do you", "th-", "or rather", "so", ",", ".", "?", "!", "-", "...", '"', "ähm", "non", "我我", "吗",
    "don\N{RIGHT SINGLE QUOTATION MARK}t",
]  # fmt: skip


class Word(NamedTuple):
    text: str
    start_sec: float
    end_sec: float


def said(text):
    return Utterance(index=0, start_sec=0, end_sec=10, text=text, source="asr")


def styles(text, words=(), code="en"):
    return [clue for clue in word_clues([said(text)], words, code) if clue.kind in STYLES]


def found(text):
    return {clue.kind: clue.detail for clue in styles(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was very late.", {"intensifier": "very"}),
        ("No, no, no! That\N{RIGHT SINGLE QUOTATION MARK}s mine.", {"intensifier": "no no no"}),
        ("No-no, wait.", {"intensifier": "no no"}),
        ("I want it very, very much.", {"intensifier": "very very"}),
        ("I guess it rained.", {"hedge": "i guess"}),
        ("What kind of car is it, the second kind of?", {"hedge": "kind of", "question": "what kind of car is it"}),
        ("Holy shit.", {"swear_word": "shit"}),
        ("She didn't call.", {"negation": "didn't"}),
        ("Um, we left, uh, at ten.", {"filler": "um, uh"}),
        ("It was, like, ten men like him.", {"filler": "like"}),
        ("I like him, you know him.", {}),
        ("Uh-huh. Uh-oh. Nuh-uh.", {}),
        ("I was, I was on my way.", {"repetition": "i was i was"}),
        ("I-I think w-we know the the road.", {"hedge": "i think", "repetition": "i i, w we, the the"}),
        ("He's, he's here.", {"repetition": "he's he's"}),
        ("I know, I know. Joey, Joey! It is, it is.", {}),
        ("All that that man had had was a re-read e-mail.", {}),
        ("It's Tuesday, no, wait, it's Wednesday.", {"self_correction": "no wait"}),
        ("We met in May, or rather June.", {"self_correction": "or rather"}),
        ("Or rather June.", {}),
        ("Where is it? Why?", {"question": "where is it, why"}),
        ("Is that the one that we saw in the town?", {"question": "is that the one that we"}),
        ("do you want some", {"question": "do you want some"}),
        ("He asked why do you want some.", {}),
        ("Listen, you guys are late.", {"direct_address": "listen, you guys"}),
        ("We listen and look at you people.", {"direct_address": "you people"}),
        ("Kids are talking by the door", {}),
        ("?!", {}),
        ("", {}),
    ],
)
def test_ways_of_speaking(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    ["I am not happy", "so very happy", "This is fucking damn stupid", "never ever sad", "oh my god", "a bit sad"],
)
def test_what_is_part_of_an_emotion_words_clue_is_not_told_again(text):
    assert found(text).keys() <= {"intensifier"} - ({"intensifier"} if "very happy" not in text else set())
    assert "very" not in found("very happy").get("intensifier", "")


def test_more_of_a_kind_is_stronger_and_never_more_than_a_mild_emotion_word():
    strengths = [styles("um, " * number)[0].strength for number in (1, 2, 3, 9)]
    assert strengths == sorted(strengths) and strengths[0] < strengths[1] < strengths[2] <= strengths[3]
    assert strengths[3] == MAX_STRENGTH <= MILD
    (twice,), (once,) = styles("very very late"), styles("very late")
    assert once.strength < twice.strength < MILD


def test_emotion_words_stay_in_the_prompt():
    text = "Um, no, maybe shit, I-I, listen, why not? It was very late, or rather, happy and angry."
    clues = word_clues([said(text)])
    assert len(clues) > 7
    assert {"joy_word", "anger_word"} <= {clue.kind for clue in strongest(clues, 0, 10)}


@pytest.mark.parametrize(
    ("text", "listed"),
    [("Maybe not?", ""), ("Um, it rained.", ""), ("Um, uh, it rained.", "filler"), ("I-I know.", "repetition")],
)
def test_only_what_is_worth_a_remark_is_in_the_prompt(text, listed):
    assert "".join(clue.kind for clue in strongest(word_clues([said(text)]), 0, 10)) == listed


def test_times_are_those_of_the_words():
    texts = ["well", "um,", "the", "house", "uh", "is", "very", "big."]
    words = [Word(text, number, number + 0.5) for number, text in enumerate(texts)]
    filler, intensifier = sorted(styles("", words), key=lambda clue: clue.kind)
    assert (filler.start_sec, filler.apex_sec, filler.end_sec, filler.detail) == (1, 4.25, 4.5, "um, uh")
    assert (intensifier.start_sec, intensifier.apex_sec, intensifier.end_sec) == (6, 6.25, 6.5)


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from(sorted(LANGUAGES)))
def test_any_words(pieces, code):
    """One clue a kind, in the utterance, with words that stand in it."""
    words = [Word(piece, 0.5 * number, 0.5 * number + 0.4) for number, piece in enumerate(pieces)]
    spoken, clues = language(code), styles(" ".join(pieces), words, code)
    text = spoken.space.join(word for word, *_ in spoken.find_words(spoken.normalise(spoken.space.join(pieces))))
    assert len({clue.kind for clue in clues}) == len(clues)
    for clue in clues:
        assert 0 <= clue.start_sec <= clue.apex_sec <= clue.end_sec <= 6
        assert 0 < clue.strength <= MAX_STRENGTH
        assert clue.value == 0
        assert clue.detail
        for part in clue.detail.split(", "):
            assert part.replace(" ", "") in text.replace(" ", "").replace(".", "")


@given(st.text())
def test_any_text(text):
    for clue in styles(text):
        assert 0 <= clue.start_sec <= clue.apex_sec <= clue.end_sec <= 10
        assert clue.detail


def test_kinds_are_apart():
    assert not STYLES & {kind.kind for kind in emotion_word_kinds()}
    assert all(kind.families == () for kind in style_kinds())
