"""Whether confidences mean what they say: expected calibration error, Brier score, and the reliability table."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from microemo.evaluate.metrics import Metric, ratio
from microemo.evaluate.statistics import BY_CLIP, Estimate, Interval, Number, Resampling, estimates
from microemo.schema import Record

NUM_BINS = 15


class CheckedLabel(NamedTuple):
    """A predicted label: its confidence in [0, 1], and whether it is in the truth."""

    confidence: float
    correct: bool


class Bin(Record):
    """Labels with a confidence above ``low`` (in the first bin, from it) up to ``high``; None where there are none."""

    low: float
    high: float
    num_labels: int
    confidence: Number
    accuracy: Number


class Calibration(Record):
    """The confidences of one system's labels against whether the labels are correct.

    ece, ece_equal_mass  expected calibration error over bins of equal width, or of equally many labels
    ece_if_exact         where the ECE of as many labels lies that are each right with their very confidence
    brier                mean squared distance of a label's confidence from 1 if it is correct, else from 0
    bins                 of equal width
    """

    num_labels: int
    ece: Estimate
    ece_equal_mass: Estimate
    ece_if_exact: Interval
    brier: Estimate
    bins: tuple[Bin, ...]


def calibration(
    labels: Mapping[str, Sequence[CheckedLabel]],
    resampling: Resampling = BY_CLIP,
    *,
    num_bins: int = NUM_BINS,
) -> Calibration | None:
    """Calibration of the labels of each clip, by the clip's name; None if there are no labels.

    The expected calibration error (Guo et al. 2017) is the mean over labels of the distance between accuracy and mean
    confidence in their bin. Noise in small bins can only add to it, in the resamples of its interval once more: on
    few labels, its interval lies too high, and an error within ``ece_if_exact`` does not speak against the confidences.
    Clips are resampled with all their labels; bins stay as they are.
    """
    checked = [label for several in labels.values() for label in several]
    if not checked:
        return None
    confidence, correct = np.array(checked, float).T
    clip = np.repeat(np.arange(len(labels)), [len(several) for several in labels.values()])
    width = np.linspace(0, 1, num_bins + 1)
    mass = np.quantile(confidence, width)
    squares = _per_clip(clip, len(labels), [(confidence - correct) ** 2, np.ones_like(correct)])
    metrics = [
        _ece("ECE", tuple(labels), _per_clip(clip, len(labels), _gaps(confidence, correct, width))),
        _ece("ECE, equal mass", tuple(labels), _per_clip(clip, len(labels), _gaps(confidence, correct, mass))),
        Metric("Brier score", tuple(labels), squares, lambda means: ratio(means[..., 0], means[..., 1])),
    ]
    ece, ece_equal_mass, brier = estimates(metrics, resampling)
    return Calibration(
        num_labels=len(checked),
        ece=ece,
        ece_equal_mass=ece_equal_mass,
        ece_if_exact=_if_exact(confidence, width, resampling),
        brier=brier,
        bins=_bins(confidence, correct, width),
    )


def _ece(name: str, clips: tuple[str, ...], columns: np.ndarray) -> Metric:
    """From the gap of confidence and correctness in each bin, and the number of labels in the last column."""
    return Metric(name, clips, columns, lambda means: ratio(np.abs(means[..., :-1]).sum(axis=-1), means[..., -1]))


def _if_exact(confidence: np.ndarray, edges: np.ndarray, resampling: Resampling) -> Interval:
    """Of the ECE where each label is right with the probability that is its confidence."""
    rng, bin_of = np.random.default_rng(resampling.seed), _bin_of(confidence, edges)
    drawn = (confidence - (rng.random(len(confidence)) < confidence) for _ in range(resampling.resamples))
    errors = [np.abs(np.bincount(bin_of, gaps)).sum() / len(confidence) for gaps in drawn]
    low, high = np.quantile(errors, [(1 - resampling.level) / 2, (1 + resampling.level) / 2])
    return Interval(low=low, high=high)


def _gaps(confidence: np.ndarray, correct: np.ndarray, edges: np.ndarray) -> list[np.ndarray]:
    """Per bin the labels' confidence less correctness, 0 outside; then 1 for each label."""
    bin_of = _bin_of(confidence, edges)
    gaps = [np.where(bin_of == number, confidence - correct, 0.0) for number in range(len(edges) - 1)]
    return [*gaps, np.ones_like(correct)]


def _per_clip(clip: np.ndarray, num_clips: int, columns: Sequence[np.ndarray]) -> np.ndarray:
    """Sums over the labels of each clip."""
    return np.stack([np.bincount(clip, column, num_clips) for column in columns], axis=1)


def _bins(confidence: np.ndarray, correct: np.ndarray, edges: np.ndarray) -> tuple[Bin, ...]:
    bin_of = _bin_of(confidence, edges)
    count = np.bincount(bin_of, minlength=len(edges) - 1)
    confidences = ratio(np.bincount(bin_of, confidence, len(count)), count)
    accuracies = ratio(np.bincount(bin_of, correct, len(count)), count)
    return tuple(
        Bin(low=low, high=high, num_labels=n, confidence=c, accuracy=a)
        for low, high, n, c, a in zip(
            edges[:-1].tolist(), edges[1:].tolist(), count.tolist(), confidences.tolist(), accuracies.tolist(),
            strict=True,
        )
    )  # fmt: skip


def _bin_of(confidence: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """A confidence on an edge belongs to the bin below."""
    return np.searchsorted(edges[1:-1], confidence, side="left")
