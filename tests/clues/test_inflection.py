"""Verbs of the tables agree with "they", and go back by the rules of spelling."""

import re

import pytest

from microemo.clues import nonverbal_kinds, verbal_kinds
from microemo.clues.inflection import plural

PREDICATES = sorted(
    {
        predicate
        for kind in nonverbal_kinds().values()
        if not kind.subject
        for predicate in (*kind.predicates, kind.one_sided_predicate)
        if predicate
    }
    | {kind.predicate for kind in verbal_kinds()}
)


def third_person(verb: str) -> str:
    """Of he and she, as grammars have it."""
    irregular = {"are": "is", "have": "has"}
    if verb in irregular:
        return irregular[verb]
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + ("es" if re.search(r"(s|sh|ch|x|zz)$", verb) else "s")


@pytest.mark.parametrize("predicate", PREDICATES)
def test_every_verb_of_the_tables_goes_there_and_back(predicate: str) -> None:
    of_he, of_they = predicate.split(" "), plural(predicate).split(" ")
    assert of_he[1:] == of_they[1:]
    assert of_he[0] != of_they[0]
    assert third_person(of_they[0]) == of_he[0]


@pytest.mark.parametrize(
    ("of_he", "of_they"),
    [
        ("presses {their} lips together", "press {their} lips together"),
        ("purses {their} lips", "purse {their} lips"),
        ("stretches it", "stretch it"),
        ("cries", "cry"),
        ("is crying", "are crying"),
        ("has an edge", "have an edge"),
        ("nods", "nod"),
    ],
)
def test_examples(of_he: str, of_they: str) -> None:
    assert plural(of_he) == of_they
