"""A score as what it is: a function of means over clips. Intervals and tests need no more than that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


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
