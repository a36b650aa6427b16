"""A small grammar that says what was measured: subject, verb, when, how strong, in order of time, as people write.

"At first she frowns [1] and presses her lips together [2], then smiles [4]; her voice is soft [3]." What a kind of clue
is called, and how strong it is, stands in the table of clues; here is only who, when, and how it goes together.
"""

from collections.abc import Sequence
from typing import Literal

from microemo.clues import clue_predicate
from microemo.clues.inflection import plural
from microemo.data.evidence import Fact
from microemo.spans import Span

Pronoun = Literal["he", "she", "they"]
POSSESSIVES: dict[Pronoun, str] = {"he": "his", "she": "her", "they": "their"}
TIMES = {1: "", 2: " twice", 3: " three times", 4: " four times"}
NUMBERS = ("", "a second", "two seconds", "three seconds", "four seconds", "five seconds", "six seconds")
LASTING = 0.8  # share of a span from which on something is there all the time
AT_ONCE = 0.5  # share of the shorter of two that they have in common
MOMENT_SEC = 0.8
MAX_MOMENTS = 2  # of a sentence


class Person:
    """Who is spoken of: at first "the person" where no pronoun is known, then "they"; verbs agree with it."""

    def __init__(self, pronoun: Pronoun) -> None:
        self._pronoun, self._is_named, self._is_plural = pronoun, pronoun != "they", False

    def they(self) -> str:
        self._is_plural = self._is_named and self._pronoun == "they"
        name = self._pronoun if self._is_named else "the person"
        self._is_named = True
        return name

    def does(self, predicate: str) -> str:
        """A predicate of the subject that was named last."""
        return self.with_their(plural(predicate) if self._is_plural else predicate)

    def with_their(self, text: str) -> str:
        """Text with the possessive, which may be how the person is named first."""
        if "{their}" in text and not self._is_named:
            self._is_named = True
            text = text.replace("{their}", "the person's", 1)
        return text.replace("{their}", POSSESSIVES[self._pronoun])


Moment = Sequence[Fact]


def sentences(facts: Sequence[Fact], span: Span, person: Person) -> list[str]:
    """What happens in a span, without full stops and capitals: first what lasts, then one moment after another."""
    lasting = [fact for fact in facts if _lasts(fact, span)]
    moments = _moments([fact for fact in facts if not _lasts(fact, span)])
    told = []
    if lasting:
        contrasts = bool(moments) and all(not _is_voice(fact) and len(fact.clues) == 1 for fact in lasting)
        told.append(_clauses(lasting, "throughout" if contrasts else "", person))
    for number in range(0, len(moments), MAX_MOMENTS):
        told.append(_sequence(moments[number : number + MAX_MOMENTS], span, person))
    return told


def aside(fact: Fact, span: Span, person: Person) -> str:
    """One fact by itself: "they smile at first [4]"."""
    return _clauses([fact], "" if _lasts(fact, span) else _when([fact], span), person)


def joined(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _lasts(fact: Fact, span: Span) -> bool:
    return min(fact.end_sec, span[1]) - max(fact.start_sec, span[0]) >= LASTING * (span[1] - span[0])


def _moments(facts: Sequence[Fact]) -> list[list[Fact]]:
    """Facts in order of time, those that go on at once together."""
    moments: list[list[Fact]] = []
    for fact in sorted(facts, key=lambda fact: fact.start_sec):
        if moments and _go_together(moments[-1][0], fact):
            moments[-1].append(fact)
        else:
            moments.append([fact])
    return moments


def _go_together(one: Fact, other: Fact) -> bool:
    shared = min(one.end_sec, other.end_sec) - max(one.start_sec, other.start_sec)
    return shared > AT_ONCE * min(one.end_sec - one.start_sec, other.end_sec - other.start_sec)


def _sequence(moments: Sequence[Moment], span: Span, person: Person) -> str:
    """Moments that follow each other: "at first she frowns [1], then smiles [2]"."""
    text = _clauses(moments[0], _when(moments[0], span), person)
    for before, moment in zip(moments, moments[1:], strict=False):
        is_short = len(moment) == 1 and _is_short(moment[0])
        when = "for a moment" if is_short else ""
        if {_subject(fact) for fact in before} == {_subject(fact) for fact in moment} == {""}:
            text += ", then " + _predicates(moment, when, person)
        else:
            text += "; then " + _clauses(moment, when, person)
    return text


def _clauses(moment: Moment, when: str, person: Person) -> str:
    """What goes on at once, those facts together that have a subject in common, the person first."""
    subjects = sorted({_subject(fact): fact for fact in moment}.items(), key=lambda item: (item[0] != "", _is_voice(item[1])))
    is_behind = len(moment) == 1 and not subjects[0][0]
    text = "" if is_behind or not when else f"{when} "
    was_voice = False
    for number, (subject, fact) in enumerate(subjects):
        if number:
            text += ", while " if _is_voice(fact) and not was_voice else ", and " if number > 1 or _is_voice(fact) else " as "
        own = [each for each in moment if _subject(each) == subject]
        text += f"{person.with_their(subject) or person.they()} "
        text += _predicates(own, when if is_behind else "", person)
        was_voice = fact.strongest.region == "voice"
    return text


def _predicates(facts: Sequence[Fact], when: str, person: Person) -> str:
    after = f" {when}" if when else ""
    told = (_predicate(fact) if _subject(fact) else person.does(_predicate(fact)) for fact in facts)
    return joined(
        [f"{person.with_their(text)}{after}{_citations(fact)}" for text, fact in zip(told, facts, strict=True)]
    )


def _subject(fact: Fact) -> str:
    return clue_predicate(fact.strongest, _has_side(fact))[0]


def _predicate(fact: Fact) -> str:
    """What the person does is counted; how the voice is is not."""
    predicate = clue_predicate(fact.strongest, _has_side(fact))[1]
    return predicate if _is_voice(fact) else predicate + TIMES.get(len(fact.clues), " several times")


def _has_side(fact: Fact) -> bool:
    return len({clue.side for clue in fact.clues}) == 1


def _is_voice(fact: Fact) -> bool:
    return fact.strongest.region == "voice" and bool(_subject(fact))


def _citations(fact: Fact) -> str:
    return " " + "".join(f"[{clue.id}]" for clue in fact.clues)


def _is_short(fact: Fact) -> bool:
    return fact.end_sec - fact.start_sec < MOMENT_SEC and not fact.strongest.kind.startswith("micro_")


def _when(moment: Moment, span: Span) -> str:
    """When a moment begins, in words, or how short it is."""
    start = min(fact.start_sec for fact in moment) - span[0]
    end = max(fact.end_sec for fact in moment) - span[0]
    length = span[1] - span[0]
    (only,) = moment if len(moment) == 1 else (None,)
    if only and len(only.clues) > 1:
        return ""
    if only and only.strongest.kind == "long_pause" and only.strongest.detail:
        word = only.strongest.detail.removeprefix("before ")
        return f'before "{word}"'
    if only and _is_short(only):
        return "for a moment"
    if start < max(0.4, 0.2 * length):
        return "at first" if end < 0.7 * length else ""
    if start > 0.5 * length and end > 0.9 * length:
        return "towards the end"
    seconds = round(start)
    if 0 < seconds < len(NUMBERS):
        return f"{NUMBERS[seconds]} in"
    return "soon" if not seconds else f"around {int(start + span[0]) // 60}:{int(start + span[0]) % 60:02}"
