"""The emotion lexicon (``lexicon.toml``): a label's place among the words for what people feel, from family to word.

It is the knowledge behind the offline judge, the wheel metric without published tables, and the valence of labels.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Valence = Literal["positive", "negative", "neutral"]

NEGATIONS = """
    not no no_longer never hardly without lack_of absence_of free_of don't doesn't didn't isn't cannot can't
"""
SHADES = """
    a an the some in be being becoming getting looking seems seeming very quite rather fairly pretty really truly so too
    more most somewhat slightly mildly lightly moderately strongly highly deeply extremely intensely greatly incredibly
    overly excessively increasingly particularly especially genuinely relatively generally mostly seemingly apparently
    possibly probably perhaps visibly obviously clearly inwardly emotionally mentally psychologically bit little
    kind_of sort_of slight mild strong intense deep great extreme profound inner hidden suppressed general feel feels
    feeling feeling_of feelings_of sense_of full_of filled_with state_of
"""
CARRIERS = "emotion emotions feeling feelings mood moods state states attitude expression tone demeanor demeanour"


def _any_of(words: str) -> str:
    return "(?:" + "|".join(re.escape(word.replace("_", " ")) for word in words.split()) + ")"


NEGATION = re.compile(rf"\b{_any_of(NEGATIONS)} ")
SHADE = re.compile(rf"^{_any_of(SHADES)} (?=.)|(?<=.) {_any_of(CARRIERS)}$")
MARKS = " .,;:!?\"'()[]"


@dataclass(frozen=True)
class Place:
    """Where a word stands in the lexicon."""

    word: str
    group: str
    family: str
    valence: Valence


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
    families, valences = _table()["families"], _table()["valence"]
    for family, valence in families.items():
        for group, words in _table()[family].items():
            for word, forms in words.items():
                yield Place(word, group, family, valences.get(group, valence)), forms


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("lexicon.toml").read_text(encoding="utf-8"))


def _regular_forms(word: str) -> Iterator[str]:
    """Adverb and noun of an adjective; of other words these are no words, and meet no label."""
    if " " not in word:
        stem = word[:-1] + "i" if word.endswith("y") else word
        yield stem + "ness"
        yield word + "ally" if word.endswith("ic") else word[:-1] + "y" if word.endswith("le") else stem + "ly"
