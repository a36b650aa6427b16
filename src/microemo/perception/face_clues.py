"""Facial clues: FACS actions with onset, apex and offset, measured against the person's own resting face.

The actions are rows of the table of clues (``clues/facial.toml``), their series are from ``facial_actions``.
"""

import bisect
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float

from microemo.clues import ONSET_STRENGTH, FacialAction, FacialKind, facial_kinds
from microemo.perception.facial_actions import SIDES, Sides, activations
from microemo.perception.resting import Level, lasting, levels, levels_of_neutral, strength
from microemo.perception.speaking_face import beyond_talking, least_sec, speaking_rows
from microemo.schema import Clue, FaceTrack
from microemo.spans import Span, runs

SMOOTHING_SEC = 0.15  # below the shortest visible expression, above the jitter of single frames
MAX_GAP_SEC = 0.5  # a longer gap in the track ends every action
MERGE_SEC = 0.35  # an action let go for less than this has not ended
OFFSET = 0.5  # of the strength with which an action begins: it ends below
MIN_LOPSIDED = 0.3  # strength of one side alone
MAX_YAW = 20.0  # degrees: of faces turned further, the far side is seen too poorly to be compared
Intensity = Literal["A", "B", "C", "D", "E"]
INTENSITIES: tuple[Intensity, ...] = get_args(Intensity)
INTENSITY_BOUNDS = (0.25, 0.4, 0.7, 0.95)  # strengths, at which the next step begins


def by_shot(track: FaceTrack, shots: Sequence[Span]) -> list[FaceTrack]:
    """One person's track in each shot, so that no clue and no baseline spans a cut; all of it without shots.

    Every row is in one of them: the last shot ends with the last frame, not before it.
    """
    if len(shots) < 2:
        return [track]
    cuts = np.searchsorted(track.times_sec, [shot.start_sec for shot in shots[1:]])
    edges = pairwise([0, *cuts, len(track.times_sec)])
    return [track.rows(slice(start, end)) for start, end in edges if start < end]


def face_clues(track: FaceTrack, speech: Sequence[Span] = (), neutral: FaceTrack | None = None) -> list[Clue]:
    """All facial actions in one person's track, unnumbered, action by action.

    Where the person speaks (``speech``: seconds from, to) only what outlasts the talking counts (``speaking_face``).
    A still picture, whose rows are all equal (``stills``), gives clues that last as long as the track, with the apex
    at its start; nobody articulates in it, whoever is heard. Where what tells an action is covered (``visibility``),
    the action is as lost as where no face is found. ``neutral`` is the same person at rest, to measure against; by
    default that is found in the track itself.
    """
    if len(track.times_sec) == 0:
        return []
    speaking = _speaking(track, speech)
    actions = activations(track)
    at_rest = resting_levels(track, actions, speech, neutral)
    turned = np.abs(track.pose[:, 1]) > MAX_YAW
    is_certain = knows_rest(track, neutral)
    return [
        clue
        for kind in facial_kinds()
        if kind.is_told and (level := at_rest.get(kind.kind)) is not None
        for clue in _measure(kind, track.times_sec, actions[kind.kind], level, speaking, turned, is_certain)
    ]


def resting_levels(
    track: FaceTrack, actions: Mapping[str, Sides], speech: Sequence[Span], neutral: FaceTrack | None
) -> dict[str, Level]:
    """What each action is measured against; arguments as ``face_clues`` has them."""
    given = levels_of_neutral(activations(neutral)) if neutral is not None else {}
    return levels(track.times_sec, actions, _speaking(track, speech)) | given


def knows_rest(track: FaceTrack, neutral: FaceTrack | None) -> bool:
    """Whether what is there from the first moment on is told: the person was seen at rest, or it is a still picture."""
    return neutral is not None or _is_held(track)


def _speaking(track: FaceTrack, speech: Sequence[Span]) -> Bool[np.ndarray, " N"]:
    return speaking_rows(track.times_sec, () if _is_held(track) else speech)


