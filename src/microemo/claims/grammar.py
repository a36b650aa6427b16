"""From free text to typed statements: who does what, with which part of face or voice, where, how strongly, when.

A sentence is cut into stretches at its joints. In each, parts ("the corners of his mouth") and movements ("sink") of
the vocabulary are put together to meanings; what stands beside them (not, slightly, left, at 0:02) is read as
negation, strength, side and time. A stretch without a part of its own goes on about that of the one before.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any, Literal

from microemo.claims.meanings import meanings_in
from microemo.claims.times import NO_TIME, NUMBERS, When, at, lasting, when_in
from microemo.claims.vocabulary import vocabulary
from microemo.claims.words import Token, named, tokens
from microemo.clues import nonverbal_kinds, plural
from microemo.lexicon.labels import place

Side = Literal["left", "right"]
Strength = Literal["slight", "strong", "extreme"]

UNINSTRUMENTED = "uninstrumented"  # an action that can be observed, but not measured here
SAID = "said"  # that words are said: those of ``Statement.quote``
FACIAL = {"brows", "eyes", "nose", "cheeks", "lips", "mouth", "chin", "jaw", "head", "hand", "lids"}
MARKS = ",;:()\N{EM DASH}\N{EN DASH}"
LIFE = "life"  # region of statements about what nobody could see or hear in a recording
SPEAKING = {"speech_begins", "speaking", "silent"}
SUBORDINATE = {
    "as",
    "when",
    "while",
    "once",
    "before",
    "after",
    "until",
    "where",
    "than",
    "like",
    "so",
    "if",
    "with",
    "without",
}
SOFT_JOINTS = ("with", "without")
HYPOTHETICAL = {"could", "would", "might", "should", "wouldn't", "couldn't"}
MANY = (2, 99)
SUBJECTS = {
    "he", "she", "they", "it", "the", "a", "an", "his", "her", "their", "its", "there", "this", "that", "one", "both",
    "someone", "nothing", "no", "all", "what", "neither", "none", "nobody", "hardly", "little", "these",
}  # fmt: skip
LOOKS = {"look", "looks"}  # a part, but in "they look sullen"
WHERE_TO = {"down", "up", "away", "aside", "off", "around"}  # "look down" is a deed, "the look" a part
OTHER_PERSON = re.compile(r"\bthe other (?:person|man|woman|one|speaker)\b|\b(p\d+)\b")


@dataclass(frozen=True)
class Statement:
    """Something said of a person. Any one of ``actions`` bears it out; without any it is nothing that can be observed.

    ``content`` are the words of what is not observed, which may repeat what was said; ``times`` is how often, at least
    and at most; ``quote`` the words that are said.
    """

    actions: tuple[str, ...]
    region: str = ""
    negated: bool = False
    side: Side | None = None
    strength: Strength | None = None
    when: When = NO_TIME
    times: tuple[int, int] | None = None
    quote: str = ""
    content: frozenset[str] = frozenset()
    person: str | None = None


@dataclass(frozen=True)
class Clause:
    """Characters ``start`` to ``end`` of a sentence, its joint included, and what they state; of a feeling, nothing.

    ``body`` is where it begins behind its joint; ``has_subject`` tells whether it can stand alone.
    """

    start: int
    body: int
    end: int
    statements: tuple[Statement, ...] = ()
    has_subject: bool = True
    is_conclusion: bool = False
    is_dependent: bool = False


def read(sentence: str) -> list[Clause]:
    """The clauses of a sentence in order; together they are all of it."""
    clauses: list[Clause] = []
    parts = [found.name for found in vocabulary().parts.find(tokens(sentence))][:1]  # "Rough and high: so is the voice"
    when = When()
    negated, side = False, None
    for stretch in _stretches(sentence):
        found = _Stretch(sentence, stretch, parts)
        parts = found.parts or parts
        if found.is_empty and not clauses:
            when = replace(found.when, extent=None)
        inherits = negated and stretch[0].text in ("or", "nor") and not found.has_subject
        clause = found.clause(when, inherits)
        if found.goes_on and side and not found.side:
            clause = _with_beside(clause, NO_TIME, side)
        side = found.side if not found.meanings else None
        negated = any(statement.negated for statement in clause.statements)
        if clauses and found.is_empty:
            clauses[-1] = _with_beside(_joined(clauses[-1], clause), found.when, found.side)
        elif clauses and found.goes_on:
            clauses[-1] = _joined(clauses[-1], clause)
        elif clauses and not clauses[-1].statements and not clauses[-1].is_conclusion:
            clauses[-1] = _joined(clauses[-1], clause)  # "At first, she frowns"
        else:
            clauses.append(clause)
    return _without_fragments(clauses)


def _with_beside(clause: Clause, when: When, side: Side | None) -> Clause:
    """A clause with the time or the side that is named behind it: "he frowns, until 0:03"; "one brow, the left one"."""
    statements = tuple(
        replace(one, when=at(one.when, when) if when else one.when, side=one.side or side) for one in clause.statements
    )
    return replace(clause, statements=statements)


def _without_fragments(clauses: list[Clause]) -> list[Clause]:
    """Clauses of a sentence that observes something: what hangs on it and cannot stand alone is no claim of its own.

    "so that the whites show". But of a life or a cause it is one, wherever it stands.
    """
    if not any(statement.actions for clause in clauses for statement in clause.statements):
        return clauses
    return [
        replace(clause, statements=tuple(one for one in clause.statements if one.actions or one.region == LIFE))
        if clause.is_dependent
        else clause
        for clause in clauses
    ]


def _joined(one: Clause, other: Clause) -> Clause:
    statements = one.statements + other.statements
    is_conclusion = one.is_conclusion or other.is_conclusion
    has_subject = one.has_subject if one.statements else other.has_subject or one.has_subject
    return replace(one, end=other.end, statements=statements, is_conclusion=is_conclusion, has_subject=has_subject)


class _Stretch:
    """What lies between two joints, and what is found in it."""

    def __init__(self, sentence: str, words: Sequence[Token], parts_before: Sequence[str]) -> None:
        self.words = words
        self.text = sentence[words[0].start : words[-1].end].lower()
        lists = vocabulary()
        own = lists.parts.find(words)
        self.parts = [found.name for found in own]
        concluding = {
            number
            for found in lists.conclusion.find(words)
            if found.num_words > 1
            for number in range(found.first, found.end)
        }
        concludes = bool(lists.conclusion.find(words))  # "perhaps low" is a feeling, whatever was spoken of
        meanings, self.goes_on = meanings_in(words, own, () if concludes else parts_before)
        supposed = next((at for at, word in enumerate(words) if word.text in HYPOTHETICAL), len(words))
        self.meanings = [
            meaning for meaning in meanings if not meaning.tokens & concluding and max(meaning.tokens) < supposed
        ]
        durations = [(words[0].start + first, words[0].start + end) for first, end in lasting(self.text)]
        self._beside = [
            token
            for number, token in enumerate(words)
            if all(number not in one.tokens for one in self.meanings)
            and not any(start <= token.start < end for start, end in durations)
        ]
        self.quotes = [token.text.strip('"') for token in words if token.text.startswith('"')]
        unseen = [found for found in lists.uninstrumented.find(words) if found.first not in concluding]
        moves = bool(FACIAL & set(self.parts) and lists.movements.find(words))  # as nobody measures: "their lips up"
        self.is_uninstrumented = not self.meanings and (bool(unseen) or moves)
        self.is_life = bool(lists.life.find(words))
        self.saying = next((found.end for found in lists.saying.find(words)), None)
        self.when = when_in(self.text, words, self._beside)
        self.unknown = self._unknown()
        self.has_subject = _begins_with_subject(words)
        self.side = self._side()
        if words[0].text in SUBORDINATE and all(set(one.actions) <= SPEAKING for one in self.meanings):
            self.meanings = []  # "as he begins to speak" is a time

    @property
    def is_conclusion(self) -> bool:
        """Whether it speaks of a feeling, or of how sure one can be of it."""
        return bool(vocabulary().conclusion.find(self.words)) or any(place(word.text) for word in self.words)

    @property
    def is_empty(self) -> bool:
        """Whether it says only when or how, or nothing at all: "at first", "too"."""
        told = self.meanings or self.quotes or self.is_uninstrumented or self.unknown
        return not told and not self.is_conclusion

    def clause(self, when: When, negated: bool) -> Clause:
        first = next((word for word in self.words if _is_content(word)), self.words[0])
        start, end = self.words[0].start, self.words[-1].end
        statements = tuple(self._statements(when, negated))
        is_conclusion = not statements and self.is_conclusion
        dependent = self.words[0].text in SUBORDINATE or not self.has_subject
        return Clause(start, first.start, end, statements, self.has_subject, is_conclusion, dependent)

    def _statements(self, when: When, negated: bool) -> Iterator[Statement]:
        about = Statement(
            actions=(),
            negated=negated or bool(self._negations()),
            side=self.side,
            strength=self._strength(),
            when=self.when or when,
            times=self._times(),
            person=self._person(),
        )
        for meaning in {frozenset(meaning.actions): meaning for meaning in self.meanings}.values():
            last = self.words[max(meaning.tokens)].start
            denied = negated or any(token.start < last or token == self.words[-1] for token in self._negations())
            denied = denied or named(vocabulary().negation, self._beside) == "gone"
            yield replace(about, actions=meaning.actions, region=meaning.region, negated=denied)
        content = frozenset(word.text for word in self.unknown)
        if self.is_life and not self.quotes:
            yield replace(about, content=content, region=LIFE)
            return
        if self.saying is not None and not self.quotes and not self.meanings and (told := self._told_words()):
            yield replace(about, actions=(SAID,), region="words", content=told)
            return
        for quote in self.quotes:
            denied = about.negated and not self.meanings
            yield replace(
                about, actions=(SAID,), region="words", quote=quote, strength=None, times=None, negated=denied
            )
        if self.is_uninstrumented or (not self.meanings and self.unknown and FACIAL & set(self.parts)):
            yield replace(about, actions=(UNINSTRUMENTED,))
        elif not self.meanings and not self.quotes and self._is_outside():
            yield replace(about, content=content)

    def _told_words(self) -> frozenset[str]:
        """What somebody is said to say, without the words that carry no content."""
        lists = vocabulary()
        plain = {number for found in lists.plain.find(self.words) for number in range(found.first, found.end)}
        content = [
            (number, word.text)
            for number, word in enumerate(self.words)
            if number not in plain and word.text[0].isalpha() and not lists.saying.find([word])
        ]
        behind = [text for number, text in content if number >= (self.saying or 0)]
        return frozenset(behind or [text for _, text in content])

    def _negations(self) -> list[Token]:
        """The words that deny what follows them."""
        found = [self._beside[one.first] for one in vocabulary().negation.find(self._beside) if one.name == "not"]
        return found + [token for token in self._beside if token.text.endswith("n't")]

    def _is_outside(self) -> bool:
        """Whether it tells of something that nobody can see or hear: content of which we have no word."""
        if not self.unknown:
            return False
        concludes = bool(vocabulary().conclusion.find(self.words))
        return not concludes or bool(vocabulary().outside.find(self.words))

    def _unknown(self) -> list[Token]:
        lists = vocabulary()
        known = {number for found in lists.known.find(self.words) for number in range(found.first, found.end)}
        known |= {number for meaning in self.meanings for number in meaning.tokens}
        return [
            word
            for number, word in enumerate(self.words)
            if number not in known and word.text[0].isalpha() and word.text not in NUMBERS and place(word.text) is None
            and not OTHER_PERSON.fullmatch(word.text)
        ]  # fmt: skip

    def _strength(self) -> Strength | None:
        """How strong: "as high as", whatever else its words tell, or what stands beside the meaning."""
        phrases: list[Any] = [found.name for found in vocabulary().strength.find(self.words) if found.num_words > 2]
        return phrases[0] if phrases else named(vocabulary().strength, self._beside)

    def _side(self) -> Side | None:
        texts = [word.text for word in self.words]
        sides: set[Side] = set()
        for number, text in enumerate(texts):
            before, after = texts[number - 1 : number], texts[number + 1 : number + 2]
            if text == "left" and (not before or before[0] not in ("be", "is", "was", "are", "has", "have", "had")):
                sides.add("left")
            if text == "right" and after not in (["at"], ["away"], ["before"], ["after"], ["up"], ["through"], ["in"]):
                sides.add("right")
        return sides.pop() if len(sides) == 1 else None

    def _times(self) -> tuple[int, int] | None:
        name = named(vocabulary().times, self._beside)
        return None if name is None else MANY if name == "many" else (int(name), int(name))

    def _person(self) -> str | None:
        other = OTHER_PERSON.search(self.text)
        return None if other is None else (other[1] or "other").upper()


def _stretches(sentence: str) -> Iterator[list[Token]]:
    """The tokens between joints, each joint with what follows it; parts that are only listed go with what follows."""
    words = [token for token in tokens(sentence) if token.text != "."]
    lists = vocabulary()
    bound = {
        number
        for found in (*lists.bound.find(words), *lists.alone.find(words), *lists.movements.find(words))
        for number in range(found.first + 1, found.end)
    } | {number for found in lists.bound.find(words) for number in range(found.first, found.end)}
    bound |= {number for number, word in enumerate(words) if word.text == "and" and _joins_numbers(words, number)}
    stretch: list[Token] = []
    for number, word in enumerate(words):
        after = words[number + 1].text if number + 1 < len(words) else ""
        ends = number not in bound and (_is_joint(word, after) or word.text in MARKS) and _can_end(word, stretch)
        if ends and any(map(_is_content, stretch)) and not _only_parts(stretch):
            yield stretch
            stretch = []
        stretch.append(word)
    if stretch:
        yield stretch


def _can_end(joint: Token, stretch: Sequence[Token]) -> bool:
    """Whether a joint ends a stretch; some do so only if something has been said in it ("hugs her with both arms")."""
    lists = vocabulary()
    return joint.text not in SOFT_JOINTS or bool(lists.movements.find(stretch) or lists.alone.find(stretch))


def _only_parts(stretch: Sequence[Token]) -> bool:
    """Whether parts are named and nothing is said of them yet: "her brows, and" of "her brows and lids are raised"."""
    lists = vocabulary()
    parts = lists.parts.find(stretch)
    said = lists.movements.find(stretch) or lists.alone.find(stretch) or lists.uninstrumented.find(stretch)
    concludes = any(one.text in LOOKS and place(other.text) for one, other in pairwise(stretch))
    return (
        bool(parts) and not said and not concludes and len(stretch) <= sum(part.end - part.first for part in parts) + 3
    )


def _joins_numbers(words: Sequence[Token], number: int) -> bool:
    return 0 < number < len(words) - 1 and words[number - 1].text[0].isdigit() and words[number + 1].text[0].isdigit()


def _is_content(word: Token) -> bool:
    return (word.text[0].isalnum() or word.text[0] == '"') and not _is_joint(word)


def _is_joint(word: Token, after: str = "") -> bool:
    if word.text == "so" and after and after not in SUBJECTS:
        return False  # "so faint"
    return word.text in vocabulary().joints


def _begins_with_subject(words: Sequence[Token]) -> bool:
    at, first = next(((at, word) for at, word in enumerate(words) if _is_content(word)), (0, None))
    if first is None or (first.text in _deeds() and words[at + 1 : at + 2] and words[at + 1].text in WHERE_TO):
        return False
    found = vocabulary().parts.find(words)
    return first.text in SUBJECTS or first.text.endswith("'s") or any(words[part.first] == first for part in found)


def begins_with_movement(clause: str) -> bool:
    """Whether its first words are a movement of the vocabulary: "narrow their eyes", not "tense that is"."""
    return any(found.first == 0 for found in vocabulary().movements.find(tokens(clause)))


def begins_with_deed(clause: str) -> bool:
    """Whether it begins with what somebody does: with a movement, or as a clue's description does, "smile broadly"."""
    first = clause.split(maxsplit=1)[0].lower().rstrip(".,;") if clause.split() else ""
    return first in _deeds() or (begins_with_movement(clause) and not first.endswith("ing"))


@cache
def _deeds() -> frozenset[str]:
    texts = [text for kind in nonverbal_kinds().values() for text in kind.predicates]
    verbs = {text.split(maxsplit=1)[0] for text in texts if not text.startswith("{their}")}
    return frozenset(verbs | {plural(verb) for verb in verbs})


def is_subject(word: str) -> bool:
    """Whether a clause can begin with the word as its subject, or with the article of one."""
    return word.lower() in SUBJECTS
