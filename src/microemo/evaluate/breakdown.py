"""Where a system is right and wrong: precision, recall and F1 of each label or family, and which is taken for which."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from microemo.evaluate.metrics import Labels, Metric, ratio
from microemo.evaluate.statistics import BY_CLIP, Estimate, Resampling, estimates
from microemo.schema import Record

NONE = "none"
OTHER = "other"


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
    """What was predicted for clips of each true class, defined for several classes a clip as in ``confusion``.

    shares[r][c] is a number of clips: those of truth ``rows[r]`` that were taken for ``columns[c]``. All shares add up
    to the number of clips.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...]


def families(labels: Labels, family_of: Callable[[str], str | None]) -> dict[str, tuple[str, ...]]:
    """Each clip's families, in the order of its labels and each once; ``other`` for labels of no known family."""
    return {
        clip: tuple(dict.fromkeys(family_of(label) or OTHER for label in several)) for clip, several in labels.items()
    }


def classes_of(truth: Labels, predicted: Labels) -> list[str]:
    """All classes, the most frequent in the truth first."""
    true, taken = _counts(truth), _counts(predicted)
    return sorted(true.keys() | taken.keys(), key=lambda name: (-true[name], -taken[name], name))


def class_scores(
    truth: Labels,
    predicted: Labels,
    classes: Sequence[str],
    resampling: Resampling = BY_CLIP,
) -> tuple[ClassScores, ...]:
    """Scores of each of ``classes``, labels or families, over the clips of the truth.

    Of a class that was never predicted the precision is not defined, nor the recall of one that is never true. Holds
    three numbers a clip and class: of an open vocabulary, give the most frequent labels (``classes_of``). Raises
    ``KeyError`` on a clip without a prediction.
    """
    clips = tuple(truth)
    metrics = [metric for name in classes for metric in _metrics(name, clips, truth, predicted)]
    figures = estimates(metrics, resampling)
    true, taken = _counts(truth), _counts({clip: predicted[clip] for clip in clips})
    return tuple(
        ClassScores(name=name, num_truth=true[name], num_predicted=taken[name], precision=p, recall=r, f1=f)
        for name, p, r, f in zip(classes, figures[0::3], figures[1::3], figures[2::3], strict=True)
    )


def confusion(truth: Labels, predicted: Labels) -> Confusion:
    """Which classes are taken for which, after the multi-label matrix of Heydarian et al. (2022).

    A clip counts once, in equal parts for its true classes. The part of a class that was predicted is on the diagonal;
    that of one that was missed goes, in equal parts, to the predicted classes that are not true, or to ``none`` if
    there are no such. A clip without a true class has ``none`` as its truth. Wrong classes beside a complete truth do
    not show here; precision counts them. Raises ``KeyError`` on a clip without a prediction.
    """
    shares: defaultdict[tuple[str, str], float] = defaultdict(float)
    for clip, labels in truth.items():
        true, taken = dict.fromkeys(labels) or {NONE: None}, dict.fromkeys(predicted[clip]) or {NONE: None}
        wrong = [name for name in taken if name not in true] or [NONE]
        for name in true:
            targets = [name] if name in taken else wrong
            for target in targets:
                shares[name, target] += 1 / len(true) / len(targets)
    order = [name for name in classes_of(truth, predicted) if name != NONE] + [NONE]
    rows = tuple(name for name in order if any(row == name for row, _ in shares))
    columns = tuple(name for name in order if name in rows or any(column == name for _, column in shares))
    return Confusion(
        rows=rows,
        columns=columns,
        shares=tuple(tuple(shares[row, column] for column in columns) for row in rows),
    )


def _metrics(name: str, clips: tuple[str, ...], truth: Labels, predicted: Labels) -> tuple[Metric, Metric, Metric]:
    """Precision, recall and F1 of one class."""
    true = np.array([name in truth[clip] for clip in clips], bool)
    taken = np.array([name in predicted[clip] for clip in clips], bool)
    columns = np.stack([true & taken, true, taken], axis=1)
    return (
        Metric(f"precision of {name}", clips, columns, lambda means: ratio(means[..., 0], means[..., 2])),
        Metric(f"recall of {name}", clips, columns, lambda means: ratio(means[..., 0], means[..., 1])),
        Metric(f"F1 of {name}", clips, columns, lambda means: ratio(2 * means[..., 0], means[..., 1] + means[..., 2])),
    )


def _counts(labels: Labels) -> Counter[str]:
    """Clips that have each label."""
    return Counter(label for several in labels.values() for label in dict.fromkeys(several))
