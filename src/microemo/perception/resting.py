"""The person's own resting face: the level of each action where they do nothing, for each side."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy.lib.stride_tricks import sliding_window_view

from microemo.clues import FacialAction, facial_actions, facial_kinds
from microemo.perception.facial_actions import Sides

RESTING_QUANTILE = 0.2  # of a series over the clip: the face is at rest at least this share of the time
QUIET_STRENGTH = 0.2  # of the strongest action
MIN_QUIET_SEC = 1.0


class Level(NamedTuple):
    """An action at rest: of both sides together, and of each."""

    both: float
    left: float
    right: float


def levels(
    times_sec: Float[np.ndarray, " N"], actions: Mapping[str, Sides], speaking: Bool[np.ndarray, " N"]
) -> dict[str, Level]:
    """Each action's level in the clip's own quiet stretches; where these are too short, a low quantile of the series.

    Kept within what resting faces have, so that a lasting smile stays a smile. Actions that cannot be told in any row
    are left out.
    """
    quiet = _quiet(actions, speaking)
    is_enough = quiet.sum() * float(np.median(np.diff(times_sec))) >= MIN_QUIET_SEC if len(times_sec) > 1 else False
    return {
        action.kind: Level(*(
            float(np.clip(_quiet_level(series, quiet) if is_enough else _low(series), *action.neutral))
            for series in actions[action.kind]
        ))
        for action in facial_actions()
        if all(np.isfinite(series).any() for series in actions[action.kind])
    }  # fmt: skip


def levels_of_neutral(actions: Mapping[str, Sides]) -> dict[str, Level]:
    """Each action's level in a picture or video of the person at rest: nobody else's range limits it but halfway up."""
    return {
        action.kind: Level(*(min(float(np.nanmedian(series)), (action.neutral[1] + action.peak) / 2)
                             for series in actions[action.kind]))
        for action in facial_actions()
        if all(np.isfinite(series).any() for series in actions[action.kind])
    }  # fmt: skip


def strength(action: FacialAction, series: Float[np.ndarray, " N"], level: float) -> Float[np.ndarray, " N"]:
    """How far above its level at rest an action is: 1 where it is full-blown."""
    return (series - level) / max(action.peak - level, 1e-3)


def lasting(
    action: FacialAction, times_sec: Float[np.ndarray, " N"], strengths: Float[np.ndarray, " N"]
) -> Float[np.ndarray, " N"]:
    """Of strengths, in the best stretch of ``held_sec`` around each row what is kept all through it; NaN stays NaN."""
    known = np.flatnonzero(np.isfinite(strengths))
    if not action.held_sec or len(known) < 2:
        return strengths
    row_sec = max(float(np.median(np.diff(times_sec[known]))), 1e-3)
    width = int(np.clip(round(action.held_sec / row_sec), 1, len(known)))
    kept = np.pad(sliding_window_view(strengths[known], width).min(axis=1), width - 1, constant_values=-np.inf)
    lasts = strengths.copy()
    lasts[known] = sliding_window_view(kept, width).max(axis=1)
    return lasts


def _quiet(actions: Mapping[str, Sides], speaking: Bool[np.ndarray, " N"]) -> Bool[np.ndarray, " N"]:
    """Where the person neither speaks nor does anything that is seen."""
    busy = speaking.copy()
    for action in facial_kinds():  # a blink is no doing
        series = actions[action.kind].both
        if action.is_told and np.isfinite(series).any():
            level = float(np.clip(_low(series), *action.neutral))
            busy |= np.nan_to_num(strength(action, series, level)) >= QUIET_STRENGTH
    return ~busy


def _low(series: Float[np.ndarray, " N"]) -> float:
    return float(np.nanquantile(series, RESTING_QUANTILE))


def _quiet_level(series: Float[np.ndarray, " N"], quiet: Bool[np.ndarray, " N"]) -> float:
    told = quiet & np.isfinite(series)
    return float(np.median(series[told])) if told.any() else _low(series)
