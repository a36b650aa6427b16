"""Verbal clues: words and phrases that name or show a feeling, found by the small lexicon ``emotion_words.toml``."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple, Protocol

from microemo.schema import Clue, Utterance

STRONG, MILD = 0.9, 0.6
INTENSIFIED, SOFTENED = 1.3, 0.7
NEGATED = -0.5  # "not happy" is less than happy, but not as much as sad
REACH = 3  # words before a feeling that can negate or grade it
NEGATIONS = {"not", "no", "never", "without", "hardly", "nobody", "nothing", "cannot", "neither", "nor"}
INTENSIFIERS = {"very", "so", "really", "too", "extremely", "absolutely", "totally", "such", "deeply", "completely"}
SOFTENERS = {"bit", "little", "slightly", "somewhat", "kinda", "almost", "rather"}


class TimedWord(Protocol):
    """A spoken word as the transcription knows it."""

    @property
    def text(self) -> str: ...
    @property
    def start_sec(self) -> float: ...
    @property
    def end_sec(self) -> float: ...


class Token(NamedTuple):
    text: str  # lower case; "." for the end of a clause
    start_sec: float
    end_sec: float


@dataclass(frozen=True)
class Entry:
    """A word or phrase of the lexicon: its family, polarity (-1, 0, 1) and strength."""

    pattern: re.Pattern[str]
    num_words: int
    family: str
    polarity: int
    strength: float


@cache
def lexicon() -> tuple[Entry, ...]:
    """All entries, the longest first: "give up" wins over "give", "hopeless*" over "hope*"."""
    table = tomllib.loads(files(__package__).joinpath("emotion_words.toml").read_text(encoding="utf-8"))
    entries = [
        Entry(re.compile(phrase.replace("*", r"[\w']*")), len(phrase.split()), family, row["polarity"], strength)
        for family, row in table.items()
        for strength, phrases in ((STRONG, row["strong"]), (MILD, row["mild"]))
        for phrase in phrases
    ]
    return tuple(sorted(entries, key=lambda entry: (-entry.num_words, -len(entry.pattern.pattern))))


def word_clues(utterances: Sequence[Utterance], words: Sequence[TimedWord] = ()) -> list[Clue]:
    """Feelings in the text of each utterance, unnumbered; timed by the words where these are known.

    The value is the polarity in [-1, 1]. "not happy" is a ``negated_joy_word``.
    """
    return [clue for utterance in utterances for clue in _find(_tokens(utterance, words))]


def _tokens(utterance: Utterance, words: Sequence[TimedWord]) -> list[Token]:
    spoken = [word for word in words if utterance.start_sec <= (word.start_sec + word.end_sec) / 2 < utterance.end_sec]
    timed = [(word.text, word.start_sec, word.end_sec) for word in spoken]
    return [
        Token(match if match[0].isalnum() else ".", start_sec, end_sec)
        for text, start_sec, end_sec in timed or [(utterance.text, utterance.start_sec, utterance.end_sec)]
        for match in re.findall(r"\w[\w']*|[.,;:!?]", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    ]


def _find(tokens: Sequence[Token]) -> Iterator[Clue]:
    position = 0
    while position < len(tokens):
        entry = _entry_at(tokens, position)
        if entry is not None:
            yield _clue(entry, tokens, position)
        position += entry.num_words if entry else 1


def _entry_at(tokens: Sequence[Token], position: int) -> Entry | None:
    for entry in lexicon():
        phrase = " ".join(token.text for token in tokens[position : position + entry.num_words])
        if entry.pattern.fullmatch(phrase):
            return entry
    return None


def _clue(entry: Entry, tokens: Sequence[Token], position: int) -> Clue:
    found = tokens[position : position + entry.num_words]
    before = _clause_before(tokens, position)
    negation = next((word for word in before if word in NEGATIONS or word.endswith("n't")), None)
    grade = INTENSIFIED if INTENSIFIERS & set(before) else SOFTENED if SOFTENERS & set(before) else 1.0
    strength = min(entry.strength * grade, 1.0) * (abs(NEGATED) if negation else 1)
    start_sec, end_sec = found[0].start_sec, found[-1].end_sec
    return Clue(
        id=1,
        modality="words",
        region="words",
        kind=f"{'negated_' if negation else ''}{entry.family}_word",
        start_sec=round(start_sec, 3),
        apex_sec=round((start_sec + end_sec) / 2, 3),
        end_sec=round(end_sec, 3),
        value=round(entry.polarity * strength * (-1 if negation else 1), 3),
        baseline=0.0,
        strength=round(strength, 3),
        detail=" ".join([*([negation] if negation else []), *(token.text for token in found)]),
    )


def _clause_before(tokens: Sequence[Token], position: int) -> list[str]:
    """The few words before a position, back to the last punctuation."""
    words = [token.text for token in tokens[max(0, position - REACH) : position]]
    return words[len(words) - words[::-1].index(".") :] if "." in words else words
