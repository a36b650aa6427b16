"""The words of clues agree with the kinds, with each other, and with what the parser takes them for."""

import pytest

from microemo import parse
from microemo.clues import (
    FacialKind,
    clue_clause,
    clue_predicate,
    facial_kinds,
    kinds_in,
    mentions,
    nonverbal_kinds,
    verbal_kinds,
)
from microemo.clues.inflection import plural
from microemo.perception.word_clues import word_clues
from microemo.schema import Clue, Utterance
from microemo.spans import Span


def word_clue(detail: str) -> Clue:
    return Clue(
        id=1, modality="words", region="words", kind="joy_word", start_sec=0, apex_sec=0, end_sec=1, value=1,
        baseline=0, strength=0.5, detail=detail,
    )  # fmt: skip


@pytest.mark.parametrize("kind", nonverbal_kinds())
def test_what_is_said_of_a_clue_speaks_of_it_and_of_no_other(kind: str) -> None:
    words = nonverbal_kinds()[kind]
    for text in (*words.clauses, words.phrase):
        assert kinds_in(text) == {kind}, text
        assert kinds_in(text.capitalize() + ".") == {kind}


@pytest.mark.parametrize("kind", nonverbal_kinds().values(), ids=nonverbal_kinds())
def test_a_clause_is_known_by_what_it_speaks_of_even_where_nothing_was_measured(kind) -> None:
    assert {parse._modality(clause) for clause in kind.clauses} == {kind.modality}


def test_a_word_clue_is_mentioned_where_the_very_word_is_quoted() -> None:
    great = word_clue("great")
    assert clue_clause(great).endswith(' "great"') and mentions(clue_clause(great), great)
    assert mentions('The person says "Great, thanks!"', great)
    assert not mentions("this is great", great)
    assert not mentions('says "greatly"', great)
    assert mentions('says "i can\'t believe it"', word_clue("can't believe"))


@pytest.mark.parametrize("kind", nonverbal_kinds())
def test_a_clue_has_one_clause_and_clues_of_a_kind_have_several(kind: str) -> None:
    clues = [
        word_clue("great").model_copy(update={"kind": kind, "modality": "face", "value": n / 20}) for n in range(20)
    ]
    clauses = [clue_clause(clue) for clue in clues]
    assert clauses == [clue_clause(clue.model_copy(update={"id": 9, "start_sec": 0.1})) for clue in clues]
    assert {*clauses} == {*nonverbal_kinds()[kind].clauses}


def test_measured_words_can_be_quoted() -> None:
    for text in ("I am happy and not afraid.", "Oh my god, I can't believe it!"):
        clues = word_clues([Utterance(index=0, start_sec=0, end_sec=3, text=text, source="asr")])
        assert clues
        assert all(mentions(f'the person says "{clue.detail}"', clue) for clue in clues)


@pytest.mark.parametrize("kind", verbal_kinds(), ids=lambda kind: kind.kind)
def test_what_is_said_of_words_speaks_of_no_other_clue_and_is_verified_by_them(kind) -> None:
    for number in range(20):
        detail = f"no, wait {'x' * number}"
        clue = word_clue(detail).model_copy(update={"kind": kind.kind})
        clause = clue_clause(clue)
        assert clause.removesuffix(f' "{detail}"') in kind.verbs
        assert kinds_in(clause) == set()
        (claim,) = parse.claims_in(f"{clause} [1].", [clue], Span(0, 1))
        assert (claim.modality, claim.clue, claim.verified) == ("words", 1, True)
        (denied,) = parse.claims_in(f"{clause} [1].", [], Span(0, 1))
        assert not denied.verified


def test_a_quotation_speaks_of_nothing_but_itself() -> None:
    assert kinds_in('the person says "stop smiling"') == set()


@pytest.mark.parametrize("kind", [kind for kind in facial_kinds() if kind.one_sided], ids=lambda kind: kind.kind)
def test_a_side_is_said_and_recognised(kind: FacialKind) -> None:
    for side in ("left", "right"):
        clue = word_clue("great").model_copy(update={"kind": kind.kind, "modality": "face", "detail": "", "side": side})
        clause = clue_clause(clue)
        assert side in clause
        assert clause not in kind.clauses
        for variant in kind.one_sided:
            assert mentions(variant.format(side=side), clue)
            assert kinds_in(variant.format(side=side)) == {kind.kind}
            assert parse._modality(variant.format(side=side)) == "face"


def told_forms(subject: str, predicate: str) -> list[str]:
    """What is written of he, she and they."""
    if subject:
        return [f"{subject} {predicate}".replace("{their}", their) for their in ("his", "her", "their", "the person's")]
    singular = [f"{name} {predicate}".replace("{their}", their) for name, their in (("he", "his"), ("she", "her"))]
    return [*singular, f"they {plural(predicate)}".replace("{their}", "their")]


@pytest.mark.parametrize("kind", nonverbal_kinds())
@pytest.mark.parametrize(("strength", "intensity"), [(0.1, "A"), (0.5, "C"), (0.9, "E"), (0.1, None), (0.9, None)])
def test_what_people_would_write_of_a_clue_speaks_of_it_and_of_no_other(kind: str, strength: float, intensity) -> None:
    clue = word_clue("").model_copy(
        update={
            "kind": kind,
            "modality": nonverbal_kinds()[kind].modality,
            "strength": strength,
            "intensity": intensity,
        }
    )
    subject, predicate = clue_predicate(clue)
    for text in told_forms(subject, predicate):
        assert kinds_in(text) == {kind}, text
        assert kinds_in(text.capitalize() + ".") == {kind}
        assert mentions(text, clue)
        (denied,) = parse.claims_in(f"{text}.", (), Span(0, 1))
        assert (denied.modality, denied.verified) == (clue.modality, False)


def test_how_strong_a_clue_is_chooses_its_predicate() -> None:
    def told(strength: float, intensity: str | None = None) -> str:
        return clue_predicate(smile.model_copy(update={"strength": strength, "intensity": intensity}))[1]

    smile = word_clue("").model_copy(update={"kind": "lip_corner_puller", "modality": "face"})
    predicates = nonverbal_kinds()["lip_corner_puller"].predicates
    assert (told(0.1), told(0.5), told(0.9)) == predicates
    assert (told(0.9, "B"), told(0.1, "C"), told(0.1, "D")) == predicates


@pytest.mark.parametrize(
    "kind", [kind for kind in facial_kinds() if kind.one_sided_predicate], ids=lambda kind: kind.kind
)
def test_people_would_say_on_which_side(kind: FacialKind) -> None:
    for side, other in (("left", "right"), ("right", "left")):
        clue = word_clue("").model_copy(update={"kind": kind.kind, "modality": "face", "side": side})
        for text in told_forms(*clue_predicate(clue)):
            assert side in text
            assert mentions(text, clue)
            assert not mentions(text, clue.model_copy(update={"side": other}))
            assert not mentions(text, clue.model_copy(update={"side": None}))
            assert kinds_in(text) == {kind.kind}
        assert side not in clue_predicate(clue, sided=False)[1]


@pytest.mark.parametrize("kind", verbal_kinds(), ids=lambda kind: kind.kind)
def test_what_people_would_write_of_words_quotes_them(kind) -> None:
    clue = word_clue("no, wait").model_copy(update={"kind": kind.kind})
    for text in told_forms(*clue_predicate(clue)):
        assert kinds_in(text) == set()
        assert mentions(text, clue)
