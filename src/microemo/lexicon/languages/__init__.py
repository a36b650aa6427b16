"""Languages: by which words their speakers name or show a feeling, and by which they deny or grade it.

A new language is a file like ``english.toml`` and a row in ``LANGUAGES``.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable

from microemo.errors import InputError
from microemo.schema import Record

LANGUAGES: dict[str, Traversable] = {
    "en": files(__package__) / "english.toml",
    "de": files(__package__) / "german.toml",
    "es": files(__package__) / "spanish.toml",
    "fr": files(__package__) / "french.toml",
    "zh": files(__package__) / "chinese.toml",
}
"""By ISO 639-1 code."""

CLAUSE_ENDS = ".,;:!?¿¡。，、；：！？"  # noqa: RUF001
CLAUSE_END = "."
PAUSES = CLAUSE_ENDS + '…—–-"“”'  # noqa: RUF001
AFTER_PAUSE = rf"(?:^|(?<=[{re.escape(PAUSES)}])|(?<=[{re.escape(PAUSES)}]\s))"
BEFORE_PAUSE = rf"(?=\s*(?:[{re.escape(PAUSES)}]|$))"
NOTHING = r"(?!)"  # a regular expression that matches nothing


class Writing(Record):
    """How words are told apart: each a match of ``word``, or, without spaces, the longest that the file lists."""

    word: str = r"\w[\w']*"
    spaced: bool = True


class Negations(Record):
    """What denies a feeling that follows: single words, verbs by their endings, and phrases.

    ``after`` are the words that deny a feeling in front of them, where they end the clause.
    """

    words: frozenset[str]
    endings: tuple[str, ...] = ()
    phrases: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()

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


class Style(Record):
    """Words and phrases by ways of speaking, "*" for any ending, a comma at an end for a pause that must be there.

    ``ordinary`` ones are of no kind, though one of another kind is in them. ``restarts`` are words at which speakers
    who stumble begin again, ``emphatic`` those that they repeat for emphasis.
    """

    words: Mapping[str, tuple[str, ...]] = {}
    ordinary: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()
    emphatic: tuple[str, ...] = ()


class Language(Record):
    """One language's file; ``emotion_words`` and the words of its ``style`` by kind of verbal clue."""

    writing: Writing = Writing()
    negations: Negations
    degrees: Degrees = Degrees()
    labels: LabelForms = LabelForms()
    emotion_words: Mapping[str, EmotionWords]
    style: Style = Style()

    @property
    def space(self) -> str:
        """What is written between two words."""
        return " " if self.writing.spaced else ""

    def normalise(self, text: str) -> str:
        """A text in lower case, with plain apostrophes."""
        return text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")

    def find_words(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Each word of a normalised text, from which character to which; ``CLAUSE_END`` wherever a clause ends."""
        for match in self._word.finditer(text):
            yield CLAUSE_END if match[0] in CLAUSE_ENDS else match[0], *match.span()

    def spell(self, words: Sequence[str]) -> str:
        """Words as they are written side by side, with no space behind an elision."""
        return self.space.join(words).replace("' ", "'")

    def any_of(self, phrases: Iterable[str]) -> str:
        """The regular expression that finds phrases as ``style`` has them in a normalised text; each is a group."""
        return self.whole("|".join(f"({self._phrase(phrase)})" for phrase in phrases) or NOTHING)

    def whole(self, pattern: str) -> str:
        """A regular expression that matches whole words alone, where these are told apart by spaces."""
        return rf"(?<![\w'])(?:{pattern})(?![\w'])" if self.writing.spaced else f"(?:{pattern})"

    def _phrase(self, phrase: str) -> str:
        stem = re.escape(phrase.strip(", ")).replace(r"\*", r"[\w']*").replace(r"\ ", r"[\s,]+")
        before, after = AFTER_PAUSE if phrase[0] == "," else "", BEFORE_PAUSE if phrase[-1] == "," else ""
        return rf"{before}{stem}(?!-\w){after}"

    @cached_property
    def _word(self) -> re.Pattern[str]:
        listed = "" if self.writing.spaced else "".join(f"{re.escape(word)}|" for word in self._listed())
        return re.compile(rf"{listed}{self.writing.word}|[{CLAUSE_ENDS}]")

    def _listed(self) -> list[str]:
        """Every word of the file, the longest first."""
        phrases = {phrase for each in self.emotion_words.values() for phrase in (*each.strong, *each.mild)}
        phrases |= self.negations.words | self.degrees.intensifiers | self.degrees.softeners
        return sorted(phrases, key=lambda phrase: (-len(phrase), phrase))


@cache
def language(code: str) -> Language:
    """The language of an ISO 639-1 code. Raises ``InputError`` on one that has no file."""
    if code not in LANGUAGES:
        raise InputError(f"no emotion words in the language {code!r}: choose one of {', '.join(LANGUAGES)}")
    return Language.model_validate(tomllib.loads(LANGUAGES[code].read_text(encoding="utf-8")))
