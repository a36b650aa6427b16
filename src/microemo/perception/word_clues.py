"""Verbal clues: words and phrases that name or show a feeling, by the emotion words of the language that is spoken, and
the ways of speaking beside them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from microemo.clues import VerbalKind, emotion_word_kinds
from microemo.lexicon import languages
from microemo.lexicon.languages import CLAUSE_END, LANGUAGES, Language
from microemo.perception.language_style import style_clues
from microemo.perception.spoken_words import Spoken, TimedWord, Token, spoken
from microemo.schema import Clue, Utterance

STRONG, MILD = 0.9, 0.6
INTENSIFIED, SOFTENED = 1.3, 0.7
NEGATED = 0.5  # "not happy" is less than happy, but not as much as sad
REACH = 3  # words before a feeling that can negate or grade it


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
        for kind in emotion_word_kinds()
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
        for clue in _clues(spoken(utterance, words, languages.language(code)), code)
    ]


def _clues(said: Spoken, code: str) -> Iterator[Clue]:
    """The emotion words of an utterance, and the ways of speaking in what these leave."""
    tokens = said.tokens()
    found = [_Feeling(entry, tokens, position, said) for position, entry in _entries_in(tokens, code, said.language)]
    taken = [(token.start, token.end) for feeling in found for token in feeling.tokens]
    yield from (feeling.clue for feeling in found)
    yield from style_clues(said, code, taken)


def _entries_in(tokens: Sequence[Token], code: str, language: Language) -> Iterator[tuple[int, Entry]]:
    """Each word or phrase that is listed, and at which token it begins."""
    position = 0
    while position < len(tokens):
        entry = _entry_at(tokens, position, entries(code), language)
        if entry is not None:
            yield position, entry
        position += entry.num_words if entry else 1


def _entry_at(tokens: Sequence[Token], position: int, known: Sequence[Entry], language: Language) -> Entry | None:
    texts = [token.text for token in tokens[position : position + known[0].num_words]] if known else []
    phrases = [language.spell(texts[:length]) for length in range(len(texts) + 1)]
    for entry in known:
        if entry.num_words <= len(texts) and entry.pattern.fullmatch(phrases[entry.num_words]):
            return entry
    return None


class _Feeling:
    """An emotion word with the words that deny or grade it."""

    def __init__(self, entry: Entry, tokens: Sequence[Token], position: int, said: Spoken) -> None:
        self._entry, self._said = entry, said
        self._phrase = tokens[position : position + entry.num_words]
        denies, degrees = said.language.negations, said.language.degrees
        before = _clause_before(tokens, position)
        self._denials = [token for token in before if token.text in denies]
        self._denied_before = self._denials[:1]
        after = _clause_after(tokens, position + entry.num_words)
        denied_after = said.language.spell([token.text for token in after]) in denies.after
        self._denied_after = after if denied_after and not self._denied_before else []
        self._intensified = [token for token in before if token.text in degrees.intensifiers]
        self._softened = [token for token in before if token.text in degrees.softeners]

    @property
    def tokens(self) -> list[Token]:
        """All that are part of its clue."""
        return [*self._denials, *self._intensified, *self._softened, *self._phrase, *self._denied_after]

    @property
    def clue(self) -> Clue:
        """Unnumbered, timed by the word itself."""
        detail = [token.text for token in (*self._denied_before, *self._phrase, *self._denied_after)]
        negated = len(detail) > len(self._phrase)
        kind = self._entry.kind.negated if negated else self._entry.kind
        grade = INTENSIFIED if self._intensified else SOFTENED if self._softened else 1.0
        strength = min(self._entry.strength * grade, 1.0) * (NEGATED if negated else 1)
        start_sec, end_sec = self._said.start_sec(self._phrase[0].start), self._said.end_sec(self._phrase[-1].end)
        return Clue(
            id=1,
            modality="words",
            region=kind.region,
            kind=kind.kind,
            start_sec=round(start_sec, 3),
            apex_sec=round((start_sec + end_sec) / 2, 3),
            end_sec=round(end_sec, 3),
            value=round(kind.polarity * strength * (-1 if negated else 1), 3),
            baseline=0.0,
            strength=round(strength, 3),
            detail=self._said.language.spell(detail),
        )


def _clause_before(tokens: Sequence[Token], position: int) -> list[Token]:
    """The few words before a position, back to the last punctuation."""
    return list(takewhile(_is_word, tokens[max(0, position - REACH) : position][::-1]))[::-1]


def _clause_after(tokens: Sequence[Token], position: int) -> list[Token]:
    """The words from a position to the next punctuation."""
    return list(takewhile(_is_word, tokens[position:]))


def _is_word(token: Token) -> bool:
    return token.text != CLAUSE_END
