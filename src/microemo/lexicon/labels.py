"""The wide lexicon of emotion labels (``labels.toml``): a label's place among all words for what people feel.

It is the knowledge behind the offline judge, the wheel metric without published tables, and the valence of labels.
Labels are English.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from microemo.lexicon.families import FAMILIES, Valence, emotion_families, family_of
from microemo.lexicon.languages import language

ENGLISH = language("en")


def _any_of(phrases: Iterable[str]) -> str:
    """A pattern of phrases, the longest first."""
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return f"(?:{'|'.join(map(re.escape, longest_first))})"


NEGATION = re.compile(
    rf"\b(?:{_any_of(ENGLISH.negations.words | ENGLISH.negations.phrases)}|\w+{_any_of(ENGLISH.negations.endings)}) "
)
SHADE = re.compile(
    rf"^{_any_of(ENGLISH.degrees.intensifiers | ENGLISH.degrees.softeners | ENGLISH.labels.shades)} (?=.)"
    rf"|(?<=.) {_any_of(ENGLISH.labels.carriers)}$"
)
MARKS = " .,;:!?\"'()[]"


@dataclass(frozen=True)
class Place:
    """Where a word stands in the lexicon."""

    word: str
    group: str
    family: str
    valence: Valence


def felt(label: str) -> str:
    """A label in the word for who feels so: "disgusted" for "disgust" and "disgusting"; others as they are."""
    found = lexicon().get(label)
    return found.word if found and (label.endswith("ing") or found.word in FAMILIES) else label


@cache
def lexicon() -> Mapping[str, Place]:
    """Every form of every word, lower case and without hyphens, and its place."""
    places: dict[str, Place] = {}
    for place, forms in _words():
        places |= dict.fromkeys((place.word, *forms), place)
    for place, _ in _words():
        for form in _regular_forms(place.word):
            places.setdefault(form, place)
    return places


def labelled_words() -> Iterator[tuple[str, str]]:
    """All words for what people feel that are of one of the labelled data's families, each with that family."""
    for family in FAMILIES:
        yield from ((label, family) for label in emotion_families()[family].labels)
    for found, _ in _words():
        if found.family in FAMILIES and family_of(found.word) is None:
            yield found.word, found.family


def place(label: str) -> Place | None:
    """The place of a label, whatever its case, spacing, hyphens and shading ("slightly worried", "a sense of joy").

    None outside the lexicon; a negation ("not happy") is outside, unless the lexicon has it as a phrase.
    """
    words = normalised(label)
    while words not in lexicon():
        shade = SHADE.search(words)
        if shade is None or NEGATION.match(words):
            return None
        words = words[: shade.start()] + words[shade.end() :]
    return lexicon()[words]


@cache
def kin() -> Mapping[str, frozenset[str]]:
    """Of each group, those close in meaning without being the same, as WordNet's "see also" has them."""
    near: dict[str, set[str]] = defaultdict(set)
    for group, others in _table()["kin"].items():
        for other in others:
            near[group].add(other)
            near[other].add(group)
    return {group: frozenset(others) for group, others in near.items()}


def normalised(label: str) -> str:
    """A label as the lexicon spells it: lower case, single spaces for hyphens and blanks, no marks around it."""
    plain = label.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("-", " ")
    return " ".join(plain.split()).strip(MARKS)


def _words() -> Iterator[tuple[Place, list[str]]]:
    """Each word's place, and its other forms."""
    table = dict(_table())
    valence_of_group, _ = table.pop("valence"), table.pop("kin")
    for family, groups in table.items():
        for group, words in groups.items():
            valence = valence_of_group.get(group, emotion_families()[family].valence)
            for word, forms in words.items():
                yield Place(word, group, family, valence), forms


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("labels.toml").read_text(encoding="utf-8"))


def _regular_forms(word: str) -> Iterator[str]:
    """Adverb and noun of an adjective; of other words these are no words, and meet no label."""
    if " " not in word:
        stem = word[:-1] + "i" if word.endswith("y") else word
        yield stem + "ness"
        yield word + "ally" if word.endswith("ic") else word[:-1] + "y" if word.endswith("le") else stem + "ly"
