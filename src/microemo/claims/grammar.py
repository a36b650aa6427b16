"""From free text to typed statements: who does what, with which part of face or voice, where, how strongly, when.

A sentence is cut into stretches at its joints. In each, parts ("the corners of his mouth") and movements ("sink") of
the vocabulary are put together to meanings; what stands beside them (not, slightly, left, at 0:02) is read as
negation, strength, side and time. A stretch without a part of its own goes on about that of the one before.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from microemo.claims.words import Found, Token, WordList, tokens
from microemo.clues import clue_kinds, nonverbal_kinds
from microemo.lexicon.labels import place

Side = Literal["left", "right"]
Strength = Literal["slight", "strong", "extreme"]
Extent = Literal["throughout", "briefly"]

UNINSTRUMENTED = "uninstrumented"  # an action that can be observed, but not measured here
SAID = "said"  # that words are said: those of ``Statement.quote``
FACIAL = {"brows", "eyes", "nose", "cheeks", "lips", "mouth", "chin", "jaw", "head", "hand", "lids"}
REACH = 9  # tokens between a part and what it does
EARLY = 6  # tokens within which a stretch that names no part says what that of the one before does
SOFT_JOINTS = ("with", "without")
HYPOTHETICAL = {"could", "would", "might", "should", "wouldn't", "couldn't"}
MANY = (2, 99)
PARTS_OF_TIME = {"start": (0.0, 0.4), "middle": (0.25, 0.75), "end": (0.6, 1.0), "very_end": (0.85, 1.0)}
NUMBERS = {
    word: float(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split()
    )
} | {"a quarter of a": 0.25, "a quarter": 0.25, "half a": 0.5, "three quarters of a": 0.75, "a": 1.0}
NUMBER = rf"(?:\d+(?:\.\d+)?|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
CLOCK = re.compile(r"(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d+(?:\.\d+)?)")
INTO = re.compile(rf"\b(?P<number>{NUMBER})(?P<half> and a half)?[ -](?:s|sec|seconds?)(?P<more> and a half)? (?:in\b|into\b)")
RANGE = re.compile(
    rf"\b(?:from|between|at) (?:about |around |roughly )?(?P<first>{NUMBER})(?: ?s\b| seconds?)? (?:and|to|until|till) "
    rf"(?:about |around )?(?P<last>{NUMBER})\b|\b(?P<from>\d+(?:\.\d+)?) ?[-–] ?(?P<to>\d+(?:\.\d+)?) ?s"
)
EDGE = re.compile(
    rf"\b(?P<how>past |after |once |beyond |until )?the (?:very )?(?P<edge>first|last) (?P<number>{NUMBER} )?"
    r"(?P<part>half |quarter )?(?:of a )?(?:seconds?|s)\b"
)
POINT = re.compile(
    rf"(?<!for )(?<!than )(?<!lasts )\b(?P<how>at|around|about|after|by|until|till|up to|from|before|near|past|since)(?: the| about| around| roughly)? "
    rf"(?P<number>{NUMBER})(?P<half> and a half)?(?: ?s\b|[ -]sec\w*\b)(?! of\b| in\b| into\b)"
)
HOLDS = re.compile(r"\b(?:keeps?|stays?|remains?|holds?|kept|stayed|remained|held)\b")
LASTING = re.compile(
    r"\b(?:half a|a|one|two|three|four|five|six|first|last|(?:first|last) (?:two|three|half)|\d[\d.]*)(?: full| whole| long| good)?[ -]seconds?"
    r"(?: and a half)?|\bsecond half\b|\bfirst half\b"
)
SUBJECTS = {"he", "she", "they", "it", "the", "a", "an", "his", "her", "their", "its", "there", "this", "that", "one",
            "both", "someone", "nothing", "no", "all", "what", "neither", "none", "nobody", "hardly", "little", "these"}  # fmt: skip
OTHER_PERSON = re.compile(r"\bthe other (?:person|man|woman|one|speaker)\b|\b(p\d+)\b")


@dataclass(frozen=True)
class When:
    """A named time, and how lasting.

    start_sec, end_sec   of the recording
    after_sec            seconds into the stretch that the text is about, or into what is said in it
    part                 shares of that stretch
    edge             seconds from its start, to the end where there is no second; below 0: from its end
    """

    start_sec: float | None = None
    end_sec: float | None = None
    after_sec: float | None = None
    part: tuple[float, float] | None = None
    edge: tuple[float, float | None] | None = None
    extent: Extent | None = None

    def __bool__(self) -> bool:
        return self != When()


@dataclass(frozen=True)
class Statement:
    """Something said of a person. Any one of ``actions`` bears it out; without any it is nothing that can be observed.

    ``content`` are the words of what is not observed, which may repeat what was said; ``times`` is how often, at least and at most; ``quote`` the words that are said.
    """

    actions: tuple[str, ...]
    region: str = ""
    negated: bool = False
    side: Side | None = None
    strength: Strength | None = None
    when: When = When()
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


class Meaning(NamedTuple):
    """A meaning found in a stretch, and its tokens."""

    actions: tuple[str, ...]
    region: str
    tokens: frozenset[int]


def read(sentence: str) -> list[Clause]:
    """The clauses of a sentence in order; together they are all of it."""
    clauses: list[Clause] = []
    parts = [found.name for found in vocabulary().parts.find(tokens(sentence))][:1]  # "Rough and high: so is the voice"
    when = When()
    negated = False
    for stretch in _stretches(sentence):
        found = _Stretch(sentence, stretch, parts)
        parts = found.parts or parts
        if found.is_empty and not clauses:
            when = replace(found.when, extent=None)
        inherits = negated and stretch[0].text in ("or", "nor") and not found.has_subject
        clause = found.clause(when, inherits)
        negated = any(statement.negated for statement in clause.statements)
        if clauses and found.is_empty:
            clauses[-1] = _timed(_joined(clauses[-1], clause), found.when)
        elif clauses and found.goes_on:
            clauses[-1] = _joined(clauses[-1], clause)
        elif clauses and not clauses[-1].statements and not clauses[-1].is_conclusion:
            clauses[-1] = _joined(clauses[-1], clause)  # "At first, she frowns"
        else:
            clauses.append(clause)
    return clauses


def _timed(clause: Clause, when: When) -> Clause:
    """A clause with the time that is named behind it: "he frowns, until 0:03"."""
    if not when:
        return clause
    statements = tuple(replace(one, when=_at(one.when, when)) for one in clause.statements)
    return replace(clause, statements=statements)


def _at(own: When, when: When) -> When:
    """A time with what is lacking of it."""
    named = own.start_sec is not None or own.after_sec is not None or own.part is not None or own.edge is not None
    return own if named else replace(when, extent=own.extent or when.extent)


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
        meanings, self.goes_on = _meanings(words, own, parts_before)
        supposed = next((at for at, word in enumerate(words) if word.text in HYPOTHETICAL), len(words))
        self.meanings = [
            meaning for meaning in meanings if not meaning.tokens & concluding and max(meaning.tokens) < supposed
        ]
        lasting = [(words[0].start + match.start(), words[0].start + match.end()) for match in LASTING.finditer(self.text)]
        self._beside = [
            token
            for number, token in enumerate(words)
            if all(number not in one.tokens for one in self.meanings)
            and not any(start <= token.start < end for start, end in lasting)
        ]
        self.quotes = [token.text.strip('"') for token in words if token.text.startswith('"')]
        unseen = [found for found in lists.uninstrumented.find(words) if found.first not in concluding]
        self.is_uninstrumented = not self.meanings and bool(unseen)
        self.is_life = bool(lists.life.find(words))
        self.saying = next((found.end for found in lists.saying.find(words)), None)
        self.when = self._when()
        self.unknown = self._unknown()
        self.has_subject = _begins_with_subject(words)

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
        return Clause(start, first.start, end, statements, self.has_subject, is_conclusion)

    def _statements(self, when: When, negated: bool) -> Iterator[Statement]:
        about = Statement(
            actions=(),
            negated=negated or bool(self._negations()),
            side=self._side(),
            strength=self._strength(),
            when=self.when or when,
            times=self._times(),
            person=self._person(),
        )
        for meaning in {frozenset(meaning.actions): meaning for meaning in self.meanings}.values():
            last = self.words[max(meaning.tokens)].start
            denied = negated or any(token.start < last or token == self.words[-1] for token in self._negations())
            yield replace(about, actions=meaning.actions, region=meaning.region, negated=denied)
        content = frozenset(word.text for word in self.unknown)
        if self.is_life and not self.quotes:
            yield replace(about, content=content)
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
        phrases = [found.name for found in vocabulary().strength.find(self.words) if found.num_words > 2]
        return next(iter(phrases), None) or _named(vocabulary().strength, self._beside)

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
        name = _named(vocabulary().times, self._beside)
        return None if name is None else MANY if name == "many" else (int(name), int(name))

    def _person(self) -> str | None:
        other = OTHER_PERSON.search(self.text)
        return None if other is None else (other[1] or "other").upper()

    def _when(self) -> When:
        extent: Extent | None = _named(vocabulary().extent, self._beside)
        into, stretch = INTO.search(self.text), RANGE.search(self.text)
        if stretch:
            extent = extent or ("throughout" if HOLDS.search(self.text) else None)
            edges = [number for number in stretch.groups() if number]
            return When(_number(edges[0]), _number(edges[1]), extent=extent)
        clocks = [_clock(match) for match in CLOCK.finditer(self.text)]
        if into and not clocks:
            half = 0.5 * bool(into["half"] or into["more"])
            return self._reaching(When(after_sec=_number(into["number"]) + half, extent=extent), "")
        point, edge = POINT.search(self.text), EDGE.search(self.text)
        if edge and not clocks:
            return self._edge(edge, extent)
        if clocks:
            how = re.search(r"\b(until|till|up to|before|from|after|since)\s+[\d:.]+", self.text)
            return self._reaching(When(min(clocks), max(clocks), extent=extent), how[1] if how else "")
        if point:
            at_sec = _number(point["number"]) + 0.5 * bool(point["half"])
            return self._reaching(When(at_sec, at_sec, extent=extent), point["how"])
        part = _named(vocabulary().part_of_time, self._beside)
        found = When(part=PARTS_OF_TIME[part] if part else None, extent=extent)
        return self._reaching(found, "")

    def _edge(self, match: re.Match[str], extent: Extent | None) -> When:
        """The first or last seconds of a stretch, or all but these."""
        length_sec = _number(match["number"].strip()) if match["number"] else 1.0
        length_sec *= {None: 1.0, "half ": 0.5, "quarter ": 0.25}[match["part"]]
        beyond = (match["how"] or "").strip() in ("past", "after", "once", "beyond")
        if match["edge"] == "first":
            return When(edge=(length_sec, None) if beyond else (0.0, length_sec), extent=extent)
        until = (match["how"] or "").strip() == "until" or self.words[0].text == "until"
        return When(edge=(0.0, -length_sec) if until else (-length_sec, None), extent=extent)

    def _reaching(self, when: When, how: str) -> When:
        """A time up to which, or from which on, something is so: "until 0:03"."""
        if how in ("until", "till", "up to", "before") or self.words[0].text == "until":
            if when.part is not None:
                return replace(when, part=(0.0, when.part[0]))
            return When(0.0, when.end_sec if when.after_sec is None else when.after_sec, extent=when.extent)
        return replace(when, end_sec=float("inf")) if how in ("from", "after", "since") else when


def _clock(match: re.Match[str]) -> float:
    return 3600 * int(match["hours"] or 0) + 60 * int(match["minutes"]) + float(match["seconds"])


def _number(text: str) -> float:
    return NUMBERS[text] if text in NUMBERS else float(text)


def _meanings(
    words: Sequence[Token], parts: Sequence[Found], parts_before: Sequence[str]
) -> tuple[list[Meaning], bool]:
    """The meanings of a stretch; and whether the first of them is about a part that was named before it."""
    lists = vocabulary()
    movements = lists.movements.find(words)
    alone = [
        one for one in lists.alone.find(words)
        if not any(_overlaps(one, other) and other.num_words > one.num_words for other in movements)
    ]  # fmt: skip
    meanings = [Meaning((one.name,), _region(one.name), frozenset(range(one.first, one.end))) for one in alone]
    taken = {number for one in meanings for number in one.tokens}
    left = [part for part in parts if not taken & set(range(part.first, part.end))]
    used: set[int] = set()
    goes_on = False
    for movement, names in _by_place(movements):
        if "than" in [word.text for word in words[max(0, movement.first - 2) : movement.first]]:  # louder than usual
            continue
        if taken & set(range(movement.first, movement.end)):
            meanings += _shared(words, movement, names, [part for part in left if part.first not in used])
            continue
        near = [part for part in _nearest(movement, left) if _meaning(part.name, names)]
        if movement.end - movement.first == 1 and words[movement.first].text == "still" and _goes_on(words, movement):
            continue  # "still rough"
        if near:
            joined = [part for part in left if part.first not in used and _joined_parts(words, part, near[0])]
            for part in [near[0], *joined]:
                if actions := _meaning(part.name, names):
                    used.add(part.first)
                    spoken = {*range(part.first, part.end), *range(movement.first, movement.end)}
                    meanings.append(Meaning(actions, part.name, frozenset(spoken)))
        elif not left and not alone and movement.first <= EARLY:
            for name in parts_before:
                if actions := _meaning(name, names):
                    goes_on = not meanings or goes_on
                    meanings.append(Meaning(actions, name, frozenset(range(movement.first, movement.end))))
    return meanings, goes_on


def _goes_on(words: Sequence[Token], movement: Found) -> bool:
    """Whether a word stands before what it grades, as an adverb does."""
    return movement.end < len(words) and words[movement.end].text not in ("throughout", "and", "for", "at", "all", "the")


def _joined_parts(words: Sequence[Token], part: Found, other: Found) -> bool:
    """Whether a part is listed before another: "her brows and lids"."""
    between = [word.text for word in words[part.end : other.first]]
    return part.end <= other.first and len(between) <= 4 and bool({"and", "or", ",", "nor"} & set(between))


def _shared(words: Sequence[Token], movement: Found, names: Sequence[str], left: Sequence[Found]) -> Iterator[Meaning]:
    """Parts that another is joined to which has been understood: "her brows and upper lids are raised"."""
    for part in left:
        between = [word.text for word in words[part.end : movement.first]]
        if part.end <= movement.first and "and" in between[:2] and (actions := _meaning(part.name, names)):
            yield Meaning(actions, part.name, frozenset(range(part.first, part.end)))


def _meaning(part: str, movements: Sequence[str]) -> tuple[str, ...]:
    known = vocabulary().meanings
    return next((known[f"{part} {name}"] for name in movements if f"{part} {name}" in known), ())


def _by_place(found: Sequence[Found]) -> list[tuple[Found, list[str]]]:
    """Words of movements, each with all that they may mean."""
    places: dict[tuple[int, int], tuple[Found, list[str]]] = {}
    for one in found:
        places.setdefault((one.first, one.end), (one, []))[1].append(one.name)
    return list(places.values())


def _nearest(movement: Found, parts: Sequence[Found]) -> list[Found]:
    """Parts by their distance from a movement; what stands before it, as subjects do, is a little nearer."""

    def distance(part: Found) -> float:
        if movement.first < part.first and part.end < movement.end:  # "presses her lips together"
            return 0
        return movement.first - part.end if part.end <= movement.first else part.first - movement.end + 0.5

    within = [part for part in parts if distance(part) <= REACH and (not distance(part) or not _overlaps(part, movement))]
    return sorted(within, key=distance)


def _overlaps(one: Found, other: Found) -> bool:
    return one.first < other.end and other.first < one.end


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
        ends = number not in bound and (_is_joint(word, after) or word.text in ",;:—–()") and _can_end(word, stretch)
        if ends and any(map(_is_content, stretch)) and not _only_parts(stretch):
            yield stretch
            stretch = []
        stretch.append(word)
    if stretch:
        yield stretch


def _can_end(joint: Token, stretch: Sequence[Token]) -> bool:
    """Whether a joint ends a stretch: with some, only if something has been said in it ("hugs herself with both arms")."""
    lists = vocabulary()
    return joint.text not in SOFT_JOINTS or bool(lists.movements.find(stretch) or lists.alone.find(stretch))


def _only_parts(stretch: Sequence[Token]) -> bool:
    """Whether parts are named and nothing is said of them yet: "her brows, and" of "her brows and lids are raised"."""
    lists = vocabulary()
    parts = lists.parts.find(stretch)
    said = lists.movements.find(stretch) or lists.alone.find(stretch) or lists.uninstrumented.find(stretch)
    return bool(parts) and not said and len(stretch) <= sum(part.end - part.first for part in parts) + 3


def _joins_numbers(words: Sequence[Token], number: int) -> bool:
    return 0 < number < len(words) - 1 and words[number - 1].text[0].isdigit() and words[number + 1].text[0].isdigit()


def _is_content(word: Token) -> bool:
    return (word.text[0].isalnum() or word.text[0] == '"') and not _is_joint(word)


def _is_joint(word: Token, after: str = "") -> bool:
    if word.text == "so" and after and after not in SUBJECTS:
        return False  # "so faint"
    return word.text in vocabulary().joints


def _begins_with_subject(words: Sequence[Token]) -> bool:
    first = next((word for word in words if _is_content(word)), None)
    if first is None:
        return False
    found = vocabulary().parts.find(words)
    return first.text in SUBJECTS or first.text.endswith("'s") or any(words[part.first] == first for part in found)


def is_subject(word: str) -> bool:
    """Whether a clause can begin with the word as its subject, or with the article of one."""
    return word.lower() in SUBJECTS


def _named(lists: WordList, words: Sequence[Token]) -> Any:
    return next((found.name for found in lists.find(words)), None)


def _region(action: str) -> str:
    kind = clue_kinds().get(action)
    return kind.region if kind else ""


@dataclass(frozen=True)
class Vocabulary:
    """``vocabulary.toml``, ready to be looked up."""

    parts: WordList
    movements: WordList
    alone: WordList
    uninstrumented: WordList
    strength: WordList
    extent: WordList
    part_of_time: WordList
    times: WordList
    negation: WordList
    bound: WordList
    conclusion: WordList
    outside: WordList
    known: WordList
    plain: WordList
    saying: WordList
    life: WordList
    meanings: Mapping[str, tuple[str, ...]]
    joints: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    table: dict[str, dict[str, list[str]]] = tomllib.loads(
        files(__package__).joinpath("vocabulary.toml").read_text(encoding="utf-8")
    )
    alone = {
        kind: [*table["alone"].get(kind, ()), *(_phrases(kind) if kind in nonverbal_kinds() else ())]
        for kind in {**table["alone"], **nonverbal_kinds()}
    }
    joints = [joint for joint in table["joints"]["joint"] if " " not in joint]
    return Vocabulary(
        **{
            name: WordList(table[name])
            for name in ("parts", "movements", "uninstrumented", "strength", "extent", "part_of_time", "times", "negation")
        },
        alone=WordList(alone),
        bound=WordList({"none": table["joints"]["none"], "between": ["between ... and"]}),
        conclusion=WordList({"conclusion": table["conclusion"]["conclusion"]}),
        outside=WordList({"outside": table["conclusion"]["outside"]}),
        known=WordList({
            name: [phrase for phrases in table[name].values() for phrase in phrases]
            for name in ("parts", "movements", "alone", "strength", "extent", "part_of_time", "times", "negation",
                         "joints", "conclusion", "plain", "saying")
        } | {"kinds": [phrase for phrases in alone.values() for phrase in phrases]}),
        plain=WordList(table["plain"]),
        saying=WordList(table["saying"]),
        life=WordList(table["life"]),
        meanings={words: tuple(actions) for words, actions in table["meanings"].items()},
        joints=frozenset(joints),
    )  # fmt: skip


def _phrases(kind: str) -> list[str]:
    """What the table of clues says of a kind, and what it is known by."""
    of = nonverbal_kinds()[kind]
    sided = [clause.format(side=side) for clause in of.one_sided for side in ("left", "right")]
    return [of.phrase, *of.clauses, *sided, *of.keywords]
