"""Sentences as words and phrases that the rules know: feelings by the lexicon, cues and nouns by ``english.toml``."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from microemo.lexicon.labels import ENGLISH, Place, lexicon

SENTENCE_END = re.compile(r"([.!?\u2026]+(?:\s|$)|[;\n])")
TOKEN = re.compile(r"'(?:s|re|m)\b|[^\W_]+|[,:()&\u2013\u2014]")
SPELLINGS = {
    "\u2019": "'",
    "\u2018": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u00ab": '"',
    "\u00bb": '"',
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "n't": " not",
    " -- ": " \u2014 ",
}
REPEATED = re.compile(r"([,:()&])(?:\s*\1)+")
QUOTED = re.compile(r'"[^"\n]*"|(?<!\w)\'(?:[^\'\n]|(?<=\w)\'(?=\w)){1,300}\'(?!\w)')
NAMES_A_FEELING = re.compile(r"\b(emotion|feeling|mood|label|state|described as)s?\b[^.\n]{0,30}$")
LONGEST_NAME = 30
ADJECTIVE_ENDINGS = ("ed", "ful", "ous", "ing", "ive", "able", "less")
KNOWN_WORDS = 1 << 16
"""Words outside the tables that are remembered."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or phrase of a sentence.

    cue          what it does to its clause, "" for nothing
    noun         the class of a noun, "" for other words
    place        its place in the lexicon if it may be a feeling
    adverb       whether it is an adverb that is no feeling, as far as its ending tells
    transparent  whether it may stand between an adjective and its verb or noun
    adjective    whether it is an adjective, as far as its ending tells
    firm         whether it is a feeling wherever it stands, as "angry" is and "cold" is not
    """

    text: str
    cue: str = ""
    noun: str = ""
    place: Place | None = None
    adverb: bool = False
    transparent: bool = False
    adjective: bool = False
    firm: bool = False


Sentence = list[Unit]
NOTHING = Unit("")


def plain(text: str) -> str:
    """A text in lower case, its contractions written out, its quotation marks straight, no mark twice."""
    text = (text if text.isascii() else unicodedata.normalize("NFKC", text)).lower()
    for written, spelling in SPELLINGS.items():
        text = text.replace(written, spelling)
    return REPEATED.sub(r"\1", text)


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a plain text, without what they quote; no questions."""
    pieces = SENTENCE_END.split(_unquoted(text))
    for body, end in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        sentence = _units(body)
        if sentence and not _asks(sentence, end):
            yield sentence


@cache
def words(table: str, name: str) -> frozenset[str]:
    """A list of ``english.toml``."""
    return frozenset(_english()[table][name])


def _asks(sentence: Sentence, end: str) -> bool:
    """Whether a sentence is a question; "more like worried, or maybe confused?" is a hedge."""
    return end.startswith("?") and sentence[0].text in words("around", "asking")


def _unquoted(text: str) -> str:
    """A text without what it quotes, except for the name of a feeling ('an emotion of "joy"')."""

    def kept(match: re.Match[str]) -> str:
        before = text[max(0, match.start() - 2 * LONGEST_NAME) : match.start()]
        return match[0][1:-1] if len(match[0]) <= LONGEST_NAME and NAMES_A_FEELING.search(before) else " "

    return QUOTED.sub(kept, text)


def _units(text: str) -> Sentence:
    """A sentence in words and known phrases, the longest first."""
    tokens = TOKEN.findall(text)
    known = _phrases()
    alone, longer = known.alone, known.longer
    sentence: Sentence = []
    start = 0
    while start < len(tokens):
        token = tokens[start]
        start += 1
        unit = alone.get(token) or _unknown(token)
        if token in longer:
            for tail, phrase in longer[token]:
                if tokens[start : start + len(tail)] == tail:
                    unit = phrase
                    start += len(tail)
                    break
        sentence.append(unit)
    return sentence


@dataclass(frozen=True)
class _Phrases:
    """Known words, and known phrases by their first word as their other words, the longest first."""

    alone: Mapping[str, Unit]
    longer: Mapping[str, list[tuple[list[str], Unit]]]


@cache
def _phrases() -> _Phrases:
    units = {form: _unit(form, place=place) for form, place in lexicon().items() if _may_be_felt(form, place)}
    units |= {phrase: _unit(phrase, "negation") for phrase in _negations()}
    for cue, phrases in _english()["cues"].items():
        units |= {phrase: _unit(phrase, cue) for phrase in phrases}
    longer: dict[str, list[tuple[list[str], Unit]]] = {}
    for phrase, unit in units.items():
        first, *rest = TOKEN.findall(phrase)
        if rest:
            longer.setdefault(first, []).append((rest, unit))
    return _Phrases(
        alone=units,
        longer={first: sorted(tails, key=lambda tail: -len(tail[0])) for first, tails in longer.items()},
    )


def _negations() -> Iterator[str]:
    """The lexicon's negations that a plain text can hold: "n't" is "not" there."""
    negations = ENGLISH.negations
    return (phrase for phrase in sorted(negations.words | negations.phrases) if plain(phrase) == phrase)


def _may_be_felt(form: str, place: Place) -> bool:
    """Whether a form in prose is a feeling at all; a participle such as "boring" tells of what is felt about."""
    stimulus = form.endswith("ing") and place.word.endswith("ed") and form not in words("senses", "firm")
    return not stimulus and form not in words("senses", "not_feelings")


@lru_cache(KNOWN_WORDS)
def _unknown(word: str) -> Unit:
    return _unit(word)


def _unit(text: str, cue: str = "", place: Place | None = None) -> Unit:
    ends_like_adverb = text.endswith("ly")
    return Unit(
        text=text,
        cue=cue,
        noun=_nouns().get(text, ""),
        place=place,
        adverb=place is None and ends_like_adverb,
        transparent=place is not None or ends_like_adverb or cue in ("degree", "joint", "idiom"),
        adjective=text.endswith(ADJECTIVE_ENDINGS) or (place is not None and place.word == text),
        firm=place is not None and _is_firm(text, place),
    )


def _is_firm(form: str, place: Place) -> bool:
    stem = form.removesuffix("ly")
    spellings = {form, stem, stem[:-1] + "y" if stem.endswith("i") else stem}
    return form in words("senses", "firm") or not (
        place.group in words("senses", "loose_groups") or spellings & words("senses", "loose")
    )


@cache
def _nouns() -> Mapping[str, str]:
    return {noun: kind for kind, nouns in _english()["nouns"].items() for noun in nouns}


@cache
def _english() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("english.toml").read_text(encoding="utf-8"))
