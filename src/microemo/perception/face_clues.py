"""Facial clues: FACS actions with onset, apex and offset, measured against the person's own resting face.

The actions are rows of the table of clues (``clues/facial.toml``). A row names the blendshapes that tell its action and
the function that makes one series of them: ``mean``, or another that is ``registered`` here.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float

from microemo.clues import FacialKind, facial_kinds
from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.visibility import seen_blendshapes
from microemo.schema import Clue, FaceTrack
from microemo.spans import Span, inside

SMOOTHING_SEC = 0.15  # below the shortest visible expression, above the jitter of single frames
MAX_GAP_SEC = 0.5  # a longer gap in the track ends every action
MERGE_SEC = 0.35  # an action let go for less than this has not ended
RESTING_QUANTILE = 0.2  # of a series over the clip: the face is at rest at least this share of the time
ONSET_STRENGTH, OFFSET_STRENGTH = 0.2, 0.1  # hysteresis, on the scale of Clue.strength
SPEECH_MARGIN_SEC = 0.15  # lips move before the voice and after it
SMILE = ("mouthSmileLeft", "mouthSmileRight")
LOOK_DOWN = ("eyeLookDownLeft", "eyeLookDownRight")
UPPER_LIP_UP = ("mouthUpperUpLeft", "mouthUpperUpRight")

Series = Callable[[Float[np.ndarray, "N 52"], Sequence[str]], Float[np.ndarray, " N"]]
SERIES: dict[str, Series] = {}


def registered(series: Series) -> Series:
    """Registers a function under its name, for the table of clues.

    It takes blendshapes, (N, 52), NaN where they could not be seen, and the names of those that tell the action, and
    returns the action's activation in [0, 1] in each row, NaN where it cannot be told.
    """
    SERIES[series.__name__] = series
    return series


@registered
def mean(blendshapes: Float[np.ndarray, "N 52"], names: Sequence[str]) -> Float[np.ndarray, " N"]:
    """All blendshapes of the action alike, left and right."""
    return blendshapes[:, [BLENDSHAPES.index(name) for name in names]].mean(axis=1)


@registered
def smile(blendshapes: Float[np.ndarray, "N 52"], names: Sequence[str]) -> Float[np.ndarray, " N"]:
    """How far the lip corners are pulled; on a lowered face only as far as the upper lip bears it out.

    Seen from above, closed lips look curved upwards, and MediaPipe takes a lowered weeping face for a smile. Where
    the eyes look down by more than 0.35 the smile is trusted less and less, and not at all where they are closed.
    """
    trust = np.maximum(2 - mean(blendshapes, LOOK_DOWN) / 0.35, 2.5 * mean(blendshapes, UPPER_LIP_UP) - 0.25)
    return mean(blendshapes, names) * np.clip(trust, 0, 1)


@registered
def with_smile(blendshapes: Float[np.ndarray, "N 52"], names: Sequence[str]) -> Float[np.ndarray, " N"]:
    """For blendshapes that tell the action only in a smile: the geometric mean of both."""
    return np.sqrt(mean(blendshapes, names) * smile(blendshapes, SMILE))


@registered
def without_smile(blendshapes: Float[np.ndarray, "N 52"], names: Sequence[str]) -> Float[np.ndarray, " N"]:
    """For blendshapes that every smile raises as well: their mean, less the smile's share."""
    return mean(blendshapes, names) * (1 - smile(blendshapes, SMILE))


def by_shot(track: FaceTrack, shots: Sequence[Span]) -> list[FaceTrack]:
    """One person's track in each shot, so that no clue and no baseline spans a cut; all of it without shots."""
    if len(shots) < 2:
        return [track]
    edges = np.searchsorted(track.times_sec, [(shot.start_sec, shot.end_sec) for shot in shots])
    rows = [slice(start, end) for start, end in edges if start < end]
    return [track.rows(row) for row in rows]


