"""Man or woman: in a description of a man, the woman is somebody else."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from microemo.evaluate.extraction.holders import is_beside_them
from microemo.evaluate.extraction.words import Sentence, Unit, words

OPPOSITE = {"male": "female", "female": "male"}


def gender_of_main(sentence: Sentence) -> str:
    """ "male" or "female" by the first man, woman, he or she whom a sentence is about; "" if it does not say."""
    for index, unit in enumerate(sentence):
        gender = _genders().get(unit.text)
        if gender and not _is_aside(sentence, index):
            return gender
    return ""


def cast(sentence: Sentence, gender: str) -> Sentence:
    """The sentence with those of the opposite gender as others."""
    others = words("genders", OPPOSITE[gender]) if gender else frozenset()
    if others.isdisjoint(unit.text for unit in sentence):
        return sentence
    return [_as_other(unit) if unit.text in others else unit for unit in sentence]


def _is_aside(units: Sequence[Unit], index: int) -> bool:
    """Whether a person is an object, an owner, or told by where they are: "to the man", "the man's", "behind her"."""
    owns = units[index].cue == "" and index + 1 < len(units) and units[index + 1].text == "'s"
    if owns or is_beside_them(units, index):
        return True
    while index > 0 and (units[index - 1].cue == "determiner" or units[index - 1].adjective):
        index -= 1
    return index > 0 and units[index - 1].cue in ("function", "beside", "frame")


@cache
def _as_other(unit: Unit) -> Unit:
    return replace(unit, cue="somebody" if unit.cue == "pronoun" else unit.cue, noun="other" if unit.noun else "")


@cache
def _genders() -> dict[str, str]:
    return {word: gender for gender in OPPOSITE for word in words("genders", gender)}
