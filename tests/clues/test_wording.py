"""The words of clues agree with the kinds, with each other, and with what the parser takes them for."""

import pytest

from microemo import parse
from microemo.claims.grammar import read
from microemo.claims.readings import Evidence
from microemo.clues import FacialKind, clue_clause, facial_kinds, nonverbal_kinds, verbal_kinds
from microemo.data.describe import POSSESSIVES, predicate
from microemo.data.manifest import Pronoun
from microemo.perception.word_clues import word_clues
from microemo.schema import Clue, Utterance
from microemo.spans import Span


def word_clue(detail: str) -> Clue:
    return Clue(
        id=1, modality="words", region="words", kind="joy_word", start_sec=0, apex_sec=0, end_sec=1, value=1,
        baseline=0, strength=0.5, detail=detail,
    )  # fmt: skip


def told(text: str) -> set[str]:
    """The actions that a text speaks of."""
    return {action for clause in read(text) for one in clause.statements for action in one.actions}


def bears_out(clue: Clue, text: str) -> bool:
    return all(claim.is_borne_out for claim in parse.claims_in(text, Evidence(None, [clue]), Span(0, 1)))


@pytest.mark.parametrize("kind", nonverbal_kinds())
def test_what_is_said_of_a_clue_speaks_of_it_and_of_no_other(kind: str) -> None:
    words = nonverbal_kinds()[kind]
    for text in (*words.clauses, words.phrase):
        assert told(text) == {kind}, text
        assert told(text.capitalize() + ".") == {kind}


@pytest.mark.parametrize("kind", nonverbal_kinds().values(), ids=nonverbal_kinds())
def test_a_clause_is_known_by_what_it_speaks_of_even_where_nothing_was_measured(kind) -> None:
    for clause in kind.clauses:
        claims = parse.claims_in(clause, Evidence(None, ()), Span(0, 1))
        assert kind.modality in {claim.modality for claim in claims}, clause


@pytest.mark.parametrize("kind", nonverbal_kinds())
@pytest.mark.parametrize("who", ["she", "he", "they"])
@pytest.mark.parametrize("strength", [0.2, 0.5, 0.9])
def test_what_descriptions_say_of_a_clue_is_borne_out_by_it_alone(kind: str, who: Pronoun, strength: float) -> None:
    of = nonverbal_kinds()[kind]
    clue = word_clue("").model_copy(update={"kind": kind, "modality": of.modality, "strength": strength})
    text = predicate(clue, who)
    text = f"{'' if text.startswith((POSSESSIVES[who], 'the ')) else who + ' '}{text}."
    claims = parse.claims_in(text, Evidence(None, [clue]), Span(0, 1))
    assert claims and all(claim.is_borne_out and claim.clues == (1,) for claim in claims), text
    assert not any(claim.is_borne_out for claim in parse.claims_in(text, Evidence(None, ()), Span(0, 1)))


def test_a_word_clue_is_told_of_where_the_very_word_is_quoted() -> None:
    great = word_clue("great")
    assert clue_clause(great).endswith(' "great"') and bears_out(great, clue_clause(great))
    assert bears_out(great, 'The person says "Great, thanks!"')
    assert not bears_out(great, 'says "greatly"')
    assert bears_out(word_clue("can't believe"), 'says "i can\'t believe it"')


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
        assert all(bears_out(clue, f'the person says "{clue.detail}"') for clue in clues)


@pytest.mark.parametrize("kind", verbal_kinds(), ids=lambda kind: kind.kind)
def test_what_is_said_of_words_speaks_of_no_other_clue_and_is_verified_by_them(kind) -> None:
    for number in range(20):
        detail = f"no, wait {'x' * number}"
        clue = word_clue(detail).model_copy(update={"kind": kind.kind})
        clause = clue_clause(clue)
        assert clause.removesuffix(f' "{detail}"') in kind.verbs
        claims = parse.claims_in(f"{clause} [1].", Evidence(None, [clue]), Span(0, 1))
        assert claims and all(claim.modality == "words" and claim.is_borne_out for claim in claims), clause
        denied = parse.claims_in(f"{clause} [1].", Evidence(None, ()), Span(0, 1))
        assert not any(claim.is_borne_out for claim in denied)


def test_a_quotation_speaks_of_nothing_but_itself() -> None:
    assert told('the person says "stop smiling"') == {"said"}


@pytest.mark.parametrize("kind", [kind for kind in facial_kinds() if kind.one_sided], ids=lambda kind: kind.kind)
def test_a_side_is_said_and_recognised(kind: FacialKind) -> None:
    for side in ("left", "right"):
        clue = word_clue("great").model_copy(update={"kind": kind.kind, "modality": "face", "detail": "", "side": side})
        clause = clue_clause(clue)
        assert side in clause
        assert clause not in kind.clauses
        for variant in kind.one_sided:
            assert bears_out(clue, variant.format(side=side))
            assert not bears_out(clue, variant.format(side={"left": "right", "right": "left"}[side]))
            assert told(variant.format(side=side)) == {kind.kind}
