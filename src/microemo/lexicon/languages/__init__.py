"""Languages: by which words their speakers name or show a feeling, and by which they deny or grade it.

A new language is a file like ``english.toml`` and a row in ``LANGUAGES``.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from microemo.errors import InputError
from microemo.schema import Record

LANGUAGES: dict[str, Traversable] = {"en": files(__package__) / "english.toml"}
"""By ISO 639-1 code."""


class Negations(Record):
    """What denies a feeling that follows: single words, verbs by their endings, and phrases."""

    words: frozenset[str]
    endings: tuple[str, ...] = ()
    phrases: frozenset[str] = frozenset()

    def __contains__(self, word: str) -> bool:
        """Whether a single word denies."""
        return word in self.words or word.endswith(self.endings)


class Degrees(Record):
    """What strengthens or weakens a feeling that follows."""

    intensifiers: frozenset[str] = frozenset()
    softeners: frozenset[str] = frozenset()


class LabelForms(Record):
    """What a label may be wrapped in: "a sense of joy", "sad mood"."""

    shades: frozenset[str] = frozenset()
    carriers: frozenset[str] = frozenset()


class EmotionWords(Record):
    """Words and phrases of one kind of clue, "*" for any ending."""

    strong: tuple[str, ...] = ()
    mild: tuple[str, ...] = ()


class Language(Record):
    """One language's file; ``emotion_words`` by kind of verbal clue."""

    negations: Negations
    degrees: Degrees = Degrees()
    labels: LabelForms = LabelForms()
    emotion_words: Mapping[str, EmotionWords]


@cache
def language(code: str) -> Language:
    """The language of an ISO 639-1 code. Raises ``InputError`` on one that has no file."""
    if code not in LANGUAGES:
        raise InputError(f"no emotion words in the language {code!r}: choose one of {', '.join(LANGUAGES)}")
    return Language.model_validate(tomllib.loads(LANGUAGES[code].read_text(encoding="utf-8")))
