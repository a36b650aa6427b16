"""Shots: where a video cuts from one picture to another, found while its frames stream by.

A cut is a frame that looks unlike the one before, far more so than the frames around it do unlike each other, and that
is not taken back within a few frames. So motion of the camera (every frame is unlike the one before), fades and
dissolves (each step is small) and flashes (soon over) are none.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from microemo.media.video import Frame
from microemo.spans import Span

AHEAD = 3  # frames held back: a flash is over within as many
BEHIND = 8  # frames before, for what change is usual here
GRID = (32, 18)  # of the structure; a moving person changes few of its cells
BINS = 16  # of the histogram of each colour channel
MIN_CHANGE = 0.05
MIN_RATIO = 4.0  # over the usual change


class Look(NamedTuple):
    """A frame in brief: its structure (brightness in a coarse grid, mean 0 and norm 1) and its colours."""

    structure: Float[np.ndarray, " cells"]
    colours: Float[np.ndarray, "3 bins"]


def look(image: UInt8[np.ndarray, "h w 3"]) -> Look:
    """The picture without its small parts; brightness and contrast leave the structure alone."""
    small = cv2.resize(image, (GRID[0] * 4, GRID[1] * 4), interpolation=cv2.INTER_AREA)
    grey = cv2.resize(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), GRID, interpolation=cv2.INTER_AREA)
    structure = grey.astype(np.float32).ravel() - grey.mean()
    structure /= max(float(np.linalg.norm(structure)), 1e-6) if structure.std() > 1 else np.inf
    colours = np.stack(
        [np.bincount(small[..., channel].ravel() // (256 // BINS), minlength=BINS) for channel in range(3)]
    )
    return Look(structure, colours / small[..., 0].size)


def change(one: Look, other: Look) -> float:
    """0 to 1: how unlike two frames are, in structure and in colours."""
    both_flat = not one.structure.any() and not other.structure.any()
    structure = 0.0 if both_flat else min(1.0, 1.0 - float(one.structure @ other.structure))
    colours = float(np.abs(np.cumsum(one.colours - other.colours, axis=1)).mean())  # earth mover's, in channel widths
    return (structure + min(1.0, 4 * colours)) / 2


def mark_cuts(frames: Iterable[Frame]) -> Iterator[tuple[Frame, bool]]:
    """The frames as they come, each with whether a new shot begins with it; ``AHEAD`` of them are held back."""
    past: deque[Look] = deque(maxlen=AHEAD + 1)  # the last one is of the frame before ``held[0]``
    usual: deque[float] = deque(maxlen=BEHIND)
    held: deque[tuple[Frame, Look, float]] = deque()
    for frame in frames:
        now = look(frame.image)
        before = held[-1][1] if held else now
        held.append((frame, now, change(before, now)))
        if len(held) > AHEAD:
            yield _release(past, usual, held)
    while held:
        yield _release(past, usual, held)


def _release(past: deque[Look], usual: deque[float], held: deque[tuple[Frame, Look, float]]) -> tuple[Frame, bool]:
    ahead = list(held)
    frame, now, changed = held.popleft()
    is_cut = bool(past) and _is_cut(changed, list(past), ahead, usual)
    past.append(now)
    usual.append(changed)
    return frame, is_cut


def _is_cut(
    changed: float, past: Sequence[Look], ahead: Sequence[tuple[Frame, Look, float]], usual: Iterable[float]
) -> bool:
    """Whether the first of ``ahead`` begins a shot, that changed so much from the last of ``past``."""
    around = [*usual, *(step for _, _, step in ahead[1:])]
    if changed < MIN_CHANGE or changed < MIN_RATIO * (float(np.quantile(around, 0.75)) if around else 0.0):
        return False
    after = [now for _, now, _ in ahead]
    others = [change(one, other) for one in past for other in after if one is not past[-1] or other is not after[0]]
    return min(others, default=1.0) >= MIN_CHANGE  # else it was a flash, and the picture is there again


def shots(first_sec: Sequence[float], end_sec: float) -> tuple[Span, ...]:
    """The spans of the shots that begin at the given times; the last one ends at ``end_sec``."""
    return tuple(Span(start, end) for start, end in pairwise([*first_sec, end_sec]))
