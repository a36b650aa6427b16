"""The words of the task: emotion labels by family, and what each kind of clue is called.

Shared by the prompt, the descriptions that training writes, the parser that reads answers, and the report.
"""

import re
import tomllib
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from microemo.schema import Clue

FAMILIES = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
VERBS = ("the person says", "the words include", "the speaker says")
QUOTATION = re.compile(r'"([^"]*)"')


@dataclass(frozen=True)
class EmotionFamily:
    """Labels of one meaning: its plain words, the first naming the family, and milder and stronger ones."""

    name: str
    words: tuple[str, ...]
    mild: tuple[str, ...]
    strong: tuple[str, ...]
    nouns: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        return self.words + self.mild + self.strong


@dataclass(frozen=True)
class ClueWords:
    """A kind of clue in words: a short phrase, clauses for sentences, patterns that recognise it."""

    phrase: str
    clauses: tuple[str, ...]
    keywords: tuple[str, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        return _pattern((self.phrase, *self.keywords))


@cache
def emotion_families() -> dict[str, EmotionFamily]:
    return {name: EmotionFamily(name, **_tuples(row)) for name, row in _table("emotions.toml").items()}


@cache
def clue_words() -> dict[str, ClueWords]:
    return {kind: ClueWords(**_tuples(row)) for kind, row in _table("clues.toml").items()}


@cache
def _label_families() -> dict[str, str]:
    return {label: family.name for family in emotion_families().values() for label in family.labels}


def family_of(label: str) -> str | None:
    """The family of a label; None for a word outside the vocabulary."""
    return _label_families().get(label.strip().lower())


def clue_clause(clue: Clue) -> str:
    """A clue as a clause: "the brows are pulled down". Kinds have several; which one it is, is the same every time.

    The prompt lists clues by it and answers are taught to repeat it, so that no model has to reword what was measured.
    """
    chance = zlib.crc32(f"{clue.kind} {clue.strength} {clue.value} {clue.detail}".encode())
    if clue.modality == "words":
        return f'{VERBS[chance % len(VERBS)]} "{clue.detail}"'
    clauses = clue_words()[clue.kind].clauses
    return clauses[chance % len(clauses)]


def mentions(text: str, clue: Clue) -> bool:
    """Whether a text speaks of what a clue measured: by its keywords, or by quoting the word."""
    if clue.modality == "words":
        detail = re.compile(rf"(?<!\w){re.escape(clue.detail.lower())}(?!\w)")
        return any(detail.search(quotation) for quotation in QUOTATION.findall(text.lower()))
    return clue_words()[clue.kind].pattern.search(unquoted(text)) is not None


def kinds_in(text: str) -> set[str]:
    """The kinds of facial and vocal clues that a text speaks of."""
    plain = unquoted(text)
    return {kind for kind, words in clue_words().items() if words.pattern.search(plain)}


def unquoted(text: str) -> str:
    """A text in lower case and without what it quotes: 'says "stop smiling"' speaks of no smile."""
    return QUOTATION.sub('""', text.lower())


@cache
def _pattern(keywords: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\b(" + "|".join(re.escape(word).replace(r"\*", r"\w*") for word in keywords) + r")\b")


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
