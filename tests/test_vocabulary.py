"""The words of the task agree with what perception measures, and with each other."""

import re
import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from microemo import parse
from microemo.perception import word_clues
from microemo.schema import Clue, Utterance
from microemo.vocabulary import FAMILIES, clue_clause, clue_words, emotion_families, family_of, kinds_in, mentions


def word_clue(detail: str) -> Clue:
    return Clue(
        id=1, modality="words", region="words", kind="joy_word", start_sec=0, apex_sec=0, end_sec=1, value=1,
        baseline=0, strength=0.5, detail=detail,
    )  # fmt: skip


def test_a_family_is_named_by_its_first_word() -> None:
    assert tuple(emotion_families()) == FAMILIES
    assert all(family.words[0] == name for name, family in emotion_families().items())


def test_a_label_belongs_to_one_family() -> None:
    labels = Counter(label for family in emotion_families().values() for label in family.labels)
    assert [label for label, count in labels.items() if count > 1] == []
    assert all(family_of(label) == name for name, family in emotion_families().items() for label in family.labels)
    assert family_of(" Furious ") == "angry"
    assert family_of("hungry") is None


@pytest.mark.parametrize("kind", clue_words())
def test_what_is_said_of_a_clue_speaks_of_it_and_of_no_other(kind: str) -> None:
    words = clue_words()[kind]
    for text in (*words.clauses, words.phrase):
        assert kinds_in(text) == {kind}, text
        assert kinds_in(text.capitalize() + ".") == {kind}


@pytest.mark.parametrize("kind", clue_words())
def test_a_clause_is_known_by_what_it_speaks_of_even_where_nothing_was_measured(kind: str) -> None:
    actions = tomllib.loads(files("microemo.perception").joinpath("facial_actions.toml").read_text(encoding="utf-8"))
    modality = "face" if kind in actions else "voice"
    assert {parse._modality(clause) for clause in clue_words()[kind].clauses} == {modality}


def test_everything_that_is_measured_has_words() -> None:
    actions = tomllib.loads(files("microemo.perception").joinpath("facial_actions.toml").read_text(encoding="utf-8"))
    source = files("microemo.perception").joinpath("voice_clues.py").read_text(encoding="utf-8")
    voice = set(re.findall(r'"((?:pitch|voice|speech)_\w+|long_pause)"', source))
    assert len(voice) > 5
    assert set(actions) | voice <= set(clue_words())


def test_a_word_clue_is_mentioned_where_the_very_word_is_quoted() -> None:
    great = word_clue("great")
    assert clue_clause(great).endswith(' "great"') and mentions(clue_clause(great), great)
    assert mentions('The person says "Great, thanks!"', great)
    assert not mentions("this is great", great)
    assert not mentions('says "greatly"', great)
    assert mentions('says "i can\'t believe it"', word_clue("can't believe"))


@pytest.mark.parametrize("kind", clue_words())
def test_a_clue_has_one_clause_and_clues_of_a_kind_have_several(kind: str) -> None:
    clues = [
        word_clue("great").model_copy(update={"kind": kind, "modality": "face", "value": n / 20}) for n in range(20)
    ]
    clauses = [clue_clause(clue) for clue in clues]
    assert clauses == [clue_clause(clue.model_copy(update={"id": 9, "start_sec": 0.1})) for clue in clues]
    assert {*clauses} == {*clue_words()[kind].clauses}


def test_measured_words_can_be_quoted() -> None:
    for text in ("I am happy and not afraid.", "Oh my god, I can't believe it!"):
        clues = word_clues.word_clues([Utterance(index=0, start_sec=0, end_sec=3, text=text, source="asr")])
        assert clues
        assert all(mentions(f'the person says "{clue.detail}"', clue) for clue in clues)


def test_a_quotation_speaks_of_nothing_but_itself() -> None:
    assert kinds_in('the person says "stop smiling"') == set()
