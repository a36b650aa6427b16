"""Micro-expressions: movements of a part of the face that come and go within half a second, at the video's own rate.

The landmarks alone tell them. A landmarker that follows several faces does not smooth its points in time, and in them
a movement of a tenth of a second is as large as one of four tenths (docs/validity.md). A part's height in the face's
shape, pose removed, is taken apart by a top-hat: what remains above its morphological opening is what rises and falls
again within ``LONGEST_SEC``. It counts where it stands out from the person's own unrest around it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from microemo.clues import MicroKind, micro_kinds
from microemo.perception.regions import REGION_NAMES
from microemo.schema import Clue, FaceTrack
from microemo.spans import Span, inside, runs

Series = Float[np.ndarray, " n"]

SHORTEST_SEC, LONGEST_SEC = 0.04, 0.5
FOOT = 0.2  # of its height: where a movement begins and ends
LEAST = 0.25  # of a full movement
OVER_UNREST = 4.0  # times the person's own unrest in that part
UNREST_SEC, UNREST_QUANTILE = 4.0, 0.8  # unrest: what is exceeded a fifth of the time, in so many seconds around
SPEECH_MARGIN_SEC = 0.15  # lips move before the voice and after it
SPEECH_FACTOR = 1.5  # while a person speaks, brows and lids must stand out more
MAX_TURN = 6.0  # degrees that the head may turn to and fro meanwhile
SHUT = 0.6  # of the eyes' wide opening
PIECE_SEC, OVERLAP_SEC = 120.0, 5.0  # what is measured at once, of hours
BLINK, BLINK_MARGIN_SEC = 0.3, 0.12  # of the usual opening of the eyes; after it, lids still settle
JAW_MOVES, LIPS_PART = 0.7, 1.0  # of a movement's own height: the mouth does more than the movement
JAW, UPPER_LIDS, LOWER_LIDS, UPPER_LIP, LOWER_LIP = (
    (7, 8, 9), (37, 38, 43, 44), (41, 40, 47, 46), (61, 62, 63), (65, 66, 67),
)  # fmt: skip


@dataclass(frozen=True)
class MicroExpression:
    """One movement. ``height``: of a full one; ``unrest``: the person's own there, on the same scale."""

    kind: MicroKind
    onset_sec: float
    apex_sec: float
    offset_sec: float
    height: float
    unrest: float

    @property
    def confidence(self) -> float:
        """That somebody moved, rather than the landmarks: see docs/validity.md."""
        over = self.height / max(LEAST, OVER_UNREST * self.unrest)
        return round(float(1 - 0.5 / over**2), 2)


def micro_clues(track: FaceTrack, speech: Sequence[Span] = ()) -> list[Clue]:
    """The micro-expressions in one person's track in one shot as clues, unnumbered; ``speech`` as ``spot`` has it."""
    return [
        Clue(
            id=1,
            modality="face",
            region=found.kind.region,
            kind=found.kind.kind,
            start_sec=round(found.onset_sec, 3),
            apex_sec=round(found.apex_sec, 3),
            end_sec=round(found.offset_sec, 3),
            value=round(found.height, 3),
            baseline=0.0,
            strength=round(min(found.height, 1.0), 3),
            confidence=found.confidence,
        )
        for found in spot(track, speech)
    ]


def spot(track: FaceTrack, speech: Sequence[Span] = ()) -> list[MicroExpression]:
    """The micro-expressions in one person's track in one shot, in order of time; of those at once the highest.

    ``speech`` are the spans, in seconds, in which the person speaks: the mouth is left out there. So is everything
    around a blink, which moves all landmarks, and while the head turns to and fro, and what is hidden. None in a still
    picture.
    """
    found = [one for stretch in _stretches(track) for kind in micro_kinds() for one in _moves(kind, stretch, speech)]
    kept: list[MicroExpression] = []
    for one in sorted(found, key=lambda one: -one.height):
        if all(one.offset_sec < other.onset_sec or one.onset_sec > other.offset_sec for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.onset_sec)


@dataclass(frozen=True)
class _Stretch:
    """Rows without a gap, at even times."""

    times_sec: Series
    step_sec: float
    shape: Float[np.ndarray, "n 70 2"]
    pose: Float[np.ndarray, "n 3"]
    hidden: Bool[np.ndarray, "n R"]

    def height(self, points: Sequence[int]) -> Series:
        """Of some points, upwards."""
        return -self.shape[:, list(points), 1].mean(axis=1)


def _stretches(track: FaceTrack) -> Iterator[_Stretch]:
    known = np.flatnonzero(np.isfinite(track.shape[:, 0, 0]))
    if len(known) < 3:
        return
    times_sec = track.times_sec
    steps_sec = np.diff(times_sec[known])
    step_sec = float(np.median(steps_sec))
    ends = np.flatnonzero(steps_sec > 2.5 * step_sec) + 1
    for rows in (piece for whole in np.split(known, ends) for piece in _pieces(whole, step_sec)):
        even = np.arange(times_sec[rows[0]], times_sec[rows[-1]] + step_sec / 2, step_sec)
        place = np.clip(np.interp(even, times_sec[rows], np.arange(len(rows))), 0, len(rows) - 1)
        hidden = np.zeros((len(rows), len(REGION_NAMES)), bool) if track.hidden is None else track.hidden[rows]
        low = np.minimum(place.astype(int), max(len(rows) - 2, 0))
        share = (place - low).astype(np.float32)
        high = np.minimum(low + 1, len(rows) - 1)
        yield _Stretch(
            even,
            step_sec,
            _between(track.shape[rows, :, :2].astype(np.float32), low, high, share),
            _between(track.pose[rows], low, high, share),
            hidden[low] | hidden[high],
        )