def face_clues(track: FaceTrack, speech: Sequence[Span] = ()) -> list[Clue]:
    """All facial actions in one person's track, unnumbered, action by action.

    What the mouth does while the person speaks (``speech``: seconds from, to) is articulation, and no clue.
    A still picture, whose rows are all equal (``stills``), gives clues that last as long as the track, with the apex
    at its start; nobody articulates in it, whoever is heard. Where what tells an action is covered (``visibility``),
    the action is as lost as where no face is found.
    """
    if len(track.times_sec) == 0:
        return []
    speaking = inside(track.times_sec, () if _is_held(track) else speech, SPEECH_MARGIN_SEC)
    blendshapes = seen_blendshapes(track)
    return [clue for kind in facial_kinds() for clue in _measure(kind, track.times_sec, blendshapes, speaking)]


def _measure(
    kind: FacialKind,
    times_sec: Float[np.ndarray, " N"],
    blendshapes: Float[np.ndarray, "N 52"],
    speaking: Bool[np.ndarray, " N"],
) -> Iterator[Clue]:
    """The clues of one kind in the rows in which its series can be told."""
    told = SERIES[kind.series](blendshapes, kind.blendshapes)
    is_told = np.isfinite(told)
    if not is_told.any():
        return
    times_sec, speaking = times_sec[is_told], speaking[is_told]
    series = smooth(times_sec, told[is_told])
    baseline = _baseline(kind, series)
    strength = (series - baseline) / max(kind.peak - baseline, 1e-3)
    if kind.articulation:
        strength = np.where(speaking, 0.0, strength)
    row_sec = float(np.median(np.diff(times_sec))) if len(times_sec) > 1 else 0.0
    shortest = min(kind.min_sec, times_sec[-1] - times_sec[0])
    for first, last in events(times_sec, strength):
        apex = first + int(np.argmax(strength[first : last + 1]))
        end_sec = float(times_sec[last]) + row_sec
        if end_sec - times_sec[first] < shortest:
            continue
        yield Clue(
            id=1,
            modality="face",
            region=kind.region,
            kind=kind.kind,
            start_sec=round(float(times_sec[first]), 3),
            apex_sec=round(float(times_sec[apex]), 3),
            end_sec=round(end_sec, 3),
            value=round(float(series[apex]), 3),
            baseline=round(baseline, 3),
            strength=round(min(float(strength[apex]), 1.0), 3),
        )


def _is_held(track: FaceTrack) -> bool:
    return bool((track.blendshapes == track.blendshapes[0]).all())


def _baseline(kind: FacialKind, series: Float[np.ndarray, " N"]) -> float:
    """The person's own resting level, within what resting faces have, so that a lasting smile stays a smile."""
    return float(np.clip(np.quantile(series, RESTING_QUANTILE), *kind.neutral))


def smooth(times_sec: Float[np.ndarray, " N"], series: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Moving average over ``SMOOTHING_SEC``, whatever the frame rate."""
    first = np.searchsorted(times_sec, times_sec - SMOOTHING_SEC / 2, side="left")
    last = np.searchsorted(times_sec, times_sec + SMOOTHING_SEC / 2, side="right")
    total = np.concatenate([[0.0], np.cumsum(series, dtype=np.float64)])
    return (total[last] - total[first]) / (last - first)


def events(times_sec: Float[np.ndarray, " N"], strength: Float[np.ndarray, " N"]) -> list[tuple[int, int]]:
    """First and last rows of the spans in which a strength rises over the onset level and stays over the offset.

    Spans less than ``MERGE_SEC`` apart are one; a gap in the track longer than ``MAX_GAP_SEC`` splits them.
    """
    on = strength >= OFFSET_STRENGTH
    steps_sec = np.diff(times_sec, prepend=times_sec[0])
    starts_new = steps_sec > max(MAX_GAP_SEC, 2 * float(np.median(steps_sec)))
    run = np.cumsum(starts_new | np.diff(on, prepend=on[0]))
    spans: list[tuple[int, int]] = []
    for index in np.unique(run[on]):
        rows = np.flatnonzero(run == index)
        first, last = int(rows[0]), int(rows[-1])
        if strength[first : last + 1].max() < ONSET_STRENGTH:
            continue
        if spans and times_sec[first] - times_sec[spans[-1][1]] <= MERGE_SEC:
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))
    return spans
