"""Times, numbers, kinds of clues and answers as people read them; shared by the page and the terminal."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from microemo.clues import clue_kinds, facial_kinds
from microemo.lexicon import family_of
from microemo.report.people import Moment, Part, Role
from microemo.schema import Answer, Clue, Effect, Outcome, Person
from microemo.spans import clock

OUTCOMES: dict[Outcome, str] = {
    "contradicted": "contradicted by the measures",
    "unmeasurable": "not measurable here",
    "outside_knowledge": "beyond what can be seen or heard",
}
ROLES: dict[Role, str] = {"speaking": "speaking", "listening": "listening", "wordless": "no words"}


def span(start_sec: float, end_sec: float) -> str:
    return f"{clock(start_sec)}\N{EN DASH}{clock(end_sec)}"


def isolated(text: str) -> str:
    """A text in any script, so that its direction does not turn what stands around it (Unicode's isolates)."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def percent(share: float) -> str:
    return f"{share:.0%}"


def quantity(value: float, kind: str) -> str:
    """A clue's value or baseline with its unit, such as 0.62 or 241 Hz."""
    size = abs(value)
    text = f"{value:.{2 if size < 1 else 1 if size < 100 else 0}f}".replace("-", "\N{MINUS SIGN}")
    known = clue_kinds().get(kind)
    return f"{text} {known.unit}" if known and known.unit else text


def plain(kind: str) -> str:
    """A clue's kind in plain words: brow_lowerer -> brow lowerer."""
    return kind.replace("_", " ")


def name(clue: Clue) -> str:
    """What a clue is called: its kind in plain words, the side of a one-sided action, the words of a verbal one."""
    side = f", {clue.side}" if clue.side else ""
    detail = f" “{isolated(clue.detail)}”" if clue.detail else ""
    return f"{plain(clue.kind)}{side}{detail}"


def facs(clue: Clue) -> str:
    """The code of a facial action with its intensity and side, as FACS writes them: AU4C, L14B; empty for others."""
    code = action_units().get(clue.kind, "")
    if clue.side and code:
        code = code.replace("AU", clue.side[0].upper())
    return f"{code}{clue.intensity or ''}" if code else ""


@cache
def action_units() -> dict[str, str]:
    """FACS codes of the facial actions: brow_lowerer -> AU4."""
    return {kind.kind: kind.action_unit for kind in facial_kinds()}


def tooltip(clue: Clue) -> str:
    code = f" ({facs(clue)})" if facs(clue) else ""
    when = f"{span(clue.start_sec, clue.end_sec)}, strongest at {clock(clue.apex_sec)}"
    figures = f"{quantity(clue.value, clue.kind)} against {quantity(clue.baseline, clue.kind)}"
    return " · ".join([f"{name(clue)}{code}", when, *([] if clue.modality == "words" else [figures])])


def labels(answer: Answer) -> str:
    """The answer's labels in a line, such as "worried 71%, sad 40%"."""
    return ", ".join(f"{emotion.label} {percent(emotion.confidence)}" for emotion in answer.emotions)


def besides(answer: Answer) -> str:
    """Which other families of emotion are possible, such as "fearful or surprised"; empty where none is."""
    first = family_of(answer.emotions[0].label) if answer.emotions else None
    *others, last = [family for family in answer.possible if family != first] or [""]
    return f"{', '.join(others)} or {last}" if others else last


class Weight(NamedTuple):
    """A clue's effect as it is shown: how sure the label is with the clue, and without."""

    clue: Clue
    label: str
    with_it: float
    without_it: float

    def __str__(self) -> str:
        """Such as "without it: worried 71% → 45%"."""
        return f"without it: {self.label} {percent(self.with_it)} \N{RIGHTWARDS ARROW} {percent(self.without_it)}"


def weights(answer: Answer, clue_of: Mapping[int, Clue]) -> list[Weight]:
    """The effects of an answer, the greatest first; ``clue_of`` are the clues by their ids."""
    confidence = {emotion.label: emotion.confidence for emotion in answer.emotions}
    return [
        Weight(clue_of[effect.clue], effect.label, confidence[effect.label], confidence[effect.label] - effect.change)
        for effect in sorted(answer.effects, key=_size, reverse=True)
        if effect.clue in clue_of and effect.label in confidence
    ]


def _size(effect: Effect) -> float:
    return abs(effect.change)


def who(person: Person, max_chars: int | None = None) -> str:
    """The id and the name, such as P2 Anna; a longer name is cut."""
    name = person.name or ""
    if max_chars is not None and len(name) > max_chars:
        name = f"{name[: max_chars - 1]}\N{HORIZONTAL ELLIPSIS}"
    return f"{person.id} {isolated(name)}" if name else person.id


def doing(moment: Moment, part: Part) -> str:
    """What somebody does who says nothing: listening to P1."""
    speaker = moment.speaker
    return f"{ROLES[part.role]} to {speaker.person}" if speaker else ROLES[part.role]


def presence(person: Person) -> str:
    """How long a person is seen and heard."""
    seen = f"face {clock(person.face_seconds)}" if person.face_seconds else ""
    heard = f"speech {clock(person.speech_seconds)}" if person.speech_seconds else ""
    if seen and heard:
        return f"{seen}, {heard}"
    return f"seen, not heard: {seen}" if seen else f"heard, not seen: {heard}" if heard else "neither seen nor heard"


def left_out(answer: Answer) -> dict[str, list[str]]:
    """What was not told, by what the measures say of it."""
    return {
        reason: texts
        for outcome, reason in OUTCOMES.items()
        if (texts := list(dict.fromkeys(claim.text for claim in answer.claims if claim.outcome == outcome)))
    }
