"""What is said in an utterance, each of its characters timed by the word that it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from microemo.lexicon.languages import CLAUSE_END, Language
from microemo.schema import Utterance


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
    start: int  # characters
    end: int


class Passage(NamedTuple):
    """Characters of an utterance that show a kind of clue; ``weight`` is how often they do."""

    kind: str
    start: int
    end: int
    weight: int = 1


@dataclass(frozen=True)
class Spoken:
    """The normalised text of an utterance, and which word, or else the whole utterance, each character belongs to."""

    text: str
    owners: tuple[TimedWord, ...]
    language: Language

    def tokens(self) -> list[Token]:
        return [Token(*found) for found in self.language.find_words(self.text)]

    def start_sec(self, character: int) -> float:
        return self.owners[character].start_sec

    def end_sec(self, character: int) -> float:
        """When the word ends whose last character is the one before."""
        return self.owners[character - 1].end_sec

    def words(self, start: int, end: int) -> list[str]:
        """The words between two characters, without punctuation."""
        return [word for word, *_ in self.language.find_words(self.text[start:end]) if word != CLAUSE_END]


def spoken(utterance: Utterance, words: Sequence[TimedWord], language: Language) -> Spoken:
    """What an utterance says, timed by the recogniser's words, which for Chinese are single characters."""
    within = [word for word in words if utterance.start_sec <= (word.start_sec + word.end_sec) / 2 < utterance.end_sec]
    timed: Sequence[TimedWord] = within or [utterance]
    texts = [language.normalise(word.text) for word in timed]
    owners = tuple(word for word, text in zip(timed, texts, strict=True) for _ in text + language.space)
    return Spoken(language.space.join(texts), owners, language)
