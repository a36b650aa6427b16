"""Times in sentences: "at 0:02", "a second in", "from 1 to 3 s", "at first", "until the last half second"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from microemo.claims.vocabulary import vocabulary
from microemo.claims.words import Token, named

Extent = Literal["throughout", "briefly"]

PARTS_OF_TIME = {
    "start": (0.0, 0.4),
    "middle": (0.25, 0.75),
    "end": (0.6, 1.0),
    "very_start": (0.0, 0.15),
    "very_end": (0.85, 1.0),
}
COUNTED = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
NUMBERS = {word: float(value) for value, word in enumerate(COUNTED)} | {
    "a quarter of a": 0.25,
    "a quarter": 0.25,
    "a third of a": 0.33,
    "half a": 0.5,
    "three quarters of a": 0.75,
    "a": 1.0,
}
NUMBER = rf"(?:\d+(?:\.\d+)?|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
CLOCK = re.compile(r"(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d+(?:\.\d+)?)")
INTO = re.compile(
    rf"\b(?P<number>{NUMBER})(?P<half> and a half)?[ -](?:s|sec|seconds?)(?P<more> and a half)? (?:in\b|into\b)"
)
RANGE = re.compile(
    rf"\b(?:from|between|at) (?:about |around |roughly )?(?P<first>{NUMBER})(?: ?s\b| seconds?)? (?:and|to|until|till) "
    rf"(?:about |around )?(?P<last>{NUMBER})\b|"
    "\\b(?P<from>\\d+(?:\\.\\d+)?) ?[-\N{EN DASH}] ?(?P<to>\\d+(?:\\.\\d+)?) ?s"
)
EDGE = re.compile(
    rf"\b(?P<how>past |after |once |beyond |until )?the (?:very )?(?P<edge>first|last) (?P<number>{NUMBER} )?"
    r"(?P<part>half |quarter )?(?:of a )?(?:seconds?|s)\b"
)
POINT = re.compile(
    r"(?<!for )(?<!than )(?<!lasts )\b(?P<how>at|around|about|after|by|until|till|up to|from|before|near|past|since)"
    r"(?: the| about| around| roughly)? "
    rf"(?P<number>{NUMBER})(?P<half> and a half)?(?: ?s\b|[ -]sec\w*\b)(?! of\b| in\b| into\b)"
)
WHILE_SPEAKING = re.compile(
    r"\b(?:while|as|when|once|whenever) (?:(?:he|she|they|the person) )?(?:is |are )?(?:talk|speak)\w*"
    r"|\b(?:while|as|when|once) (?:he's|she's|they're) (?:talking|speaking)\b|\bduring (?:the|his|her|their) speech\b"
)
HOLDS = re.compile(r"\b(?:keeps?|stays?|remains?|holds?|kept|stayed|remained|held)\b")
LASTING = re.compile(
    r"\b(?:half a|a|one|two|three|four|five|six|first|last|(?:first|last) (?:two|three|half)|\d[\d.]*)"
    r"(?: full| whole| long| good)?[ -]seconds?(?: and a half)?|\bsecond half\b|\bfirst half\b"
)


@dataclass(frozen=True)
class When:
    """A named time, and how lasting.

    start_sec, end_sec   of the recording
    after_sec            seconds into the stretch that the text is about, or into what is said in it
    part                 shares of that stretch
    speaking             while the person speaks
    edge                 seconds from its start, to the end where there is no second; below 0: from its end
    """

    start_sec: float | None = None
    end_sec: float | None = None
    after_sec: float | None = None
    part: tuple[float, float] | None = None
    edge: tuple[float, float | None] | None = None
    speaking: bool = False
    extent: Extent | None = None

    def __bool__(self) -> bool:
        return self != When()


NO_TIME = When()


def when_in(text: str, words: Sequence[Token], beside: Sequence[Token]) -> When:
    """The time that a stretch of a sentence names: by its text in lower case, its tokens, those that mean nothing."""
    extent: Extent | None = named(vocabulary().extent, beside)
    found = _speaking(text) or _range(text) or _clocks(text, words) or _into(text, words) or _edge(text, words)
    found = found or _point(text, words) or _part(words, beside)
    return replace(found, extent=extent or found.extent)


def _speaking(text: str) -> When:
    return When(speaking=WHILE_SPEAKING.search(text) is not None)


def _range(text: str) -> When:
    """From one moment to another; what is kept up between them is so throughout."""
    match = RANGE.search(text)
    if match is None:
        return NO_TIME
    start, end, *_ = (number for number in match.groups() if number)
    return When(_number(start), _number(end), extent="throughout" if HOLDS.search(text) else None)


def _clocks(text: str, words: Sequence[Token]) -> When:
    times_sec = [_clock(match) for match in CLOCK.finditer(text)]
    if not times_sec:
        return NO_TIME
    how = re.search(r"\b(until|till|up to|before|from|after|since)\s+[\d:.]+", text)
    return _reaching(words, When(min(times_sec), max(times_sec)), how[1] if how else "")


def _into(text: str, words: Sequence[Token]) -> When:
    match = INTO.search(text)
    if match is None:
        return NO_TIME
    half_sec = 0.5 * bool(match["half"] or match["more"])
    return _reaching(words, When(after_sec=_number(match["number"]) + half_sec), "")


def _edge(text: str, words: Sequence[Token]) -> When:
    """The first or last seconds of a stretch, or all but these."""
    match = EDGE.search(text)
    if match is None:
        return NO_TIME
    length_sec = _number(match["number"].strip()) if match["number"] else 1.0
    length_sec *= {None: 1.0, "half ": 0.5, "quarter ": 0.25}[match["part"]]
    how = (match["how"] or "").strip()
    if match["edge"] == "first":
        return When(edge=(length_sec, None) if how in ("past", "after", "once", "beyond") else (0.0, length_sec))
    until = how == "until" or words[0].text == "until"
    return When(edge=(0.0, -length_sec) if until else (-length_sec, None))


def _point(text: str, words: Sequence[Token]) -> When:
    match = POINT.search(text)
    if match is None:
        return NO_TIME
    at_sec = _number(match["number"]) + 0.5 * bool(match["half"])
    return _reaching(words, When(at_sec, at_sec), match["how"])


def _part(words: Sequence[Token], beside: Sequence[Token]) -> When:
    part = named(vocabulary().part_of_time, beside)
    return _reaching(words, When(part=PARTS_OF_TIME[part]), "") if part else NO_TIME


def _reaching(words: Sequence[Token], when: When, how: str) -> When:
    """A time up to which, or from which on, something is so: "until 0:03"."""
    if how in ("until", "till", "up to", "before") or words[0].text == "until":
        if when.part is not None:
            return replace(when, part=(0.0, when.part[0]))
        return When(0.0, when.end_sec if when.after_sec is None else when.after_sec)
    return replace(when, end_sec=float("inf")) if how in ("from", "after", "since") else when


def _clock(match: re.Match[str]) -> float:
    return 3600 * int(match["hours"] or 0) + 60 * int(match["minutes"]) + float(match["seconds"])


def _number(text: str) -> float:
    return NUMBERS[text] if text in NUMBERS else float(text)


def at(own: When, when: When) -> When:
    """A time with what is lacking of it."""
    is_named = own.start_sec is not None or own.after_sec is not None or own.part is not None or own.edge is not None
    is_named = is_named or own.speaking
    return own if is_named else replace(when, extent=own.extent or when.extent)


def lasting(text: str) -> list[tuple[int, int]]:
    """Where a text says how long something lasts, from and to which character: that is no time and no count."""
    return [match.span() for match in LASTING.finditer(text)]
