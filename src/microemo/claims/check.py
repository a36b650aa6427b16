"""Statements against what was measured: borne out, contradicted, unmeasurable, or outside of what can be observed."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Literal

from microemo.claims.grammar import SAID, UNINSTRUMENTED, Statement
from microemo.claims.readings import PRESENT, STATE_REGIONS, Evidence, Reading, overlaps, reading
from microemo.claims.states import ABSENCES
from microemo.claims.times import When
from microemo.claims.weights import weight
from microemo.claims.words import base_forms, tokens
from microemo.clues import VocalKind, clue_kinds
from microemo.schema import Claim, Clue, Modality, Outcome
from microemo.spans import Span

SLIGHT_UP_TO, STRONG_FROM, EXTREME_FROM = 0.55, 0.55, 0.7  # of FACS's C, from 0.4 to 0.7, viewers call half slight
MARGIN_SEC = 0.35  # by which a named time may be off
VAGUE_SEC = 0.6  # by which one in words may: "a second in"
THROUGHOUT, BRIEF_SEC = 0.6, 1.5


def checked(
    text: str, statement: Statement, evidence: Evidence, span: Span, cited: Collection[int] = (), label: str = ""
) -> Claim:
    """A statement as a claim: what the measures say of it, and of the clues that it tells of the cited ones, if any.

    ``label`` is the feeling that the text gives, for or against which the clues speak.
    """
    told = meant(statement, evidence, span)
    chosen = [clue for clue in told if clue.id in cited] or told[:1]
    modality, region = _where(statement, chosen)
    when = statement.when
    weights = [found for clue in chosen if (found := weight(clue.kind, label)) is not None]
    return Claim(
        text=text,
        outcome=outcome(statement, evidence, span),
        clues=tuple(clue.id for clue in chosen),
        person=statement.person or evidence.person,
        modality=modality,
        region=region,
        action="" if UNINSTRUMENTED in statement.actions else next(iter(statement.actions), ""),
        direction=_direction(statement),
        side=statement.side,
        intensity=statement.strength,
        negated=statement.negated,
        start_sec=when.start_sec,
        end_sec=when.end_sec if when.end_sec is not None and isfinite(when.end_sec) else None,
        weight=sum(weights) / len(weights) if weights else None,
    )


def _where(statement: Statement, clues: Sequence[Clue]) -> tuple[Modality | None, str]:
    """Of what a statement speaks, and of which part of it."""
    if clues:
        return clues[0].modality, clues[0].region
    action = next(iter(statement.actions), "")
    if kind := clue_kinds().get(action):
        return kind.modality, kind.region
    if action in STATE_REGIONS:
        return STATE_REGIONS[action]
    return (("voice" if statement.region == "voice" else "face") if action else None), statement.region


def _direction(statement: Statement) -> Literal["raised", "lowered"] | None:
    kinds = [clue_kinds().get(action) for action in statement.actions]
    of_voice = next((kind for kind in kinds if isinstance(kind, VocalKind)), None)
    return None if of_voice is None else "lowered" if of_voice.lowered else "raised"


def outcome(
    statement: Statement, evidence: Evidence, span: Span, others: Mapping[str, Evidence] | None = None
) -> Outcome:
    """What the measures say of a statement about a stretch (seconds) of a recording, and of whom it is about."""
    if not statement.actions:
        return "borne_out" if _repeats_words(statement, evidence) else "outside_knowledge"
    if statement.person is not None and statement.person != evidence.person:
        found = _other(statement.person, others or {})
        return "unmeasurable" if found is None else outcome(_of_nobody_else(statement), found, span)
    if statement.actions == (UNINSTRUMENTED,):
        return "unmeasurable"
    is_absence = statement.negated or bool(ABSENCES & set(statement.actions))
    stretches = windows(statement.when, span, evidence, 0.0 if is_absence else 1.0)
    if stretches[0].start_sec >= evidence.end_sec:
        return "contradicted"
    holds = _said if SAID in statement.actions else _holds
    known = [is_so for stretch in stretches if (is_so := holds(statement, evidence, stretch)) is not None]
    return "unmeasurable" if not known else "borne_out" if any(known) != statement.negated else "contradicted"


def windows(when: When, span: Span, evidence: Evidence, vagueness: float = 1.0) -> list[Span]:
    """The seconds that a named time may mean; "at the end" can be that of the whole, or of what is said.

    ``vagueness`` is by how much of the margins they are widened.
    """
    margin_sec, vague_sec = vagueness * MARGIN_SEC, vagueness * VAGUE_SEC
    if when.start_sec is not None and when.end_sec is not None:
        end_sec = when.end_sec if isfinite(when.end_sec) else max(span.end_sec, when.start_sec)
        if end_sec > when.start_sec:
            margin_sec /= 2
        return [Span(when.start_sec - margin_sec, max(end_sec, when.start_sec) + margin_sec)]
    if when.edge is not None:
        start, end = when.edge
        first, last = (span.end_sec + at if at < 0 else span.start_sec + at for at in (start, end or 0.0))
        return [Span(first - margin_sec / 3, span.end_sec if end is None else last + margin_sec / 3)]
    said = [one.span for one in evidence.utterances if overlaps(one, span)]
    if when.speaking:
        return said or [span]
    stretches = [span, *said]
    if when.after_sec is not None:
        times_sec = [stretch.start_sec + when.after_sec for stretch in stretches]
        return [Span(at_sec - vague_sec, at_sec + vague_sec) for at_sec in times_sec]
    if when.part is None:
        return [span]
    return [_share(when.part, stretch, margin_sec / 2) for stretch in (stretches if when.part[1] == 1 else [span])]


def _share(part: tuple[float, float], span: Span, margin_sec: float) -> Span:
    start_sec, end_sec = (span.start_sec + share * (span.end_sec - span.start_sec) for share in part)
    return Span(start_sec - margin_sec, end_sec + margin_sec)


def meant(statement: Statement, evidence: Evidence, span: Span) -> list[Clue]:
    """The clues that a statement tells of, the strongest first."""
    stretches = windows(statement.when, span, evidence)
    found = [
        clue
        for clue in evidence.clues
        if _is_told_of(clue, statement) and any(overlaps(clue, stretch) for stretch in stretches)
    ]
    return sorted(found, key=lambda clue: -clue.strength)


def _quotes(statement: Statement, clue: Clue) -> bool:
    """Whether a statement quotes the words of a clue, or those that a pause is before; or a part of them, or more."""
    one, other = (f" {plain(text)} " for text in (statement.quote, clue.detail))
    return bool(one.strip() and other.strip()) and (one in other or other in one)


def _is_told_of(clue: Clue, statement: Statement) -> bool:
    if SAID in statement.actions:
        return bool(statement.quote) and _quotes(statement, clue)
    return clue.kind in statement.actions and (statement.side is None or clue.side in (None, statement.side))


def _holds(statement: Statement, evidence: Evidence, stretch: Span) -> bool | None:
    """Whether any of the actions is as the statement says; None where none of them could be measured."""
    known = [found for action in statement.actions if (found := reading(action, evidence, stretch)) is not None]
    if statement.strength is not None:  # of several things that may be meant, the plainest is
        known = [found for found in known if found.level >= max(one.level for one in known)]
    return any(_fits(found, statement) for found in known) if known else None


def _fits(found: Reading, statement: Statement) -> bool:
    if found.level < PRESENT:
        return False
    if statement.negated:
        return True  # that it happens at all is enough
    at_least, at_most = statement.times or (0, found.num)
    return (
        (statement.side is None or statement.side in found.sides)
        and not (statement.strength == "slight" and found.level > SLIGHT_UP_TO)
        and not (statement.strength == "extreme" and found.level < EXTREME_FROM)
        and not (statement.strength == "strong" and found.level < STRONG_FROM)
        and not (statement.when.extent == "throughout" and found.share < THROUGHOUT)
        and not (statement.when.extent == "briefly" and found.longest_sec > BRIEF_SEC)
        and at_least <= found.num <= at_most
    )


def _said(statement: Statement, evidence: Evidence, stretch: Span) -> bool | None:
    """Whether words are said; None where no words are known."""
    same = [
        clue for clue in evidence.clues if plain(clue.detail) == plain(statement.quote) and clue.modality == "words"
    ]
    if statement.quote and any(overlaps(clue, stretch) for clue in same):
        return True  # of words that are told of with others between them: "not happy"
    if not any(one.text for one in evidence.utterances):  # a training text's, of which the clues are kept alone
        return any(_quotes(statement, clue) and overlaps(clue, stretch) for clue in evidence.clues) or None
    if statement.content:
        return _repeats_words(statement, evidence)
    spoken = [
        one.text for one in evidence.utterances if one.start_sec < stretch.end_sec and one.end_sec > stretch.start_sec
    ]
    return f" {plain(statement.quote)} " in f" {' '.join(map(plain, spoken))} "


def _repeats_words(statement: Statement, evidence: Evidence) -> bool:
    """Whether what is not observed is what was said: "he speaks of the pigeon"."""
    said = {form for one in evidence.utterances for token in tokens(one.text) for form in token.forms}
    return bool(statement.content) and all(base_forms(word) & said for word in statement.content)


def plain(text: str) -> str:
    """Words alone, in lower case."""
    return " ".join(re.findall(r"[\w']+", text.lower()))


def _other(name: str, others: Mapping[str, Evidence]) -> Evidence | None:
    if name in others:
        return others[name]
    return next(iter(others.values())) if len(others) == 1 and name == "OTHER" else None


def _of_nobody_else(statement: Statement) -> Statement:
    return replace(statement, person=None)


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """Of several statements in one clause: it is borne out if all of them are."""
    order: tuple[Outcome, ...] = ("outside_knowledge", "contradicted", "unmeasurable", "borne_out")
    return min(outcomes, key=order.index)
