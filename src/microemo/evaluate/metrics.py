"""A score is a function of means over clips: intervals and tests need no more than that.

The set metrics of EMER are here; those of the wheels are in ``wheels``, those of MER-UniBench's tasks in ``unibench``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Labels = Mapping[str, Sequence[str]]
"""Labels by the clip's name."""

Groups = tuple[tuple[str, ...], ...]
"""A partition of one clip's labels: those of a group have one meaning."""


@dataclass(frozen=True)
class Metric:
    """One score of one system, as what each clip contributes and how the contributions' means become the figure.

    clips      (N)     names of the clips that count, in the order of the rows
    columns    (N, K)  what each clip contributes
    statistic          from means over clips (..., K) to the figure (...); the means of any resample will do
    """

    name: str
    clips: tuple[str, ...]
    columns: Float[np.ndarray, "N K"]
    statistic: Callable[[Float[np.ndarray, "*R K"]], Float[np.ndarray, "*R"]]

    @property
    def value(self) -> float:
        """The figure on all clips; NaN on none."""
        return float(self.statistic(self.columns.mean(axis=0))) if len(self.columns) else float("nan")


def set_metrics(truth: Labels, predicted: Labels, groups: Mapping[str, Groups]) -> tuple[Metric, Metric, Metric]:
    """Avg, Accuracy_S and Recall_S (paper 4.2, Table 1) over the clips of ``truth``, each of which has labels.

    Each label stands for its group. With Y the groups of a clip's truth and Ŷ those of its prediction,
    Accuracy_S = |Y ∩ Ŷ| / |Ŷ| and Recall_S = |Y ∩ Ŷ| / |Y|, both 0 where nothing was predicted, averaged over clips;
    Avg is the mean of the two. Raises ``KeyError`` on a clip without a prediction or groups, and on a label that its
    clip's groups lack.
    """
    clips = tuple(truth)
    columns = np.array([overlap(*_sets(truth[clip], predicted[clip], groups[clip])) for clip in clips]).reshape(-1, 2)
    return (
        Metric("Avg", clips, columns, lambda means: means.mean(axis=-1)),
        Metric("Accuracy_S", clips, columns, mean_of(0)),
        Metric("Recall_S", clips, columns, mean_of(1)),
    )


def overlap(truth: set[str], predicted: set[str]) -> tuple[float, float]:
    """What a clip's prediction gets right, as a share of the prediction and of the truth (not empty)."""
    both = len(truth & predicted)
    return (both / len(predicted) if predicted else 0.0), both / len(truth)


def _sets(truth: Sequence[str], predicted: Sequence[str], groups: Groups) -> tuple[set[str], set[str]]:
    first = {label: group[0] for group in groups for label in group}
    return {first[label] for label in truth}, {first[label] for label in predicted}


def mean_of(column: int) -> Callable[[np.ndarray], np.ndarray]:
    """The plain mean of a column."""
    return lambda means: means[..., column]


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Of two means, for scores such as precision; NaN, not defined, where the denominator is 0."""
    nothing = np.full(np.broadcast_shapes(np.shape(numerator), np.shape(denominator)), np.nan)
    return np.divide(numerator, denominator, out=nothing, where=np.asarray(denominator) != 0)


def harmonic_mean(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """F1; 0 where both are 0, and not defined where one of them is not."""
    total = precision + recall
    return np.divide(2 * precision * recall, total, out=np.asarray(0.0 * total), where=total > 0)


def select(metric: Metric, clips: Sequence[str]) -> Metric:
    """The metric on some of its clips, in the order given. Raises ``KeyError`` on a clip that it does not have."""
    row = {clip: number for number, clip in enumerate(metric.clips)}
    return Metric(metric.name, tuple(clips), metric.columns[[row[clip] for clip in clips]], metric.statistic)
