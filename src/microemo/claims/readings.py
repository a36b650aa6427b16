"""What the series say of an action in a stretch of time: how strong, how lasting, how often, on which side.

Strengths are on the scale of ``Clue.strength``. An action that no clue tells of (pressed lips, a lowered pitch) is read
from its series all the same. None: there is no instrument for it, or it could not see or hear.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Self

import numpy as np
from jaxtyping import Float

from microemo.clues import (
    ONSET_STRENGTH,
    ClueKind,
    FacialAction,
    HeadKind,
    VerbalKind,
    VocalKind,
    clue_kinds,
    facial_actions,
)
from microemo.perception.face_clues import smooth
from microemo.perception.head_clues import SIDES, strength_of, usual
from microemo.perception.series import MAX_INTENSITY, OF_UTTERANCES
from microemo.perception.voice_clues import HIGH_VOICE_FLOOR
from microemo.schema import ClipInfo, Clue, Columns, Modality, Participant, Series, Utterance
from microemo.spans import Span, runs

PRESENT = ONSET_STRENGTH  # from which on something is so, as most clues begin there
LEAST_SEEN = 0.25  # share of a stretch in which a face must be seen for what it does not do
LEAST_SHARED = 0.3  # of an utterance, or of a shorter stretch in it, for its voice to be meant
ONE_SIDED = 0.12  # activation of one side over the other's from which a side acts alone
LEAST_FALL = 3.0  # semitones, at the end of what is said
LEAST_RISE_DB = 3.0  # of the voice from its first third to its last
IS_SO = 0.55  # the level of what is so or not so, and has no strength: neither slight nor strong
OVER = 0.9  # share of a stretch that a state has to itself, if it ever ends
PLAIN = 0.4  # strength of what nobody overlooks: FACS's C


class Reading(NamedTuple):
    """How strong at most; in what share of the stretch; the length of the longest run; how many; where one-sided."""

    level: float
    share: float = 1.0
    longest_sec: float = 0.0
    num: int = 1
    sides: frozenset[str] = frozenset()


ABSENT = Reading(0.0, 0.0, 0.0, 0)


@dataclass(frozen=True)
class Evidence:
    """What was measured of one person. Without ``series``, the list of clues is all that is known.

    ``absent`` are modalities of which nothing could be measured.
    """

    person: str | None
    clues: Sequence[Clue]
    utterances: Sequence[Utterance] = ()
    series: Series | None = None
    end_sec: float = float("inf")
    absent: frozenset[Modality] = frozenset()

    @classmethod
    def of(cls, one: Participant, info: ClipInfo) -> Self:
        said = [utterance for utterance in one.utterances if utterance.index in one.said]
        is_seen = one.face_mask.any() or (one.series is not None and len(one.series.track.times_sec) > 0)
        there: dict[Modality, bool] = {"face": bool(is_seen), "voice": info.has_audio}  # who is silent can laugh
        absent = frozenset(modality for modality, is_there in there.items() if not is_there)
        return cls(one.person.id, one.clues, said, one.series, info.duration_sec, absent)


Read = Callable[[Evidence, Span], Reading | None]
STATES: dict[str, Read] = {}
"""Actions that are no kinds of clue, and how they are read: ``states`` enters them."""
STATE_REGIONS: dict[str, tuple[Modality, str]] = {"said": ("words", "words")}
"""Their modality and region."""


def reading(action: str, evidence: Evidence, span: Span) -> Reading | None:
    """What is known of an action in a stretch (seconds). Raises ``KeyError`` on an action that nobody knows."""
    kind = clue_kinds().get(action)
    if (kind.modality if kind else STATE_REGIONS.get(action, ("face", ""))[0]) in evidence.absent:
        return None
    if action in STATES:
        return STATES[action](evidence, span)
    if kind is not None and (found := _told(kind, evidence, span)) is not None:
        return _sharpened(action, found, evidence, span)
    if evidence.series is None:
        asked = kind is not None and action_is_question(kind, evidence, span)
        return Reading(IS_SO) if asked else ABSENT if kind is not None else None
    if action in _actions():
        return _facial(_actions()[action], evidence.series.face, span)
    return _unlisted(clue_kinds()[action], evidence, span)


def _told(kind: ClueKind, evidence: Evidence, span: Span) -> Reading | None:
    """By the clues of a kind; None where there are none."""
    found = [clue for clue in evidence.clues if clue.kind == kind.kind and overlaps(clue, span)]
    if not found:
        return None
    strongest = max(found, key=lambda clue: clue.strength)
    return Reading(
        level=max(strongest.strength, PRESENT),
        share=min(1.0, sum(_shared(clue, span) for clue in found) / max(span.end_sec - span.start_sec, 1e-6)),
        longest_sec=max(clue.end_sec - clue.start_sec for clue in found),
        num=len(found),
        sides=frozenset(clue.side for clue in found if clue.side),
    )


def _sharpened(action: str, found: Reading, evidence: Evidence, span: Span) -> Reading:
    """A reading by clues, with the side and the level of the series where these have more to say."""
    if evidence.series is None or action not in _actions():
        return found
    series = _facial(_actions()[action], evidence.series.face, span)
    return (
        found
        if series is None
        else found._replace(sides=found.sides or series.sides, level=max(found.level, series.level))
    )


def _unlisted(kind: ClueKind, evidence: Evidence, span: Span) -> Reading | None:
    """Of a kind of which there is no clue in the stretch: whether it could have been told."""
    assert evidence.series is not None
    if action_is_question(kind, evidence, span):
        return Reading(IS_SO)
    if isinstance(kind, VerbalKind):
        return ABSENT if any(one.text for one in evidence.utterances) else None
    if isinstance(kind, VocalKind):
        return of_voice(kind, evidence.series.utterances, span, kind.lowered)
    if isinstance(kind, HeadKind) and kind.measure == "beyond":
        return of_head(kind, evidence.series.face, span, 1)
    if kind.modality == "voice":
        return ABSENT
    return (
        ABSENT
        if seen(evidence.series.face, span, _known(evidence.series.face, kind.region, span)) >= LEAST_SEEN
        else None
    )


def action_is_question(kind: ClueKind, evidence: Evidence, span: Span) -> bool:
    """Whether something is asked that is written as a question, which the words alone do not show."""
    return kind.kind == "question" and any("?" in one.text and overlaps(one, span) for one in evidence.utterances)


def _known(face: Columns, region: str, span: Span) -> int | None:
    """The rows in which a region of the face could be seen; None of what is no region of it."""
    columns = [f"{_column(action)}_intensity" for action in facial_actions() if action.region == region]
    series = [face[column][within(face, span)] for column in columns if column in face]
    return int(np.isfinite(series).any(axis=0).sum()) if series else None


def _facial(action: FacialAction, face: Columns, span: Span) -> Reading | None:
    """Of a facial action, by the columns of its action unit."""
    column = _column(action)
    found = _rows(face, face.get(f"{column}_intensity"), span, 1 / MAX_INTENSITY, action.least)
    if found is not None and found.level < action.least:
        return found._replace(level=0.0)
    if found is None or f"{column}_asymmetry" not in face:
        return found
    shown = within(face, span) & (face[f"{column}_intensity"] >= MAX_INTENSITY * PRESENT)
    lopsided = face[f"{column}_asymmetry"][shown & np.isfinite(face[f"{column}_asymmetry"])]
    mean = float(np.mean(lopsided)) if len(lopsided) else 0.0
    return found._replace(sides=frozenset() if abs(mean) < ONE_SIDED else frozenset({"left" if mean > 0 else "right"}))


def of_head(kind: HeadKind, face: Columns, span: Span, sign: int) -> Reading | None:
    """Of a position of the head or the gaze, beyond the person's own; of two sides, the one that is farther out."""
    values = face.get(kind.series)
    if values is None or not np.isfinite(values).any():
        return None
    deviation = values - usual(values[np.isfinite(values)], kind.resting)
    sides = SIDES.get(kind.series)
    if sides is None:
        return _rows(face, strength_of(kind, sign * deviation), span)
    readings = {side: _rows(face, strength_of(kind, way * deviation), span) for way, side in sides.items()}
    known = {side: found for side, found in readings.items() if found is not None}
    if not known:
        return None
    side, farthest = max(known.items(), key=lambda pair: pair[1].level)
    return farthest._replace(sides=frozenset({side}) if side else frozenset())


