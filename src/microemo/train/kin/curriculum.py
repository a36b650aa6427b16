"""From easy to hard (PRC-Emo: Li et al. 2025, for conversations; the pace is that of Platanios et al. 2019).

A step draws from the easiest examples alone; how many of them grows with the steps, and from the middle of a run on it
is all of them.
"""

import math
from collections.abc import Sequence
from random import Random
from typing import Protocol, runtime_checkable


@runtime_checkable
class Graded(Protocol):
    """Examples whose difficulty is known."""

    def difficulty(self, index: int) -> float:
        """How hard an example is, in whatever unit."""


def easiest_first(difficulties: Sequence[float]) -> list[int]:
    """Indices from the easiest to the hardest example."""
    return sorted(range(len(difficulties)), key=lambda index: (difficulties[index], index))


def batch(seed: int, step: int, num_steps: int, size: int, ordered: Sequence[int]) -> list[int]:
    """The indices of a step's examples, drawn from the easiest of ``ordered``; each once, if there are so many."""
    share = min(1.0, (step + 1) / max(1, num_steps / 2))
    known = ordered[: max(size, math.ceil(share * len(ordered)))]
    rng = Random(f"{seed}/easiest first {step}")
    return rng.sample(known, size) if size <= len(known) else rng.choices(known, k=size)
