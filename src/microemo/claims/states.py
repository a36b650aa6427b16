"""Actions that are no kinds of clue, but can be told all the same: that somebody blinks, is silent, keeps still.

Each is read from the series, from what others are (that the face is still: nothing plain is told of it), or as the
other direction of a measure whose clues have one.
"""

from functools import cache

import numpy as np

from microemo.claims.readings import (
    IS_SO,
    LEAST_FALL,
    LEAST_RISE_DB,
    LEAST_SEEN,
    OVER,
    PLAIN,
    PRESENT,
    STATE_REGIONS,
    STATES,
    Evidence,
    Read,
    Reading,
    of_head,
    of_voice,
    overlaps,
    reading,
    seen,
    within,
)  # fmt: skip
from microemo.clues import HeadKind, VocalKind, clue_kinds
from microemo.spans import Span, inside, runs


def blink(evidence: Evidence, span: Span) -> Reading | None:
    face = evidence.series.face if evidence.series else {}
    if "blink" not in face:
        return None
    rows = within(face, span) & np.isfinite(face["blink"])
    count = len(runs(face["blink"][rows] > 0))
    if not count and seen(face, span, int(rows.sum())) < LEAST_SEEN:
        return None
    return Reading(IS_SO * (count > 0), 0.0, 0.2, count)


def eye_contact(evidence: Evidence, span: Span) -> Reading | None:
    face = evidence.series.face if evidence.series else {}
    if "eye_contact" not in face:
        return None
    held = face["eye_contact"][within(face, span) & np.isfinite(face["eye_contact"])]
    return Reading(IS_SO * bool(held.mean() >= 0.5), float(held.mean())) if len(held) else None


def speaking(evidence: Evidence, span: Span) -> Reading:
    spoken = any(
        one.text and one.start_sec < span.end_sec and one.end_sec > span.start_sec for one in evidence.utterances
    )
    return Reading(IS_SO * (spoken or _voice_in(evidence, span)))


def speech_begins(evidence: Evidence, span: Span) -> Reading | None:
    """That the first voice of the recording sounds in a stretch."""
    voice = evidence.series.voice if evidence.series else {}
    starts_sec = [one.start_sec for one in evidence.utterances if one.text]
    if "time_sec" in voice and len(voice["time_sec"]):
        starts_sec = [float(voice["time_sec"][0])]
    if not starts_sec:
        return None
    return Reading(IS_SO * (span.start_sec <= min(starts_sec) < span.end_sec))


def pitch_falling(evidence: Evidence, span: Span) -> Reading | None:
    """That the pitch falls at the end of what is said, as that of statements does."""
    utterances = evidence.series.utterances if evidence.series else {}
    if "f0_final_rise_semitones" not in utterances:
        return None
    meant = inside((utterances["start_sec"] + utterances["end_sec"]) / 2, [span])
    rises = utterances["f0_final_rise_semitones"][meant]
    rises = rises[np.isfinite(rises)]
    return Reading(IS_SO * bool(rises.min() <= -LEAST_FALL)) if len(rises) else None


def _voice_in(evidence: Evidence, span: Span) -> bool:
    voice = evidence.series.voice if evidence.series else {}
    return bool("time_sec" in voice and inside(voice["time_sec"], [span]).any())


def _change_of_loudness(sign: int) -> Read:
    """From the first third of the voice in a stretch to its last."""

    def read(evidence: Evidence, span: Span) -> Reading | None:
        voice = evidence.series.voice if evidence.series else {}
        if "loudness_db" not in voice:
            return None
        is_voiced = inside(voice["time_sec"], [span]) & np.isfinite(voice.get("f0_hz", voice["loudness_db"]))
        loudness = voice["loudness_db"][is_voiced]
        third = len(loudness) // 3
        if not third:
            return None
        change = sign * float(np.median(loudness[-third:]) - np.median(loudness[:third]))
        return Reading(float(np.clip(PRESENT * change / LEAST_RISE_DB, 0, 1)))

    return read


