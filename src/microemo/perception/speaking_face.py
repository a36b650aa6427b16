"""The face of somebody who speaks: of its actions, what outlasts the talking.

Talking moves all of a face. Lips and jaw shape two to eight sounds a second, brows and lids mark words and turns,
mostly for less than a second (Ekman, 1979), and eyes blink at pauses. An expression is a posture that stays through
this. So what counts of an action while a person speaks is the level that it holds, beyond what neutral talkers hold;
and what begins before the first word or ends after the last one must last as long.

The sound is not asked: a ridge regression of each action on the voice explains nothing of it in clips of seconds.
"""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from numpy.lib.stride_tricks import sliding_window_view

from microemo.spans import Span, inside

MARGIN_SEC = 0.3  # lips move before the voice and after it, brows with the breath before the first word
HOLD_SEC = 1.0  # longer than a syllable, a blink, and most of the brows' marks
HELD_SHARE = 0.8  # of that time; closed or rounded lips let go of a smile
TALKING = 0.25  # strength that neutral talkers hold
ARTICULATING = 0.5  # of actions that shape sounds, as an open mouth does


def speaking_rows(times_sec: Float[np.ndarray, " N"], speech: Sequence[Span]) -> Bool[np.ndarray, " N"]:
    """In which rows of a person's track they speak, by the spans (seconds from, to) of their speech."""
    return inside(times_sec, speech, MARGIN_SEC)


def beyond_talking(
    times_sec: Float[np.ndarray, " N"],
    strength: Float[np.ndarray, " N"],
    speaking: Bool[np.ndarray, " N"],
    articulation: bool,
) -> Float[np.ndarray, " N"]:
    """An action's strength: in rows of speech what of it is held beyond what talking holds, elsewhere as it is.

    ``articulation``: whether the action shapes sounds.
    """
    if not speaking.any():
        return strength
    talking = ARTICULATING if articulation else TALKING
    beyond = (held(times_sec, strength) - talking) / (1 - talking)
    return np.where(speaking, np.minimum(strength, beyond), strength)


def held(times_sec: Float[np.ndarray, " N"], series: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """The level that a series keeps for ``HELD_SHARE`` of ``HOLD_SEC``, in the best such window around each row.

    Windows are of whole rows, at most as many as there are. Half of one may lie beyond the end, where the series is
    taken to stay as it is: an action that a film's end cuts off might have gone on.
    """
    if len(series) < 2:
        return series
    width = int(np.clip(round(HOLD_SEC / float(np.median(np.diff(times_sec)))), 1, len(series)))
    windows = sliding_window_view(np.pad(series, (0, width // 2), mode="edge"), width)
    rank = width - math.ceil(HELD_SHARE * width)
    kept = np.pad(np.partition(windows, rank, axis=1)[:, rank], width - 1, constant_values=-np.inf)
    return sliding_window_view(kept, width).max(axis=1)[: len(series)]


def least_sec(
    min_sec: float, times_sec: Float[np.ndarray, " N"], speaking: Bool[np.ndarray, " N"], first: int, last: int
) -> float:
    """How long an action in these rows must last, which in silence would be ``min_sec``: in speech or next to it as
    long as an expression is held, or half of that before the end.
    """
    around = slice(*np.searchsorted(times_sec, (times_sec[first] - MARGIN_SEC, times_sec[last] + MARGIN_SEC), "right"))
    if not speaking[around].any():
        return min_sec
    return max(min_sec, HOLD_SEC / 2 if last == len(times_sec) - 1 else HOLD_SEC)