def _measure(
    kind: FacialKind,
    times_sec: Float[np.ndarray, " N"],
    sides: Sides,
    level: Level,
    speaking: Bool[np.ndarray, " N"],
    turned: Bool[np.ndarray, " N"],
    is_certain: bool,
) -> Iterator[Clue]:
    """The clues of one kind in the rows in which its series can be told."""
    is_borne_out = np.isfinite(sides.both)
    if not is_borne_out.any():
        return
    times_sec, speaking, turned = times_sec[is_borne_out], speaking[is_borne_out], turned[is_borne_out]
    sides = Sides(*(smooth(times_sec, series[is_borne_out]) for series in sides))
    of_side = {side: strength(kind, getattr(sides, side), getattr(level, side)) for side in SIDES}
    lopsided = np.where(turned, 0.0, _lopsided(*of_side.values()))
    lasts = lasting(kind, times_sec, strength(kind, sides.both, level.both))
    rising = beyond_talking(times_sec, lasts, speaking, kind.articulation)
    if not is_certain:  # whether it rose is asked of the face, not of what is left of it beside talking
        rising = np.where(np.isfinite(risen(kind, times_sec, lasts)), rising, np.nan)
    row_sec = float(np.median(np.diff(times_sec))) if len(times_sec) > 1 else 0.0
    for first, last in events(times_sec, rising, kind.least):
        apex = first + int(np.argmax(rising[first : last + 1]))
        strongest = float(rising[apex])
        end_sec = float(times_sec[last]) + row_sec
        shortest = least_sec(kind.min_sec, times_sec, speaking, first, last)
        if end_sec - times_sec[first] < min(shortest, times_sec[-1] - times_sec[0]):
            continue
        side = max(SIDES, key=lambda side: of_side[side][apex]) if lopsided[apex] >= MIN_LOPSIDED else None
        yield Clue(
            id=1,
            modality="face",
            region=kind.region,
            kind=kind.kind,
            start_sec=round(float(times_sec[first]), 3),
            apex_sec=round(float(times_sec[apex]), 3),
            end_sec=round(end_sec, 3),
            value=round(float(sides.both[apex]), 3),
            baseline=round(level.both, 3),
            strength=round(float(np.clip(strongest, ONSET_STRENGTH, 1.0)), 3),
            side=side,
            intensity=intensity(strongest),
        )


def risen(
    action: FacialAction, times_sec: Float[np.ndarray, " N"], strength: Float[np.ndarray, " N"]
) -> Float[np.ndarray, " N"]:
    """An action's strength; of one that ``must_rise`` NaN as long as it is there from the first moment on, or from the
    first behind a gap.

    Brows that are up when they are first seen may be set high, and a blink, which hides that for less than
    ``MERGE_SEC``, proves nothing.
    """
    known = np.flatnonzero(np.isfinite(strength))
    if not action.must_rise or not len(known):
        return strength
    told = strength.copy()
    for rows in np.split(known, np.flatnonzero(_begins_anew(times_sec[known]))):
        is_down = strength[rows] < OFFSET * ONSET_STRENGTH
        if len(rows) and not is_down[0]:
            rests = (
                first for first, end in runs(is_down) if times_sec[rows[end - 1]] - times_sec[rows[first]] >= MERGE_SEC
            )
            told[rows[: next(rests, len(rows))]] = np.nan
    return told


def _begins_anew(times_sec: Float[np.ndarray, " N"]) -> Bool[np.ndarray, " N"]:
    """Which rows follow a gap in the track."""
    steps_sec = np.diff(times_sec, prepend=times_sec[:1])
    return steps_sec > max(MAX_GAP_SEC, 2 * float(np.median(steps_sec)))


def _lopsided(one: Float[np.ndarray, " N"], other: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """How strongly one side acts alone, each beyond its own rest: all of its strength where the other side does
    nothing, none from where the other has half of it.
    """
    return np.maximum(one, other) - 2 * np.maximum(np.minimum(one, other), 0)


def intensity(strength: float) -> Intensity:
    """FACS's five steps: a trace, slight, marked or pronounced, severe or extreme, maximum.

    FACS gives the middle steps most of the range and the maximum the least; strength is 1 where the strongest 2 % of
    faces that show an emotion are.
    """
    return INTENSITIES[bisect.bisect(INTENSITY_BOUNDS, strength)]


def _is_held(track: FaceTrack) -> bool:
    return bool((track.blendshapes == track.blendshapes[0]).all())


def smooth(times_sec: Float[np.ndarray, " N"], series: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Moving average over ``SMOOTHING_SEC``, whatever the frame rate."""
    first = np.searchsorted(times_sec, times_sec - SMOOTHING_SEC / 2, side="left")
    last = np.searchsorted(times_sec, times_sec + SMOOTHING_SEC / 2, side="right")
    total = np.concatenate([[0.0], np.cumsum(series, dtype=np.float64)])
    return (total[last] - total[first]) / (last - first)


def events(
    times_sec: Float[np.ndarray, " N"], strength: Float[np.ndarray, " N"], onset: float = ONSET_STRENGTH
) -> list[tuple[int, int]]:
    """First and last rows of the spans in which a strength rises over the onset level and stays over half of it.

    Spans less than ``MERGE_SEC`` apart are one; a gap in the track longer than ``MAX_GAP_SEC`` splits them.
    """
    on = strength >= OFFSET * onset
    run = np.cumsum(_begins_anew(times_sec) | np.diff(on, prepend=on[0]))
    spans: list[tuple[int, int]] = []
    for index in np.unique(run[on]):
        rows = np.flatnonzero(run == index)
        first, last = int(rows[0]), int(rows[-1])
        if strength[first : last + 1].max() < onset:
            continue
        if spans and times_sec[first] - times_sec[spans[-1][1]] <= MERGE_SEC:
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))
    return spans
