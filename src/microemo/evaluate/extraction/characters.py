"""Man, woman or boy: in a description of a man, the woman is somebody else."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from microemo.evaluate.extraction.holders import is_beside_them
from microemo.evaluate.extraction.words import NOTHING, Sentence, Unit, words

CHARACTERS = ("man", "woman", "boy", "he", "she")


def main_character(sentence: Sentence) -> str:
    """One of ``CHARACTERS``: the first whom a sentence is about; "" if there is none."""
    for index, unit in enumerate(sentence):
        character = _characters().get(unit.text)
        if character and not _is_aside(sentence, index):
            return character
    return ""


def cast(sentence: Sentence, character: str) -> Sentence:
    """The sentence with those as others who cannot be the main character."""
    others = _others(character)
    if others.isdisjoint(unit.text for unit in sentence):
        return sentence
    return [_as_other(unit) if unit.text in others else unit for unit in sentence]


def _is_aside(units: Sequence[Unit], index: int) -> bool:
    """Whether a person is an object, an owner, or named by where they are: "to the man", "the man's", "behind her"."""
    owns = units[index].cue == "" and index + 1 < len(units) and units[index + 1].text == "'s"
    if owns or is_beside_them(units, index):
        return True
    while index > 0 and (units[index - 1].cue == "determiner" or units[index - 1].adjective):
        index -= 1
    before = units[index - 1] if index > 0 else NOTHING
    return before.cue in ("function", "beside", "frame") or before.text == "to"


@cache
def _as_other(unit: Unit) -> Unit:
    return replace(unit, cue="somebody" if unit.cue == "pronoun" else unit.cue, noun="other" if unit.noun else "")


@cache
def _characters() -> dict[str, str]:
    return {word: character for character in CHARACTERS for word in words("characters", character)}


@cache
def _others(character: str) -> frozenset[str]:
    others = words("others", character) if character else ()
    return frozenset(word for other in others for word in words("characters", other))
