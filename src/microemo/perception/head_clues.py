"""Clues of the head and the gaze: nods and shakes, tilted, lowered and turned-away heads, lowered and averted gaze.

The kinds are rows of the table of clues (``clues/head.toml``). A row names a column of the head's series, in degrees,
and how its clues are told: a function that is ``registered`` here. Everything is measured from the person's own usual
pose, for where the camera stands says nothing of the person.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from microemo.clues import ONSET_STRENGTH, HeadKind, head_kinds
from microemo.perception.face_clues import events, smooth
from microemo.perception.gaze import Gaze, gaze
from microemo.schema import Clue, FaceTrack
from microemo.spans import Span, inside, runs

USUAL_GAZE = ((0.0, 15.0), (-5.0, 20.0))  # pitch and yaw of who looks into the camera, as rows of the table have them
CONTACT_DEG = 12.0  # off the usual gaze: more is no eye contact, whatever the measure's own error
HELD_SEC = 1.0  # eye contact that was held as long can be lost
SWING_SEC = Span(0.1, 0.5)  # half a period of 1 to 5 Hz
SWINGS = 3  # there, back and there again: one way and back may be a glance
PURE = 1.5  # how much further a nod goes up and down than to the sides
RATE_WINDOW_SEC = 10.0
ONES_OWN = 1.5  # a raised rate, over the person's own

Side = Literal["left", "right"] | None
SIDES: dict[str, dict[int, Side]] = {  # the person's own, of values above and below rest
    "pose_yaw_deg": {1: "right", -1: "left"},
    "pose_roll_deg": {1: "left", -1: "right"},
    "gaze_yaw_deg": {1: "left", -1: "right"},
}

Series = Mapping[str, Float[np.ndarray, " N"]]


class Sign(NamedTuple):
    """One occurrence, by rows of the track; ``value`` and ``baseline`` in the unit of the kind."""

    first: int
    apex: int
    last: int
    value: float
    baseline: float
    strength: float
    side: Side = None


Measure = Callable[[HeadKind, Float[np.ndarray, " N"], Series], Iterator[Sign]]
MEASURES: dict[str, Measure] = {}


def registered(measure: Measure) -> Measure:
    """Registers a function under its name, for the table of clues: of a kind, the rows' times and series, its signs."""
    MEASURES[measure.__name__] = measure
    return measure


def head_series(track: FaceTrack) -> dict[str, Float[np.ndarray, " N"]]:
    """What head and eyes do in each row of a track, NaN where it is not known or the eyes are hidden.

    pose_pitch_deg, pose_yaw_deg, pose_roll_deg   above 0: lowered, turned to the person's right, tilted to their left
    gaze_pitch_deg, gaze_yaw_deg                  of the gaze in the camera's view; above 0: down, to the person's left
    off_camera_deg                                between the gaze and where the person looks into the camera
    eye_contact                                   1 or 0
    lid_aperture_left, lid_aperture_right         distance of the lids over the width of the eye
    hand_at_face                                  how many clue regions a hand covers
    blink                                         1 during blinks, else 0
    """
    eyes = gaze(track)
    off_deg = _off_camera(eyes)
    blinking = inside(track.times_sec, eyes.blinks).astype(float)
    return {
        **dict(zip(("pose_pitch_deg", "pose_yaw_deg", "pose_roll_deg"), track.pose.T.astype(float), strict=True)),
        **dict(zip(("gaze_pitch_deg", "gaze_yaw_deg"), eyes.to_camera.T, strict=True)),
        "off_camera_deg": off_deg,
        "eye_contact": np.where(np.isfinite(off_deg), off_deg <= CONTACT_DEG, np.nan),
        "lid_aperture_left": eyes.aperture[:, 1],
        "lid_aperture_right": eyes.aperture[:, 0],
        "hand_at_face": track.touched.sum(axis=1),
        "blink": np.where(np.isfinite(eyes.aperture).all(axis=1), blinking, np.nan),
    }


def head_clues(track: FaceTrack) -> list[Clue]:
    """All clues of head and gaze in one person's track within a shot, unnumbered, kind by kind.

    Of a still picture only what lasts can be told: nothing in it moves.
    """
    if not np.isfinite(track.pose).any():
        return []
    series = head_series(track)
    return [
        _clue(kind, track.times_sec, sign)
        for kind in head_kinds()
        for sign in MEASURES[kind.measure](kind, track.times_sec, series)
    ]


