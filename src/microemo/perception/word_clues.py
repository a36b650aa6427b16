"""Verbal clues: words and phrases that name or show a feeling, by the emotion words of the language that is spoken."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Protocol

from microemo.clues import VerbalKind, verbal_kinds
from microemo.lexicon import languages
from microemo.lexicon.languages import CLAUSE_END, LANGUAGES, Language
from microemo.schema import Clue, Utterance

STRONG, MILD = 0.9, 0.6
INTENSIFIED, SOFTENED = 1.3, 0.7
NEGATED = 0.5  # "not happy" is less than happy, but not as much as sad
REACH = 3  # words before a feeling that can negate or grade it


class TimedWord(Protocol):
    """A spoken word as the transcription knows it."""

    @property
    def text(self) -> str: ...
    @property
    def start_sec(self) -> float: ...
    @property
    def end_sec(self) -> float: ...


class Token(NamedTuple):
    text: str  # lower case, or CLAUSE_END
    start_sec: float
    end_sec: float


@dataclass(frozen=True)
class Entry:
    """A word or phrase of a language: the kind of clue that it is, and how strong."""

    pattern: re.Pattern[str]
    num_words: int
    kind: VerbalKind
    strength: float


@cache
def entries(language: str) -> tuple[Entry, ...]:
    """A language's words and phrases, the longest first: "give up" wins over "give", "hopeless*" over "hope*"."""
    spoken = languages.language(language)
    words = spoken.emotion_words
    listed = [
        (phrase, Entry(_pattern(phrase), len(list(spoken.find_words(phrase))), kind, strength))
        for kind in verbal_kinds()
        if kind.kind in words
        for strength, phrases in ((STRONG, words[kind.kind].strong), (MILD, words[kind.kind].mild))
        for phrase in phrases
    ]
    return tuple(entry for phrase, entry in sorted(listed, key=lambda row: (-row[1].num_words, -len(row[0]))))


def _pattern(phrase: str) -> re.Pattern[str]:
    return re.compile(re.escape(phrase).replace(r"\*", r"(?!less)[\w']*").replace(r"\ ", " "))


def word_clues(utterances: Sequence[Utterance], words: Sequence[TimedWord] = (), language: str = "en") -> list[Clue]:
    """Feelings in the text of each utterance, unnumbered; timed by the words where these are known.

    The value is the polarity in [-1, 1]. "not happy" is a ``negated_joy_word``. ``language`` is the ISO 639-1 code of
    utterances that have none of their own; raises ``InputError`` on one whose words are not known. An utterance in
    such a language has no verbal clues.
    """
    languages.language(language)
    return [
        clue
        for utterance in utterances
        for code in [utterance.language or language]
        if code in LANGUAGES
        for clue in _find(_tokens(utterance, words, languages.language(code)), entries(code), languages.language(code))
    ]


def _tokens(utterance: Utterance, words: Sequence[TimedWord], language: Language) -> list[Token]:
    """The language's words in an utterance, timed by the recogniser's, which for Chinese are single characters."""
    spoken = [word for word in words if utterance.start_sec <= (word.start_sec + word.end_sec) / 2 < utterance.end_sec]
    timed: Sequence[TimedWord | Utterance] = spoken or [utterance]
    texts = [language.normalise(word.text) for word in timed]
    owners = [word for word, text in zip(timed, texts, strict=True) for _ in text + language.space]
    return [
        Token(token, owners[start].start_sec, owners[end - 1].end_sec)
        for token, start, end in language.find_words(language.space.join(texts))
    ]


def _find(tokens: Sequence[Token], known: Sequence[Entry], language: Language) -> Iterator[Clue]:
    position = 0
    while position < len(tokens):
        entry = _entry_at(tokens, position, known, language)
        if entry is not None:
            yield _clue(entry, tokens, position, language)
        position += entry.num_words if entry else 1


def _entry_at(tokens: Sequence[Token], position: int, known: Sequence[Entry], language: Language) -> Entry | None:
    for entry in known:
        phrase = language.spell([token.text for token in tokens[position : position + entry.num_words]])
        if entry.pattern.fullmatch(phrase):
            return entry
    return None


def _clue(entry: Entry, tokens: Sequence[Token], position: int, language: Language) -> Clue:
    phrase = tokens[position : position + entry.num_words]
    before = _clause_before(tokens, position)
    denied_before = [word for word in before if word in language.negations][:1]
    after = _clause_after(tokens, position + entry.num_words)
    denied_after = after if not denied_before and language.spell(after) in language.negations.after else []
    negation = denied_before or denied_after
    kind = entry.kind.negated if negation else entry.kind
    strength = min(entry.strength * _grade(before, language), 1.0) * (NEGATED if negation else 1)
    start_sec, end_sec = phrase[0].start_sec, phrase[-1].end_sec
    return Clue(
        id=1,
        modality="words",
        region=kind.region,
        kind=kind.kind,
        start_sec=round(start_sec, 3),
        apex_sec=round((start_sec + end_sec) / 2, 3),
        end_sec=round(end_sec, 3),
        value=round(kind.polarity * strength * (-1 if negation else 1), 3),
        baseline=0.0,
        strength=round(strength, 3),
        detail=language.spell([*denied_before, *(token.text for token in phrase), *denied_after]),
    )


def _grade(before: Sequence[str], language: Language) -> float:
    """By how much the words before a feeling strengthen or weaken it."""
    if language.degrees.intensifiers.intersection(before):
        return INTENSIFIED
    return SOFTENED if language.degrees.softeners.intersection(before) else 1.0


def _clause_before(tokens: Sequence[Token], position: int) -> list[str]:
    """The few words before a position, back to the last punctuation."""
    words = [token.text for token in tokens[max(0, position - REACH) : position]]
    return words[len(words) - words[::-1].index(CLAUSE_END) :] if CLAUSE_END in words else words


def _clause_after(tokens: Sequence[Token], position: int) -> list[str]:
    """The words from a position to the next punctuation."""
    words = [token.text for token in tokens[position:]]
    return words[: words.index(CLAUSE_END)] if CLAUSE_END in words else words
