"""Meanings: which part of face or voice does what, in the words between two joints of a sentence."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from microemo.claims.vocabulary import vocabulary
from microemo.claims.words import Found, Token
from microemo.clues import clue_kinds
from microemo.lexicon.labels import place

REACH = 9  # tokens between a part and what it does
EARLY = 6  # tokens within which a stretch that names no part says what that of the one before does
LISTED = 4  # tokens between parts of which one thing is said
AFTER_ADJECTIVES = ("throughout", "and", "for", "at", "all", "the")


class Meaning(NamedTuple):
    """A meaning found in a stretch, and its tokens."""

    actions: tuple[str, ...]
    region: str
    tokens: frozenset[int]


def meanings_in(
    words: Sequence[Token], parts: Sequence[Found], parts_before: Sequence[str]
) -> tuple[list[Meaning], bool]:
    """The meanings of a stretch; and whether the first of them is about a part that was named before it."""
    lists = vocabulary()
    movements = lists.movements.find(words)
    alone = [
        one for one in lists.alone.find(words)
        if not any(_overlaps(one, other) and other.num_words > one.num_words for other in movements)
    ]  # fmt: skip
    meanings = [Meaning((one.name,), _region(one.name), frozenset(range(one.first, one.end))) for one in alone]
    taken = {number for one in meanings for number in one.tokens}
    left = [part for part in parts if not taken & set(range(part.first, part.end))]
    used: set[int] = set()
    goes_on = False
    for movement, names in _by_place(movements):
        if "than" in [word.text for word in words[max(0, movement.first - 2) : movement.first]]:  # louder than usual
            continue
        if taken & set(range(movement.first, movement.end)):
            meanings += _shared(words, movement, names, [part for part in left if part.first not in used])
            continue
        near = [part for part in _nearest(movement, left) if _meaning(part.name, names)]
        if near and "sound" in words[near[0].first].forms and place(words[movement.first].text):
            continue  # "sounds low" is a feeling
        if movement.end - movement.first == 1 and words[movement.first].text == "still" and _goes_on(words, movement):
            continue  # "still rough"
        if near:
            joined = [part for part in left if part.first not in used and _joined_parts(words, part, near[0])]
            for part in [near[0], *joined]:
                if actions := _meaning(part.name, names):
                    used.add(part.first)
                    spoken = {*range(part.first, part.end), *range(movement.first, movement.end)}
                    meanings.append(Meaning(actions, part.name, frozenset(spoken)))
        elif not left and not alone and movement.first <= EARLY:
            for name in parts_before:
                if actions := _meaning(name, names):
                    goes_on = not meanings or goes_on
                    meanings.append(Meaning(actions, name, frozenset(range(movement.first, movement.end))))
    return meanings, goes_on


def _goes_on(words: Sequence[Token], movement: Found) -> bool:
    """Whether a word stands before what it grades, as an adverb does."""
    return movement.end < len(words) and words[movement.end].text not in AFTER_ADJECTIVES


def _joined_parts(words: Sequence[Token], part: Found, other: Found) -> bool:
    """Whether a part is listed before another: "her brows and lids"."""
    between = [word.text for word in words[part.end : other.first]]
    return part.end <= other.first and len(between) <= LISTED and bool({"and", "or", ",", "nor"} & set(between))


def _shared(words: Sequence[Token], movement: Found, names: Sequence[str], left: Sequence[Found]) -> Iterator[Meaning]:
    """Parts that another is joined to which has been understood: "her brows and upper lids are raised"."""
    for part in left:
        between = [word.text for word in words[part.end : movement.first]]
        if part.end <= movement.first and "and" in between[:2] and (actions := _meaning(part.name, names)):
            yield Meaning(actions, part.name, frozenset(range(part.first, part.end)))


def _meaning(part: str, movements: Sequence[str]) -> tuple[str, ...]:
    known = vocabulary().meanings
    return next((known[f"{part} {name}"] for name in movements if f"{part} {name}" in known), ())


def _by_place(found: Sequence[Found]) -> list[tuple[Found, list[str]]]:
    """Words of movements, each with all that they may mean."""
    places: dict[tuple[int, int], tuple[Found, list[str]]] = {}
    for one in found:
        places.setdefault((one.first, one.end), (one, []))[1].append(one.name)
    return list(places.values())


def _nearest(movement: Found, parts: Sequence[Found]) -> list[Found]:
    """Parts by their distance from a movement; what stands before it, as subjects do, is a little nearer."""

    def distance(part: Found) -> float:
        if movement.first < part.first and part.end < movement.end:  # "presses her lips together"
            return 0
        return movement.first - part.end if part.end <= movement.first else part.first - movement.end + 0.5

    within = [
        part for part in parts if distance(part) <= REACH and (not distance(part) or not _overlaps(part, movement))
    ]
    return sorted(within, key=distance)


def _overlaps(one: Found, other: Found) -> bool:
    return one.first < other.end and other.first < one.end


def _region(action: str) -> str:
    kind = clue_kinds().get(action)
    return kind.region if kind else ""