@registered
def beyond(kind: HeadKind, times_sec: Float[np.ndarray, " N"], series: Series) -> Iterator[Sign]:
    """Where a series is far over its resting level, or under it if that has a side as well, for long enough."""
    rows, times_sec, values = _known(kind, times_sec, series)
    rest = usual(values, kind.resting)
    for sign, side in SIDES.get(kind.series, {1: None}).items():
        strength = strength_of(kind, sign * (values - rest))
        yield from (_sign(rows, span, values, strength, rest, side) for span in _lasting(kind, times_sec, strength))


@registered
def lost_contact(kind: HeadKind, times_sec: Float[np.ndarray, " N"], series: Series) -> Iterator[Sign]:
    """Where the gaze leaves the camera for long, after it was held for ``HELD_SEC``. Blinks end no eye contact."""
    rows, times_sec, values = _known(kind, times_sec, series)
    contact, strength = series["eye_contact"][rows] == 1, strength_of(kind, values)
    for first, last in _lasting(kind, times_sec, strength):
        before = (times_sec >= times_sec[first] - 1.5 * HELD_SEC) & (times_sec < times_sec[first])
        if times_sec[first] - times_sec[0] >= HELD_SEC and before.any() and contact[before].mean() >= 2 / 3:
            yield _sign(rows, (first, last), values, strength, 0.0)


@registered
def swinging(kind: HeadKind, times_sec: Float[np.ndarray, " N"], series: Series) -> Iterator[Sign]:
    """Where the head goes to and fro at 1 to 5 Hz, ``SWINGS`` times or more, and less to the other sides."""
    known = np.isfinite(series[kind.series])
    rows, times_sec, values = np.flatnonzero(known), times_sec[known], series[kind.series][known]
    across = series["pose_yaw_deg" if kind.series == "pose_pitch_deg" else "pose_pitch_deg"][known]
    turns = turning_points(values, kind.least)
    middles = np.array([_middle(values, first, last) for first, last in pairwise(turns)], int)
    half_periods_sec = np.diff(times_sec[middles])
    steady = (half_periods_sec >= SWING_SEC.start_sec) & (half_periods_sec <= SWING_SEC.end_sec)
    for first, end in runs(steady):
        swings = np.abs(np.diff(values[turns[first : end + 2]]))
        start, stop = _moving(times_sec, middles[[first, end]], turns[first], turns[end + 1])
        purely = np.ptp(values[start : stop + 1]) >= PURE * np.ptp(across[start : stop + 1])
        if len(swings) >= SWINGS and purely:
            apex, far = turns[first + 1 + int(np.argmax(swings[:-1]))], float(np.median(swings))
            strength = float(strength_of(kind, np.array([far]))[0])
            yield Sign(int(rows[start]), int(rows[apex]), int(rows[stop]), far, 0.0, strength)


@registered
def blinking(kind: HeadKind, times_sec: Float[np.ndarray, " N"], series: Series) -> Iterator[Sign]:
    """Where blinks come often for ``min_sec``: over the norm, and over the person's own rate."""
    known = np.isfinite(series[kind.series])
    rows, times_sec, blinks = np.flatnonzero(known), times_sec[known], series[kind.series][known]
    if not len(rows) or times_sec[-1] - times_sec[0] < 2 * RATE_WINDOW_SEC:
        return
    rates = blink_rate(times_sec, times_sec[[first for first, _ in runs(blinks > 0)]])
    own = usual(rates, kind.resting)
    strength = np.where(rates >= ONES_OWN * own, strength_of(kind, rates), 0)
    yield from (_sign(rows, span, rates, strength, own) for span in _lasting(kind, times_sec, strength))


def usual(values: Float[np.ndarray, " N"], resting: tuple[float, float]) -> float:
    """The person's own median, as far as it can be rest: a head that always hangs is lowered all the same."""
    return float(np.clip(np.median(values), *resting)) if len(values) else resting[0]


def blink_rate(times_sec: Float[np.ndarray, " N"], starts_sec: Float[np.ndarray, " B"]) -> Float[np.ndarray, " N"]:
    """Blinks a minute in the ``RATE_WINDOW_SEC`` around each row, at the ends in what is there of them."""
    from_sec = np.maximum(times_sec - RATE_WINDOW_SEC / 2, times_sec[0])
    to_sec = np.minimum(times_sec + RATE_WINDOW_SEC / 2, times_sec[-1])
    counts = np.searchsorted(starts_sec, to_sec, "right") - np.searchsorted(starts_sec, from_sec, "left")
    return 60 * counts / (to_sec - from_sec)


