"""Stretches of time, such as those in which somebody speaks."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

Segments = Sequence[tuple[float, float]]  # start, end in seconds


def inside(times_sec: Float[np.ndarray, " N"], segments: Segments, margin_sec: float = 0.0) -> Bool[np.ndarray, " N"]:
    """Which of the times lie in any of the segments, each widened by a margin on either side."""
    found = np.zeros(len(times_sec), bool)
    for start, end in segments:
        found |= (times_sec >= start - margin_sec) & (times_sec < end + margin_sec)
    return found
