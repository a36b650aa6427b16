"""A small grammar that says what was measured: subject, verb, when, how strong, in order of time, as people write.

"At first she frowns [1] and presses her lips together [2], then smiles [4]; her voice is soft [3]." What a kind of clue
is called, and how strong it is, stands in the table of clues; here is only who, when, and how it goes together.
"""

from collections.abc import Sequence
from itertools import pairwise

from microemo.clues import MicroKind, clue_predicate, nonverbal_kinds
from microemo.clues.inflection import plural
from microemo.data.evidence import Fact
from microemo.data.manifest import Pronoun
from microemo.spans import Span, clock

Moment = Sequence[Fact]

POSSESSIVES: dict[Pronoun, str] = {"he": "his", "she": "her", "they": "their"}
TIMES = {1: "", 2: " twice", 3: " three times", 4: " four times"}
NUMBERS = ("half a second", "a second", "two seconds", "three seconds", "four seconds", "five seconds", "six seconds")
LASTING = 0.8  # share of a span from which on something is there all the time
LASTING_VOICE = 0.25  # the same of a voice, which is silent between the words
ONE_UTTERANCE_SEC = 10.0  # spans up to which how the voice is needs no time: it is that of one utterance
AT_ONCE = 0.5  # share of the shorter of two that they have in common
MOMENT_SEC = 0.8
IS = "is "
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
        """A predicate of the person as named last."""
        return self.with_their(plural(predicate) if self._is_plural else predicate)

    def with_their(self, text: str) -> str:
        """Text with the possessive, which may be how the person is named first."""
        if "{their}" in text and not self._is_named:
            self._is_named = True
            text = text.replace("{their}", "the person's", 1)
        return text.replace("{their}", POSSESSIVES[self._pronoun])


def sentences(facts: Sequence[Fact], span: Span, person: Person) -> list[str]:
    """What happens in a span, without full stops and capitals: first what lasts, then one moment after another."""
    lasting = [fact for fact in facts if _lasts(fact, span)]
    moments = _moments([fact for fact in facts if fact not in lasting])
    told = []
    if lasting:
        contrasts = bool(moments) and not any(_is_voice(fact) or len(fact.clues) > 1 for fact in lasting)
        told.append(_clauses(lasting, "throughout" if contrasts else "", person))
    for first in range(0, len(moments), MAX_MOMENTS):
        told.append(_sequence(moments[first : first + MAX_MOMENTS], span, person))
    return told


def aside(fact: Fact, span: Span, person: Person) -> str:
    """One fact by itself: "they smile at first [4]"."""
    subject = person.with_their(subject_of(fact)) or person.they()
    return f"{subject} {_predicates([fact], '' if _lasts(fact, span) else _when([fact], span), person)}"


def subject_of(fact: Fact) -> str:
    """Empty for the person."""
    return clue_predicate(fact.strongest, _has_side(fact))[0]


def _lasts(fact: Fact, span: Span) -> bool:
    length = span.end_sec - span.start_sec
    share = LASTING_VOICE * (length > ONE_UTTERANCE_SEC) if _is_voice(fact) else LASTING
    return min(fact.end_sec, span.end_sec) - max(fact.start_sec, span.start_sec) >= share * length


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
    for before, moment in pairwise(moments):
        when = "for a moment" if len(moment) == 1 and _is_short(moment[0]) else ""
        if {*map(subject_of, before), *map(subject_of, moment)} == {""}:
            text += f", then {_predicates(moment, when, person)}"
        else:
            text += f"; then {_clauses(moment, when, person)}"
    return text


def _clauses(moment: Moment, when: str, person: Person) -> str:
    """What goes on at once, those facts together that have a subject in common, the person first."""
    subjects = sorted(dict.fromkeys(map(subject_of, moment)), key=bool)
    is_behind = len(moment) == 1 and not subjects[0]
    text = f"{when} " if when and not is_behind else ""
    before: list[Fact] = []
    for subject in subjects:
        own = [fact for fact in moment if subject_of(fact) == subject]
        text += _joint(before, own) + (person.with_their(subject) or person.they()) + " "
        text += _predicates(own, when if is_behind else "", person)
        before += own
    return text


def _joint(before: Moment, after: Moment) -> str:
    """Between clauses about two things that go on at once."""
    if not before:
        return ""
    heard, already = (any(fact.strongest.region == "voice" for fact in facts) for facts in (after, before))
    if heard and not already:
        return ", while "
    return ", and " if heard or len({*map(subject_of, before)}) > 1 else " as "


def _predicates(facts: Sequence[Fact], when: str, person: Person) -> str:
    """ "frowns [1], narrows her eyes [2] and presses her lips together [3]"."""
    predicates = [_predicate(fact) for fact in facts]
    if all(predicate.startswith(IS) for predicate in predicates):
        predicates[1:] = [predicate.removeprefix(IS) for predicate in predicates[1:]]
    parts = []
    for fact, predicate in zip(facts, predicates, strict=True):
        told = person.with_their(predicate) if subject_of(fact) else person.does(predicate)
        citations = "".join(f"[{clue.id}]" for clue in fact.clues)
        parts.append(" ".join(filter(None, (told, when, citations))))
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _predicate(fact: Fact) -> str:
    """What the person does is counted; how the voice is is not."""
    predicate = clue_predicate(fact.strongest, _has_side(fact))[1]
    return predicate if _is_voice(fact) else predicate + TIMES.get(len(fact.clues), " several times")


def _has_side(fact: Fact) -> bool:
    """Whether all is on one side."""
    return len({clue.side for clue in fact.clues}) == 1


def _is_voice(fact: Fact) -> bool:
    """Whether it tells of how the voice is, rather than of what happens in it."""
    return fact.strongest.region == "voice" and bool(subject_of(fact))


def _is_short(fact: Fact) -> bool:
    """Whether it is worth a word that something of the face is short: micro-expressions are so by their nature."""
    is_always = isinstance(nonverbal_kinds().get(fact.strongest.kind), MicroKind)
    return fact.end_sec - fact.start_sec < MOMENT_SEC and fact.strongest.modality == "face" and not is_always


def _when(moment: Moment, span: Span) -> str:
    """When a moment begins, in words; of one fact, how short it is, or before which word it comes."""
    if len(moment) == 1:
        (fact,) = moment
        if len(fact.clues) > 1:
            return ""
        if fact.strongest.modality == "voice" and fact.strongest.detail:
            return 'before "{}"'.format(fact.strongest.detail.removeprefix("before "))
        if _is_short(fact):
            return "for a moment"
    return _onset(min(fact.start_sec for fact in moment), max(fact.end_sec for fact in moment), span)


def _onset(start_sec: float, end_sec: float, span: Span) -> str:
    start, length = start_sec - span.start_sec, span.end_sec - span.start_sec
    if start < max(0.4, 0.2 * length):
        return "at first" if end_sec - span.start_sec < 0.7 * length else ""
    if start > 0.5 * length and end_sec - span.start_sec > 0.9 * length:
        return "towards the end"
    seconds = round(start) if start >= 0.75 else 0
    return f"{NUMBERS[seconds]} in" if seconds < len(NUMBERS) else f"around {clock(round(start_sec))[:-2]}"