def turning_points(values: Float[np.ndarray, " N"], least: float) -> list[int]:
    """Rows at which a series turns round, each at least ``least`` away from the ones before and after it."""
    turns: list[int] = []
    heading, farthest = 0, {1: 0, -1: 0}
    for row, value in enumerate(values):
        for way in (1, -1):
            if way * (value - values[farthest[way]]) > 0:
                farthest[way] = row
            elif heading != -way and way * (values[farthest[way]] - value) >= least:
                turns.append(farthest[way])
                heading, farthest[-way] = -way, row
    return [*turns, farthest[heading]] if heading else []


def _middle(values: Float[np.ndarray, " N"], first: int, last: int) -> int:
    """The row in which a swing, from one turning point to the next, is half-way."""
    half = (values[first] + values[last]) / 2
    return first + int(np.argmax((values[first : last + 1] - half) * (values[last] - values[first]) >= 0))


def _moving(times_sec: Float[np.ndarray, " N"], middles: Int[np.ndarray, " 2"], first: int, last: int) -> list[int]:
    """The rows of a run of swings, without what stood still before the first and after the last."""
    from_sec, to_sec = times_sec[middles] + np.array([-0.5, 0.5]) * SWING_SEC.end_sec
    start, stop = np.searchsorted(times_sec, [from_sec, to_sec])
    return [max(first, int(start)), min(last, int(stop))]


def _known(
    kind: HeadKind, times_sec: Float[np.ndarray, " N"], series: Series
) -> tuple[Int[np.ndarray, " K"], Float[np.ndarray, " K"], Float[np.ndarray, " K"]]:
    """The rows in which a kind's series is known, their times, and the series there, smoothed."""
    rows = np.flatnonzero(np.isfinite(series[kind.series]))
    return rows, times_sec[rows], smooth(times_sec[rows], series[kind.series][rows])


def strength_of(kind: HeadKind, deviation: Float[np.ndarray, " K"]) -> Float[np.ndarray, " K"]:
    """On the scale of ``Clue.strength``: the onset level at ``least``, 1 at ``full``."""
    return ONSET_STRENGTH + (1 - ONSET_STRENGTH) * (deviation - kind.least) / (kind.full - kind.least)


def _lasting(
    kind: HeadKind, times_sec: Float[np.ndarray, " K"], strength: Float[np.ndarray, " K"]
) -> list[tuple[int, int]]:
    """First and last rows of what lasts ``min_sec``, or all of a shorter track."""
    if not len(times_sec):
        return []
    row_sec = float(np.median(np.diff(times_sec))) if len(times_sec) > 1 else 0.0
    shortest = min(kind.min_sec, times_sec[-1] - times_sec[0])
    return [
        span for span in events(times_sec, strength) if times_sec[span[1]] + row_sec - times_sec[span[0]] >= shortest
    ]


def _sign(
    rows: Int[np.ndarray, " K"],
    span: tuple[int, int],
    values: Float[np.ndarray, " K"],
    strength: Float[np.ndarray, " K"],
    baseline: float,
    side: Side = None,
) -> Sign:
    first, last = span
    apex = first + int(np.argmax(strength[first : last + 1]))
    return Sign(
        int(rows[first]), int(rows[apex]), int(rows[last]), float(values[apex]), baseline, float(strength[apex]), side
    )


def _off_camera(eyes: Gaze) -> Float[np.ndarray, " N"]:
    """Degrees between the gaze and where the person looks when they look into the camera."""
    known = np.isfinite(eyes.to_camera).all(axis=1)
    ahead = [usual(angle[known], resting) for angle, resting in zip(eyes.to_camera.T, USUAL_GAZE, strict=True)]
    return np.hypot(*(eyes.to_camera - ahead).T)


def _clue(kind: HeadKind, times_sec: Float[np.ndarray, " N"], sign: Sign) -> Clue:
    row_sec = float(np.median(np.diff(times_sec))) if len(times_sec) > 1 else 0.0
    return Clue(
        id=1,
        modality="face",
        region=kind.region,
        kind=kind.kind,
        start_sec=round(float(times_sec[sign.first]), 3),
        apex_sec=round(float(times_sec[sign.apex]), 3),
        end_sec=round(float(times_sec[sign.last]) + row_sec, 3),
        value=round(sign.value, 1),
        baseline=round(sign.baseline, 1),
        strength=round(min(sign.strength, 1.0), 3),
        side=sign.side,
    )
