"""Which words for a feeling in a sentence are feelings of the main character."""

from collections.abc import Iterator, Sequence

from microemo.evaluate.extraction.clauses import Clause, clauses
from microemo.evaluate.extraction.holders import REACH, Holder, noun_class, subject
from microemo.evaluate.extraction.words import NOTHING, Unit, words


def felt(units: Sequence[Unit]) -> Iterator[str]:
    """The main character's feelings in a sentence, as base words of the lexicon, in order of mention."""
    if any(unit.place for unit in units) and not _generic(units):
        for index, clause in clauses(units):
            place = units[index].place
            if place and clause.real and _counts(units, index, clause):
                yield place.word


def _generic(units: Sequence[Unit]) -> bool:
    """ "Anger is often shown by lowered brows": what the sentence is about is nobody."""
    begins = units[0].place is not None or units[0].text in ("a", "an")
    return begins and any(unit.text in words("around", "generic") for unit in units[1:REACH])


def _counts(units: Sequence[Unit], index: int, clause: Clause) -> bool:
    """Whether the word for a feeling at ``index`` is one of the main character's."""
    unit = units[index]
    before = _before_phrase(units, index)
    noun = _modified(units, index) if unit.adjective and clause.frame != "predicated" else ""
    if noun == "person":
        return clause.holder != "other" and not _is_object(units, before)
    if noun not in ("", "expression") or _owned_by_other(units, index, before) or _denied_later(units, index):
        return False
    predicated, named = clause.frame == "predicated", clause.frame == "named"
    owned = before >= 0 and units[before].cue == "possessive"
    reported = clause.holder == "narrator" and not predicated  # "I see anger", but not "I am happy to help"
    if owned or reported or clause.holder == "main":
        return unit.firm or predicated or named or noun == "expression"
    return (clause.holder in ("body", "scene") and named) or (clause.holder == "body" and unit.firm)


def _before_phrase(units: Sequence[Unit], index: int) -> int:
    """The word before a feeling, its adverbs and the other feelings it stands with; -1 at the sentence's start."""
    first = max(-1, index - 1 - REACH)
    for before in range(index - 1, first, -1):
        is_noun = units[before].place is not None and not units[before].adjective
        if not units[before].transparent or (is_noun and units[before + 1].cue != "joint"):
            return before
    return first


def _modified(units: Sequence[Unit], index: int) -> str:
    """The class of the noun that an adjective stands before, "unknown" for another noun, "" if it stands alone."""
    seen_noun = False
    for number, unit in enumerate(units[index + 1 : index + 1 + REACH], start=index + 1):
        if unit.noun:
            return "scene" if _of(units, number) == "scene" else noun_class(unit, owned=False)
        if unit.cue and (seen_noun or not unit.transparent):
            break
        if not unit.transparent:
            seen_noun = True
        elif seen_noun and unit.adverb:
            break
    before = _before_phrase(units, index)
    begins = before < 0 or units[before].cue in ("determiner", "boundary", "possessive", "frame", "function")
    names = before >= 0 and units[before].text.endswith(" of")  # "a sense of longing runs through her words"
    return "unknown" if seen_noun and begins and not names else ""


def _is_object(units: Sequence[Unit], before: int) -> bool:
    """Whether the person whose phrase begins at ``before`` is not whom the clause is about: "to an angry man"."""
    if before > 0 and not (units[before].cue or units[before].noun) and _determines(units[before - 1]):
        before -= 1  # "a young, angry man"
    if before < 0 or units[before].cue == "possessive":
        return before >= 0
    if units[before].cue == "determiner":
        before -= 1
    return before >= 0 and (units[before].cue in ("", "function", "causing", "frame") or units[before].text == "to")


def _determines(unit: Unit) -> bool:
    return unit.cue in ("determiner", "possessive")


def _owned_by_other(units: Sequence[Unit], index: int, before: int) -> bool:
    """ "His friend's anger", "the anger of the customer", "to my surprise"."""
    owner = units[before] if before >= 0 else NOTHING
    if owner.text == "'s" and before > 0:
        owned = before > 1 and units[before - 2].cue in ("possessive", "ours", "determiner")
        return noun_class(units[before - 1], owned) == "other"
    is_theirs = not units[index].adjective and units[index].text not in words("around", "directed")
    return owner.cue == "ours" or (is_theirs and _of(units, index) == "other")


def _of(units: Sequence[Unit], index: int) -> Holder | None:
    """Whose the noun at ``index`` is said to be: "the anger of the customer", "the mood of the scene"."""
    has_owner = index + 1 < len(units) and units[index + 1].text == "of"
    return subject(units, index + 2) if has_owner else None


def _denied_later(units: Sequence[Unit], index: int) -> bool:
    """ "Anger is not visible", "fear is absent"."""
    for number in range(index + 1, min(len(units), index + 1 + REACH)):
        if units[number].cue == "boundary":
            return False
        if units[number].text in words("around", "absent"):
            return True
        if units[number].text in words("around", "denying"):
            return any(unit.text in words("around", "perceived") for unit in units[number + 1 : number + 4])
    return False
