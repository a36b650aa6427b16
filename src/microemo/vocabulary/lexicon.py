"""The emotion lexicon (``lexicon.toml``): the place of a label among the words for what people feel, from family to word.

It is the knowledge behind the offline judge, the wheel metric without published tables, and the valence of labels.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Valence = Literal["positive", "negative", "neutral"]

NEGATION = re.compile(r"(not|no|no longer|never|hardly|without|lack of|absence of|free of|don't|doesn't|isn't|cannot|can't) ")
BEFORE = re.compile(
    r"(a|an|the|some|very|quite|rather|fairly|pretty|really|truly|so|too|more|most|somewhat|slightly|mildly|lightly"
    r"|moderately|strongly|highly|deeply|extremely|intensely|greatly|incredibly|overly|excessively|increasingly"
    r"|particularly|especially|genuinely|relatively|generally|mostly|seemingly|apparently|possibly|probably|perhaps"
    r"|visibly|obviously|clearly|inwardly|emotionally|mentally|psychologically|a bit|a little|a little bit|kind of"
    r"|sort of|bit|little|slight|mild|strong|intense|deep|great|extreme|profound|inner|hidden|suppressed|general"
    r"|feel|feels|feeling|feelings of|feeling of|feeling a|sense of|full of|filled with|state of|in|being|be|becoming"
    r"|getting|looking|seems|seeming|emotionally) (?=.)"
)
AFTER = re.compile(r"(?<=.) (emotions?|feelings?|moods?|states?|attitude|expression|tone|tones|demeanou?r|emotionally)$")


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
        shorter = AFTER.sub("", BEFORE.sub("", words, count=1)) if BEFORE.match(words) else AFTER.sub("", words)
        if shorter == words or NEGATION.match(words):
            return None
        words = shorter
    return lexicon()[words]


def normalised(label: str) -> str:
    """A label as the lexicon spells it: lower case, single spaces for hyphens and blanks, no marks around it."""
    return " ".join(label.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("-", " ").split()).strip(" .,;:!?\"'()[]")


def _words() -> Iterator[tuple[Place, list[str]]]:
    groups = tomllib.loads(files(__package__).joinpath("lexicon.toml").read_text(encoding="utf-8"))
    families, valences = groups.pop("families"), groups.pop("valence")
    for family, members in groups.items():
        for group, words in members.items():
            for word, forms in words.items():
                yield Place(word, group, family, valences.get(group, families[family])), forms


def _regular_forms(word: str) -> Iterator[str]:
    """Adverb and noun of an adjective; of other words these are no words, and meet no label."""
    if " " not in word:
        stem = word[:-1] + "i" if word.endswith("y") else word
        yield stem + "ness"
        yield word + "ally" if word.endswith("ic") else word[:-1] + "y" if word.endswith("le") else stem + "ly"