def _opposite(kind: str) -> Read:
    """A measure of the voice that is deviated the other way; a head or gaze that is raised instead of lowered."""

    def read(evidence: Evidence, span: Span) -> Reading | None:
        of = clue_kinds()[kind]
        if evidence.series is None:
            return None
        if isinstance(of, VocalKind):
            return of_voice(of, evidence.series.utterances, span, not of.lowered)
        assert isinstance(of, HeadKind)
        return of_head(of, evidence.series.face, span, -1)

    return read


def _ever_without(action: str) -> Read:
    """That a state which lasts, such as closed eyes, does not last all the time."""

    def read(evidence: Evidence, span: Span) -> Reading | None:
        found = reading(action, evidence, span)
        return None if found is None else Reading(IS_SO * (found.share < OVER), 1 - found.share)

    return read


def _none_of(*actions: str) -> Read:
    """That none of several things happens."""

    def read(evidence: Evidence, span: Span) -> Reading | None:
        found = [reading(action, evidence, span) for action in actions]
        known = [one for one in found if one is not None]
        return Reading(IS_SO * all(one.level < PRESENT for one in known)) if known else None

    return read


@cache
def _kinds_of(*regions: str) -> tuple[str, ...]:
    return tuple(name for name, kind in clue_kinds().items() if kind.region in regions)


def _still(*regions: str) -> Read:
    """That nothing is told of these regions, or nothing plain."""

    def read(evidence: Evidence, span: Span) -> Reading | None:
        if evidence.series is not None and seen(evidence.series.face, span) < LEAST_SEEN:
            return None
        kinds = _kinds_of(*regions)
        moved = any(clue.kind in kinds and clue.strength >= PLAIN and overlaps(clue, span) for clue in evidence.clues)
        return Reading(IS_SO * (not moved))

    return read


STATES.update({
    "blink": blink,
    "eye_contact": eye_contact,
    "speaking": speaking,
    "silent": _none_of("speaking"),
    "speech_begins": speech_begins,
    "head_upright": _none_of("head_tilt", "head_lowered"),
    "hand_away": _none_of("hand_at_face"),
    "cheeks_still": _still("cheeks"),
    "nose_still": _still("nose"),
    "jaw_still": _still("jaw"),
    "eyes_open": _ever_without("eyes_closed"),
    "lips_closed": _ever_without("lips_part"),
    "head_raised": _opposite("head_lowered"),
    "gaze_raised": _opposite("gaze_lowered"),
    "pitch_lowered": _opposite("pitch_raised"),
    "pitch_falling": pitch_falling,
    "voice_smooth": _opposite("voice_rough"),
    "loudness_rising": _change_of_loudness(1),
    "loudness_falling": _change_of_loudness(-1),
    "loudness_usual": _none_of("voice_loud", "voice_quiet"),
    "pace_usual": _none_of("speech_fast", "speech_slow"),
    "voice_usual": _none_of("pitch_raised", "voice_loud", "voice_quiet", "voice_tense", "voice_soft", "speech_fast",
                            "speech_slow"),
    "brows_still": _still("brows"),
    "mouth_still": _still("mouth"),
    "head_still": _still("head"),
    "face_still": _still("brows", "eyes", "nose", "mouth", "cheeks", "jaw"),
})  # fmt: skip
OF_VOICES = (
    "speaking", "silent", "speech_begins", "pitch_lowered", "pitch_falling", "voice_smooth", "loudness_rising",
    "loudness_falling", "loudness_usual", "pace_usual", "voice_usual",
)  # fmt: skip
OF_FACES = {
    "blink": "eyes", "eye_contact": "gaze", "eyes_open": "eyes", "lips_closed": "mouth", "head_raised": "head",
    "gaze_raised": "gaze", "brows_still": "brows", "mouth_still": "mouth", "head_still": "head", "face_still": "face",
    "head_upright": "head", "hand_away": "head", "cheeks_still": "cheeks", "nose_still": "nose", "jaw_still": "jaw",
}  # fmt: skip
STATE_REGIONS.update({state: ("face", region) for state, region in OF_FACES.items()})
STATE_REGIONS.update(dict.fromkeys(OF_VOICES, ("voice", "voice")))

ABSENCES = {"silent", "hand_away", "head_upright"} | {name for name in STATES if name.endswith(("_still", "_usual"))}
"""Actions that are so where something else is not: no margin about a named time helps them."""