def of_voice(kind: VocalKind, utterances: Columns, span: Span, lowered: bool) -> Reading | None:
    """Of a measure of the voice, raised or lowered, in the utterances of a stretch, against the speaker's own."""
    values = _measured(kind, utterances)
    if values is None or not np.isfinite(values).any():
        return None
    lengths_sec = utterances["end_sec"] - utterances["start_sec"]
    shared_sec = np.minimum(utterances["end_sec"], span.end_sec) - np.maximum(utterances["start_sec"], span.start_sec)
    meant = (shared_sec >= LEAST_SHARED * np.minimum(lengths_sec, span.end_sec - span.start_sec)) & np.isfinite(values)
    neutral = kind.neutral
    if kind.neutral_high_voice and np.nanmedian(_semitones(utterances["f0_median_hz"])) > HIGH_VOICE_FLOOR:
        neutral = kind.neutral_high_voice
    if not meant.any() or (neutral is None and np.isfinite(values).sum() < 2):
        return None  # how loud a recording is, says nothing of the voice
    usual_value = float(np.nanmedian(values))
    baseline = usual_value if neutral is None else float(np.clip(usual_value, *neutral))
    if kind.least is not None:
        far = values[meant] / kind.least * PRESENT
    else:
        far = (baseline - values[meant] if lowered else values[meant] - baseline) / kind.span
    return Reading(float(np.clip(far.max(), 0, 1)), float((far >= PRESENT).mean()), num=int((far >= PRESENT).sum()))


