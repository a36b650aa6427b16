"""How sure a score is: bootstrap intervals, paired tests between two systems, correction for several comparisons.

All resample clips or, where speakers are known, whole speakers: clips of one speaker are not independent, and an
interval that takes them for independent is too narrow. Whatever is resampled, the score is that of all its clips
pooled, so that ratios such as F1 are treated like plain means. docs/evaluation.md says why this is not SciPy.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from jaxtyping import Float
from pydantic import BeforeValidator, Field

from microemo.evaluate.metrics import Metric, select
from microemo.schema import Record

MAX_CELLS = 2**22  # resamples x clusters that are held at a time: tens of megabytes
TOLERANCE = 1e-12  # of rounding, below which two differences are the same


def _null(number: float | None) -> float | None:
    return None if number is None or math.isnan(number) else number


Number = Annotated[float | None, BeforeValidator(_null)]
"""A figure in a record; None, hence null in JSON, where it is not defined (NaN)."""

Clusters = Mapping[str, str]
"""Who is seen, by the clip's name; a clip that is not in it stands for itself."""

Draw = Callable[[np.random.Generator, int, int], Float[np.ndarray, "C G"]]


Unit = Literal["clip", "speaker"]


def _unit(fields: Mapping[str, Any]) -> Unit:
    return "speaker" if fields["clusters"] else "clip"


class Resampling(Record):
    """How intervals and paired tests are made: what is resampled, and how often. An evaluation keeps it.

    clusters   speakers, each resampled with all clips; empty to resample clips. Not in JSON: the tables name them
    resampled  which of the two that is
    level      of the intervals, as a share
    """

    clusters: Clusters = Field(default_factory=dict, exclude=True, repr=False)
    resampled: Unit = Field(default_factory=_unit)
    resamples: int = Field(default=2000, ge=1)
    level: float = Field(default=0.95, gt=0, lt=1)
    seed: int = Field(default=0, ge=0)

    def by(self, clusters: Clusters) -> "Resampling":
        """The same, of whole speakers if there are any."""
        return self.model_copy(update={"clusters": clusters, "resampled": _unit({"clusters": clusters})})


BY_CLIP = Resampling()


class Interval(Record):
    low: float
    high: float


class Estimate(Record):
    """A figure on so many clips; the interval is None where nothing can be said (``intervals``)."""

    value: Number
    interval: Interval | None
    num_clips: int


@dataclass(frozen=True)
class PairedTest:
    """System a against system b on the clips that both have.

    difference    a's score less b's; NaN if one of them is not defined
    interval      of the difference
    p_value       two-sided, of a difference this large if it did not matter which system a clip's answer is from
    num_clips     in both; num_unpaired are in one of them only and play no part
    num_clusters  that were resampled
    """

    difference: float
    interval: Interval | None
    p_value: float | None
    num_clips: int
    num_clusters: int
    num_unpaired: int


def interval(
    metric: Metric,
    resampling: Resampling = BY_CLIP,
) -> Interval | None:
    """The interval of one score; see ``intervals``."""
    return intervals([metric], resampling)[0]


def intervals(
    metrics: Sequence[Metric],
    resampling: Resampling = BY_CLIP,
) -> list[Interval | None]:
    """Percentile bootstrap intervals (Efron and Tibshirani 1993, ch. 13) by clip, or by cluster (Davison and Hinkley
    1997, 3.8), in the order of the metrics.

    None from fewer than two clusters, and where the score is not defined; resamples in which it is not defined are
    left out. With fewer than some twenty clusters such intervals are too narrow. Metrics on the same clips share the
    resamples. The order of the clips does not matter.
    """
    results: list[Interval | None] = [None] * len(metrics)
    for numbers in _on_same_clips(metrics):
        group = [metrics[number] for number in numbers]
        sums, places = _cluster_sums(group, resampling.clusters)
        if len(sums) < 2:
            continue
        drawn = _resampled_sums(sums, _with_replacement, resampling)
        means = drawn[:, 1:] / drawn[:, :1]
        for number, metric, place in zip(numbers, group, places, strict=True):
            results[number] = (
                percentile_interval(metric.statistic(means[:, place]), resampling.level) if _defined(metric) else None
            )
    return results


def estimates(
    metrics: Sequence[Metric],
    resampling: Resampling = BY_CLIP,
) -> list[Estimate]:
    """Each score with its interval and the number of its clips."""
    resampled = intervals(metrics, resampling)
    return [
        Estimate(value=metric.value, interval=interval, num_clips=len(metric.clips))
        for metric, interval in zip(metrics, resampled, strict=True)
    ]


def paired_test(
    a: Metric,
    b: Metric,
    resampling: Resampling = BY_CLIP,
) -> PairedTest:
    """One pair of scores; see ``paired_tests``."""
    return paired_tests([(a, b)], resampling)[0]


def paired_tests(
    pairs: Sequence[tuple[Metric, Metric]],
    resampling: Resampling = BY_CLIP,
) -> list[PairedTest]:
    """The same score of two systems compared on the clips that both have, in the order of the pairs.

    The p-value is that of approximate randomisation (Noreen 1989, ch. 2): the two answers to a clip, or to all of a
    speaker's clips, are swapped at random. It counts the observed difference among the resamples (Phipson and Smyth
    2010), so that it is never 0. None, and no interval, as in ``intervals``. Raises ``ValueError`` on a pair whose
    columns do not match.
    """
    differences = [_difference(a, b) for a, b in pairs]
    resampled = intervals(differences, resampling)
    p_values = _p_values(differences, resampling)
    return [
        PairedTest(
            difference=difference.value,
            interval=interval,
            p_value=p_value,
            num_clips=len(difference.clips),
            num_clusters=num_clusters(difference.clips, resampling.clusters),
            num_unpaired=len({*a.clips} ^ {*b.clips}),
        )
        for (a, b), difference, interval, p_value in zip(pairs, differences, resampled, p_values, strict=True)
    ]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """P-values adjusted for their number by Holm's step-down method (1979), in the order given.

    Those that are not defined (None or NaN) come back as None and count for nothing.
    """
    adjusted: list[float | None] = [None] * len(p_values)
    ranked = sorted((p, number) for number, p in enumerate(p_values) if p is not None and not math.isnan(p))
    largest = 0.0
    for rank, (p, number) in enumerate(ranked):
        largest = max(largest, min(1.0, (len(ranked) - rank) * p))
        adjusted[number] = largest
    return adjusted


