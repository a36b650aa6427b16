"""English words and their forms: texts as tokens, and phrases of the vocabulary found in them.

No tagger: a token may be a form of several base forms ("rose" of rise), and the vocabulary decides which is meant.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

TOKEN = re.compile(
    r'"[^"]*"|\[[^\]]*\]?|\d+(?::\d+)*(?:\.\d+)?(?:[-\u2013]\d+(?::\d+)*(?:\.\d+)?)?|[a-z]+(?:\'[a-z]+)*|[^\s\w]'
)
PHRASE_TOKEN = re.compile(r"(?:\.\.\.)?[a-z]+(?:'[a-z]+)*\*?|\.\.\.|\d+")
GAP = "..."
MAX_GAP = 4  # words that "..." lets in
ENDS_GAP = {"while", "but", "then", "as", "with", "so", "because", "before", "after", "when", "which"}
VOWELS = "aeiou"
IRREGULAR = {
    "drew": "draw", "drawn": "draw", "rose": "rise", "risen": "rise", "fell": "fall", "fallen": "fall",
    "sank": "sink", "sunk": "sink", "sunken": "sink", "shook": "shake", "shaken": "shake", "wept": "weep",
    "went": "go", "gone": "go", "goes": "go", "came": "come", "bent": "bend", "spoke": "speak", "spoken": "speak",
    "held": "hold", "kept": "keep", "hung": "hang", "bit": "bite", "bitten": "bite", "said": "say", "says": "say",
    "left": "leave", "grew": "grow", "grown": "grow", "became": "become", "got": "get", "flew": "fly",
    "swore": "swear", "sworn": "swear", "took": "take", "taken": "take", "swung": "swing", "threw": "throw",
    "thrown": "throw", "hid": "hide", "hidden": "hide", "stuck": "stick", "broke": "break", "broken": "break",
    "felt": "feel", "told": "tell", "began": "begin", "begun": "begin", "stood": "stand", "sat": "sit",
    "wore": "wear", "worn": "wear", "wrung": "wring", "lit": "light", "is": "be", "are": "be", "was": "be",
    "were": "be", "been": "be", "being": "be", "has": "have", "had": "have", "does": "do", "did": "do", "lay": "lie",
    "made": "make", "gave": "give", "given": "give", "lost": "lose", "knit": "knit", "cried": "cry", "dies": "die",
    "dying": "die", "lying": "lie", "teeth": "teeth", "eyes": "eye", "swept": "sweep", "slid": "slide", "ran": "run",
    "saw": "see", "seen": "see", "heard": "hear", "brought": "bring", "let": "let", "met": "meet", "slowed": "slow",
    "stared": "stare", "wider": "wide", "widest": "wide", "deeper": "deep", "faster": "fast", "slower": "slow",
    "tighter": "tight", "shown": "show", "spread": "spread", "burst": "burst", "eyed": "eyed", "shrank": "shrink",
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A word, number, quotation or mark of a text in lower case, where it stands, and what it may be a form of."""

    text: str
    start: int
    end: int

    @property
    def forms(self) -> frozenset[str]:
        return base_forms(self.text)


def tokens(text: str, of_phrases: bool = False) -> list[Token]:
    """The tokens of a text, in lower case; a quotation is one. Those of the vocabulary's phrases have signs besides."""
    pattern = PHRASE_TOKEN if of_phrases else TOKEN
    return [Token(match.group(), match.start(), match.end()) for match in pattern.finditer(text.lower())]


@cache
def base_forms(word: str) -> frozenset[str]:
    """The word itself and whatever it may be a form of: "lips" of lip, "pressed" of press, "furrowing" of furrow."""
    forms = {word, IRREGULAR.get(word, word)}
    if word.endswith("'s"):
        return base_forms(word[:-2]) | {word}
    for ending, replacements in ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending) + 1:
            stem = word[: -len(ending)]
            forms.update(stem + replacement for replacement in replacements)
            if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in VOWELS:
                forms.add(stem[:-1])
    return frozenset(forms)


ENDINGS: Mapping[str, Sequence[str]] = {
    "ies": ("y",),
    "es": ("", "e"),
    "s": ("",),
    "ied": ("y",),
    "ed": ("", "e"),
    "ing": ("", "e"),
    "er": ("", "e"),
    "est": ("", "e"),
}


@dataclass(frozen=True)
class Found:
    """A phrase of a word list in a text: whose it is, and its first token and the one behind its last."""

    name: str
    first: int
    end: int
    num_words: int


class WordList:
    """Phrases by name, and where they are found. "..." lets up to ``MAX_GAP`` words in; "*" ends a stem."""

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        self._by_first: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        self._by_stem: list[tuple[str, tuple[str, ...]]] = []
        for name, listed in phrases.items():
            for phrase in listed:
                words = tuple(token.text for token in tokens(phrase, of_phrases=True))
                stems = words[0].endswith("*")
                (self._by_stem if stems else self._by_first.setdefault(words[0], [])).append((name, words))

    def find(self, text: Sequence[Token]) -> list[Found]:
        """Every phrase that is found, the longest of those that overlap; in order."""
        everything = sorted(self._all(text), key=lambda found: (-found.num_words, found.end - found.first, found.first))
        kept: list[Found] = []
        for found in everything:
            if all(found.end <= other.first or other.end <= found.first or _same(found, other) for other in kept):
                kept.append(found)
        return sorted(kept, key=lambda found: found.first)

    def _all(self, text: Sequence[Token]) -> Iterator[Found]:
        for first, token in enumerate(text):
            listed = [phrase for form in token.forms for phrase in self._by_first.get(form, ())]
            listed += [phrase for phrase in self._by_stem if _fits(phrase[1][0], token)]
            for name, words in listed:
                end = _match(words[1:], text, first + 1)
                if end is not None:
                    yield Found(name, first, end, len(words))


def _same(one: Found, other: Found) -> bool:
    """Two names for the same words, between which only what stands beside them can choose."""
    return (one.first, one.end, one.num_words) == (other.first, other.end, other.num_words) and one.name != other.name


def _match(words: Sequence[str], text: Sequence[Token], at: int) -> int | None:
    """The token behind the words, if they stand in the text from a token on; None where they do not."""
    if not words:
        return at
    if words[0] == GAP:
        for start in range(at, min(at + MAX_GAP + 1, len(text))):
            end = _match(words[1:], text, start)
            if end is not None or not text[start].text[0].isalpha() or text[start].text in ENDS_GAP:
                return end
        return None
    return _match(words[1:], text, at + 1) if at < len(text) and _fits(words[0], text[at]) else None


def _fits(word: str, token: Token) -> bool:
    if word.startswith(GAP):  # "...self"
        return token.text.endswith(word.removeprefix(GAP))
    if word.endswith("*"):
        return token.text.startswith(word.removesuffix("*"))
    return word in token.forms


def named(words: WordList, text: Sequence[Token]) -> Any:
    """The name of the first phrase of a list in a text; None where there is none."""
    return next((found.name for found in words.find(text)), None)