def _measured(kind: VocalKind, utterances: Columns) -> Float[np.ndarray, " N"] | None:
    if kind.measure == "f0_median":
        return _semitones(utterances["f0_median_hz"]) if "f0_median_hz" in utterances else None
    names = {measure: column for column, measure in OF_UTTERANCES.items()} | {"shimmer": "shimmer_percent"}
    return utterances.get(names[kind.measure])


def _semitones(hertz: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    return 12 * np.log2(hertz / 100)


def _rows(
    face: Columns, values: Float[np.ndarray, " N"] | None, span: Span, scale: float = 1.0, least: float = PRESENT
) -> Reading | None:
    """A series of strengths, smoothed, that are there from ``least`` on.

    None where the face is seen too little to say that something is not so.
    """
    if values is None or not len(values):
        return None
    rows = np.flatnonzero(within(face, span) & np.isfinite(values))
    if not len(rows):
        return None
    times_sec = face["time_sec"][rows]
    strengths = smooth(times_sec, scale * values[rows])
    level = float(strengths.max())
    if level < least and seen(face, span, len(rows)) < LEAST_SEEN:
        return None
    is_on = strengths >= least
    lengths = [times_sec[end - 1] - times_sec[first] for first, end in runs(is_on)]
    return Reading(level, float(is_on.mean()), max(lengths, default=0.0), len(lengths))


def within(face: Columns, span: Span) -> Float[np.ndarray, " N"]:
    return (face["time_sec"] >= span.start_sec) & (face["time_sec"] < span.end_sec)


def seen(face: Columns, span: Span, num_rows: int | None = None) -> float:
    """The share of a stretch in which the face is seen."""
    if not face:
        return 0.0
    steps_sec = np.diff(face["time_sec"])
    row_sec = float(np.median(steps_sec)) if len(steps_sec) else 0.0
    rows = int(within(face, span).sum()) if num_rows is None else num_rows
    return min(1.0, rows * row_sec / max(span.end_sec - span.start_sec, 1e-6))


def overlaps(clue: Clue | Utterance, span: Span) -> bool:
    return clue.start_sec < span.end_sec and clue.end_sec > span.start_sec


def _shared(clue: Clue, span: Span) -> float:
    return min(clue.end_sec, span.end_sec) - max(clue.start_sec, span.start_sec)


@cache
def _actions() -> Mapping[str, FacialAction]:
    return {action.kind: action for action in facial_actions()}


def _column(action: FacialAction) -> str:
    return f"au{int(action.action_unit[2:]):02d}"
