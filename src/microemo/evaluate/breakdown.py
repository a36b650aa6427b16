"""Where a system is right and wrong: precision, recall and F1 of each label or family, and which is taken for which."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from microemo.evaluate.metric import Metric
from microemo.evaluate.statistics import Estimate
from microemo.schema import Record

NONE = "none"
OTHER = "other"

Labels = Mapping[str, Sequence[str]]
"""Labels by the clip's name."""


class ClassScores(Record):
    """One label or family; a clip has it or has it not, however many of its labels say so.

    num_truth, num_predicted  clips that have it
    """

    name: str
    num_truth: int
    num_predicted: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


class Confusion(Record):
    """What was predicted for clips of each true class.

    shares[r][c] is a number of clips: those of truth ``rows[r]`` that were taken for ``columns[c]``. A clip of
    several true classes counts as a part of each, so that all shares add up to the number of clips; it is taken for
    the class of its first predicted label, or for ``none`` without one.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...]
