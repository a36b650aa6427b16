"""Whose feelings a phrase tells of: the main character's, somebody else's, a thing's."""

from collections.abc import Sequence
from typing import Literal

from microemo.evaluate.extraction.words import NOTHING, Unit

Holder = Literal["main", "other", "narrator", "body", "scene"]
"""Who feels: the main character; somebody else; who tells; a part of the main character's body; a thing."""

REACH = 6
"""Words between an adjective and what it belongs to, at most."""

OF_CUES: dict[str, Holder] = {"pronoun": "main", "narrator": "narrator", "somebody": "other"}
OF_NOUNS: dict[str, Holder] = {
    "person": "main",
    "expression": "main",
    "other": "other",
    "body": "body",
    "scene": "scene",
}
THEM = ("her", "him", "them")


def subject(units: Sequence[Unit], start: int) -> Holder | None:
    """Who or what a clause that begins at ``start`` is about; None where no subject stands there."""
    start = _without_lead(units, start)
    first = units[start] if start < len(units) else NOTHING
    if first.cue in OF_CUES:
        return OF_CUES[first.cue]
    begins = first.cue in ("determiner", "possessive", "ours")
    if not (begins or first.noun or first.place):
        return None
    owned = first.cue in ("possessive", "ours") or first.text in ("a", "an")
    for index in range(start, min(start + REACH, len(units))):
        unit = units[index]
        kind = noun_class(unit, owned)
        if kind:
            return located(units, index, kind)
        if index > start and not (unit.place or unit.cue in ("", "degree") or unit.adverb):
            break
    return "main" if begins else None


def noun_class(unit: Unit, owned: bool) -> str:
    """The class of a noun, "" for other words. A relative is somebody else if it is somebody's ("her friend")."""
    if unit.noun == "relative":
        return "other" if owned else "person"
    return unit.noun


def _without_lead(units: Sequence[Unit], start: int) -> int:
    for index in range(start, min(start + REACH, len(units))):
        if not (units[index].cue in ("joint", "idiom", "lead", "restricting") or units[index].adverb):
            return index
    return start + REACH


def located(units: Sequence[Unit], index: int, kind: str) -> Holder:
    """The holder that the noun at ``index`` is: "the man behind her" is another, "her friend's voice" is too."""
    if kind == "person" and is_beside_them(units, index):
        return "other"
    following = units[index + 1 : index + 4]
    if following and following[0].text == "'s":
        owned = next((noun for unit in following[1:] if (noun := noun_class(unit, owned=False))), "")
        return "other" if kind == "other" and owned in ("expression", "body") else "main"
    return OF_NOUNS[kind]


def is_beside_them(units: Sequence[Unit], index: int) -> bool:
    """Whether where the person at ``index`` is sets them apart from the main character: "the man behind her"."""
    for number in range(index + 1, min(index + REACH, len(units))):
        if units[number].cue == "beside":
            of_whom = units[number + 1 : number + 2]
            return units[number].text == "in the background" or any(unit.text in THEM for unit in of_whom)
        if units[number].cue not in ("", "copula"):  # "who sits next to him"
            return False
    return False