def _pieces(rows: Int[np.ndarray, " n"], step_sec: float) -> Iterator[Int[np.ndarray, " m"]]:
    """Rows of hours in pieces that overlap, so that a movement at the end of one is whole in the next."""
    length, overlap = max(1, round(PIECE_SEC / step_sec)), round(OVERLAP_SEC / step_sec)
    for start in range(0, len(rows), length):
        yield rows[start : start + length + overlap]


def _between(
    rows: Float[np.ndarray, "n ..."], low: Int[np.ndarray, " m"], high: Int[np.ndarray, " m"], share: Series
) -> Float[np.ndarray, "m ..."]:
    weight = share.reshape(-1, *[1] * (rows.ndim - 1))
    return rows[low] * (1 - weight) + rows[high] * weight


def _moves(kind: MicroKind, stretch: _Stretch, speech: Sequence[Span]) -> Iterator[MicroExpression]:
    """The movements of one kind."""
    sign = 1 if kind.up else -1
    hats = [top_hat(sign * stretch.height(group), stretch.step_sec) / kind.peak for group in kind.points]
    hat = np.max(hats, axis=0)
    unrest = np.max([_unrest(one, stretch.step_sec) for one in hats], axis=0)
    speaking = inside(stretch.times_sec, speech, SPEECH_MARGIN_SEC)
    floor = np.maximum(LEAST, OVER_UNREST * unrest) * np.where(speaking, SPEECH_FACTOR, 1.0)
    barred = stretch.hidden[:, REGION_NAMES.index(kind.region)] | _turning(stretch) | _blinking(stretch)
    barred |= (speaking & kind.articulation) | (_shut(stretch) & (kind.region == "eyes"))
    for first, last in runs(hat >= floor):
        apex = first + int(np.argmax(hat[first:last]))
        onset, offset = _feet(hat, apex)
        if onset is None or offset is None:
            continue
        sec = (offset - onset) * stretch.step_sec
        rows = slice(int(onset), int(np.ceil(offset)) + 1)
        if not SHORTEST_SEC <= sec <= LONGEST_SEC or barred[rows].any():
            continue
        if kind.articulation and _mouth_opens(stretch, rows, hat[apex] * kind.peak):
            continue
        start_sec = stretch.times_sec[0]
        yield MicroExpression(
            kind,
            float(start_sec + onset * stretch.step_sec),
            float(stretch.times_sec[apex]),
            float(start_sec + offset * stretch.step_sec),
            float(hat[apex]),
            float(unrest[apex]),
        )


def top_hat(series: Series, step_sec: float) -> Series:
    """What of a series rises and falls again within ``LONGEST_SEC``: its height over its morphological opening."""
    width = max(3, 2 * round(LONGEST_SEC / step_sec / 2) + 1)
    return series - _windows(_windows(series, width, np.min, np.inf), width, np.max, -np.inf)


def _windows(series: Series, width: int, of: object, beyond: float) -> Series:
    padded = np.pad(series, width // 2, constant_values=beyond)
    return of(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)  # type: ignore[operator]


def _unrest(hat: Series, step_sec: float) -> Series:
    width = min(2 * round(UNREST_SEC / step_sec / 2) + 1, 2 * len(hat) - 1)
    padded = np.pad(hat, width // 2, mode="reflect")
    return np.quantile(np.lib.stride_tricks.sliding_window_view(padded, width), UNREST_QUANTILE, axis=1)


def _feet(hat: Series, apex: int) -> tuple[float | None, float | None]:
    """Where, between rows, the movement around an apex begins and ends; None where the stretch does first."""
    level = FOOT * hat[apex]
    before, after = np.flatnonzero(hat[:apex] <= level), np.flatnonzero(hat[apex:] <= level)
    if not len(before) or not len(after):
        return None, None
    low, high = int(before[-1]), apex + int(after[0])
    rise = (level - hat[low]) / max(hat[low + 1] - hat[low], 1e-9)
    fall = (hat[high - 1] - level) / max(hat[high - 1] - hat[high], 1e-9)
    return low + float(rise), high - 1 + float(fall)


def _opening(stretch: _Stretch) -> Series:
    return stretch.height(UPPER_LIDS) - stretch.height(LOWER_LIDS)


def _shut(stretch: _Stretch) -> Bool[np.ndarray, " n"]:
    """Where the eyes are mostly closed: that they open between two closures is no widening."""
    opening = _opening(stretch)
    return opening < SHUT * np.quantile(opening, 0.9)


def _blinking(stretch: _Stretch) -> Bool[np.ndarray, " n"]:
    opening = _opening(stretch)
    closing = top_hat(-opening, stretch.step_sec) > BLINK * np.median(opening)
    return _widened(closing, BLINK_MARGIN_SEC / stretch.step_sec)


def _turning(stretch: _Stretch) -> Bool[np.ndarray, " n"]:
    ways = [top_hat(sign * angle, stretch.step_sec) for angle in stretch.pose.T for sign in (1, -1)]
    return np.max(ways, axis=0) > MAX_TURN


def _mouth_opens(stretch: _Stretch, rows: slice, height: float) -> bool:
    """Whether the jaw moves, or the lips part or close, for the movement's height."""
    parting = stretch.height(UPPER_LIP) - stretch.height(LOWER_LIP)
    jaw = stretch.height(JAW)
    return bool(np.ptp(jaw[rows]) > JAW_MOVES * height or np.ptp(parting[rows]) > LIPS_PART * height)


def _widened(active: Bool[np.ndarray, " n"], by: float) -> Bool[np.ndarray, " n"]:
    width = 2 * int(np.ceil(by)) + 1
    return np.convolve(active, np.ones(width), mode="same")[: len(active)] > 0 if len(active) >= width else active
