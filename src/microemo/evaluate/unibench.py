"""The nine tasks of MER-UniBench: basic emotions by hit rate, sentiment by weighted F1, open vocabulary by wheels.

The benchmark's score is the mean over its tasks; where only some are at hand, the mean says of how many.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from microemo.evaluate.metrics import Labels, Metric, ratio

Kind = Literal["basic", "sentiment", "open"]


@dataclass(frozen=True)
class Task:
    name: str
    kind: Kind


BENCHMARK = "MER-UniBench"

TASKS: dict[str, Task] = {
    "mer2023": Task("MER2023", "basic"),
    "mer2024": Task("MER2024", "basic"),
    "meld": Task("MELD", "basic"),
    "iemocap": Task("IEMOCAP", "basic"),
    "mosi": Task("CMU-MOSI", "sentiment"),
    "mosei": Task("CMU-MOSEI", "sentiment"),
    "sims": Task("CH-SIMS", "sentiment"),
    "simsv2": Task("CH-SIMS v2", "sentiment"),
    "ovmerd": Task("OV-MERD+", "open"),
}
"""By the stem of a task's file in a folder of truths, or of predictions."""


def mean_of_tasks(metrics: Mapping[str, Metric]) -> Metric:
    """The mean over tasks of a score each, as one metric over the clips of all; its name says of how many tasks.

    A clip's columns are those of its task, and whether it is of it: 0 in the columns of all others.
    """
    clips = tuple(f"{task}/{clip}" for task, metric in metrics.items() for clip in metric.clips)
    widths = [metric.columns.shape[1] + 1 for metric in metrics.values()]
    ends = np.cumsum([0, *widths]).tolist()
    columns = np.zeros((len(clips), ends[-1]))
    row = 0
    for metric, start, end in zip(metrics.values(), ends, ends[1:], strict=False):
        rows = slice(row, row + len(metric.clips))
        columns[rows, start : end - 1], columns[rows, end - 1] = metric.columns, 1
        row = rows.stop

    def statistic(means: np.ndarray) -> np.ndarray:
        tasks = zip(metrics.values(), ends, ends[1:], strict=False)
        scores = [metric.statistic(ratio(means[..., a : b - 1], means[..., b - 1 : b])) for metric, a, b in tasks]
        return np.mean(scores, axis=0)

    return Metric(f"Mean of {len(metrics)} of {len(TASKS)} tasks", clips, columns, statistic)


def sentiment_f1(truth: Mapping[str, float], positive: Mapping[str, bool]) -> Metric:
    """F1 of positive against not positive, weighted by how often each is true, on intensities other than zero.

    ``positive`` says of each clip whether a positive one is predicted (so that neutral counts as negative). The columns
    are the four cells of the confusion.
    """
    clips = tuple(clip for clip, intensity in truth.items() if intensity)
    true = np.array([truth[clip] > 0 for clip in clips], dtype=bool)
    predicted = np.array([positive[clip] for clip in clips], dtype=bool)
    cells = np.stack([true & predicted, true & ~predicted, ~true & predicted, ~true & ~predicted], axis=-1)
    return Metric("Weighted F1 of sentiment", clips, cells.astype(float).reshape(-1, 4), _weighted_f1)


def _weighted_f1(means: np.ndarray) -> np.ndarray:
    hit, missed, false, rejected = np.moveaxis(means, -1, 0)
    return (hit + missed) * _f1(hit, false + missed) + (false + rejected) * _f1(rejected, false + missed)


def _f1(right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    total = 2 * right + wrong
    return np.divide(2 * right, total, out=np.zeros_like(total), where=total > 0)


def positive_by_labels(predicted: Labels, valence: Mapping[str, str]) -> dict[str, bool]:
    """Whether more of a clip's labels are positive than negative; at a tie, what the first that is either says."""
    return {clip: _balance([valence[label] for label in labels]) > 0 for clip, labels in predicted.items()}


def _balance(valences: list[str]) -> float:
    signs = [{"positive": 1, "negative": -1}[valence] for valence in valences if valence in ("positive", "negative")]
    return sum(signs) + 0.5 * signs[0] if signs else 0.0