def num_clusters(clips: Iterable[str], clusters: Clusters) -> int:
    return len({_cluster(clip, clusters) for clip in clips})


def _difference(a: Metric, b: Metric) -> Metric:
    """a's score less b's as one metric, whose columns are a's and then b's, on the clips that both have."""
    both = {*a.clips} & {*b.clips}
    clips = tuple(clip for clip in a.clips if clip in both)
    width = a.columns.shape[1]
    if b.columns.shape[1] != width:
        raise ValueError(f"{a.name} and {b.name} are not the same score: {width} and {b.columns.shape[1]} columns")
    columns = np.hstack([select(a, clips).columns, select(b, clips).columns])
    return Metric(a.name, clips, columns, lambda m: a.statistic(m[..., :width]) - b.statistic(m[..., width:]))


def _p_values(differences: Sequence[Metric], resampling: Resampling) -> list[float | None]:
    p_values: list[float | None] = [None] * len(differences)
    resamples = resampling.resamples
    for numbers in _on_same_clips(differences):
        group = [differences[number] for number in numbers]
        changes = [replace(metric, columns=_swapped(metric.columns) - metric.columns) for metric in group]
        sums, places = _cluster_sums(changes, resampling.clusters)
        if len(sums) < 2:
            continue
        change = _resampled_sums(sums, _at_random, resampling)[:, 1:] / len(group[0].clips)
        for number, metric, place in zip(numbers, group, places, strict=True):
            if _defined(metric):
                swapped = metric.statistic(metric.columns.mean(axis=0) + change[:, place])
                smaller = np.abs(swapped) < abs(metric.value) - TOLERANCE  # what is not defined is not smaller
                p_values[number] = float((1 + resamples - smaller.sum()) / (1 + resamples))
    return p_values


def _swapped(columns: np.ndarray) -> np.ndarray:
    return np.roll(columns, columns.shape[1] // 2, axis=1)


def _on_same_clips(metrics: Sequence[Metric]) -> Iterable[list[int]]:
    """Numbers of the metrics that have the same clips in the same order."""
    numbers = defaultdict(list)
    for number, metric in enumerate(metrics):
        numbers[metric.clips].append(number)
    return numbers.values()


def _cluster_sums(metrics: Sequence[Metric], clusters: Clusters) -> tuple[Float[np.ndarray, "G 1+K"], list[slice]]:
    """Per cluster the number of its clips and the sums of all metrics' columns, and where each metric's columns are.

    Columns that metrics share are there once. Clusters and the clips in them are in the order of their names.
    """
    clips = metrics[0].clips
    distinct = list({id(metric.columns): metric.columns for metric in metrics}.values())
    ends = np.cumsum([0, *(columns.shape[1] for columns in distinct)]).tolist()
    place = {id(columns): slice(*ends[number : number + 2]) for number, columns in enumerate(distinct)}
    keys = [(_cluster(clip, clusters), clip) for clip in clips]
    order = sorted(range(len(clips)), key=keys.__getitem__)
    starts = [row for row, number in enumerate(order) if row == 0 or keys[number][0] != keys[order[row - 1]][0]]
    rows = np.hstack([np.ones((len(clips), 1)), *distinct])[order]
    sums = np.add.reduceat(rows, starts) if starts else rows
    return sums, [place[id(metric.columns)] for metric in metrics]


def _cluster(clip: str, clusters: Clusters) -> tuple[bool, str]:
    """A speaker may have the name of another's clip."""
    return (clip in clusters, clusters.get(clip, clip))


def _resampled_sums(sums: Float[np.ndarray, "G K"], draw: Draw, resampling: Resampling) -> Float[np.ndarray, "R K"]:
    """Sums over clusters by the weights of each resample, a bounded number of resamples at a time."""
    rng = np.random.default_rng(resampling.seed)
    chunk = max(1, MAX_CELLS // len(sums))
    sizes = [min(chunk, resampling.resamples - start) for start in range(0, resampling.resamples, chunk)]
    return np.concatenate([draw(rng, size, len(sums)) @ sums for size in sizes])


def _with_replacement(rng: np.random.Generator, size: int, num_clusters: int) -> np.ndarray:
    """How often each cluster is in each resample."""
    drawn = rng.integers(num_clusters, size=(size, num_clusters), dtype=np.int32)
    drawn += num_clusters * np.arange(size, dtype=np.int32)[:, None]
    return np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape).astype(float)


def _at_random(rng: np.random.Generator, size: int, num_clusters: int) -> np.ndarray:
    """Whether each cluster is chosen in each resample."""
    return rng.integers(2, size=(size, num_clusters), dtype=np.int8).astype(float)


def _defined(metric: Metric) -> bool:
    return not math.isnan(metric.value)


def percentile_interval(figures: Float[np.ndarray, " R"], level: float) -> Interval | None:
    """The middle of the resamples' figures, as large a share as ``level`` says; None where none is defined."""
    defined = figures[~np.isnan(figures)]
    if not len(defined):
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(low=float(low), high=float(high))
