"""One system on one task, in three steps: its answers beside the truth, their labels grouped, scores.

What a task's truth holds decides what is scored: sets of labels by the metrics of EMER and the wheels, basic emotions
by hit rate, intensities by sentiment. A clip without a prediction counts as one for which nothing was predicted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from microemo.evaluate.calibration import Judged
from microemo.evaluate.evaluation import Notice
from microemo.evaluate.grouping import GivenGroups, Groups, Judge
from microemo.evaluate.metric import Metric
from microemo.evaluate.records import Row, Table
from microemo.evaluate.set_metric import Labels, set_metrics
from microemo.evaluate.unibench import Task, positive_by_labels, sentiment_f1
from microemo.evaluate.wheels import LEVELS, Wheels, hit_rate, off_wheels, wheel_metrics
from microemo.lexicon.labels import Place

NO_PREDICTION = "no prediction; counted as empty"


@dataclass(frozen=True)
class Instruments:
    """What needs no judge: clusters of labels on wheels, and where labels stand in our lexicon."""

    wheels: Wheels
    places: Callable[[Iterable[str]], Mapping[str, Place]]


@dataclass(frozen=True)
class Answers:
    """Truth and prediction of the clips that count, an empty prediction where there is none."""

    task: Task
    truth: Table
    predicted: Table
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class Grouped:
    """Labels of truth and prediction as their judge spells them, and its groups; empty for sentiment."""

    truth: Labels
    predicted: Labels
    groups: Mapping[str, Groups]

    def aligned(self) -> Labels:
        """The prediction, each label that means what a true one means spelled as that one."""
        return {clip: _aligned(self.predicted[clip], self.truth[clip], self.groups[clip]) for clip in self.truth}


@dataclass(frozen=True)
class Scored:
    """The scores in the order in which they are reported, and the one that goes into a benchmark's mean."""

    metrics: tuple[Metric, ...]
    headline: Metric
    notices: tuple[Notice, ...]


def answers(task: Task, truth: Table, predicted: Table) -> Answers:
    """Both tables with labels; clips of the truth count if they have what the task needs."""
    counted = {clip: row for clip, row in truth.items() if (row.sentiment if task.kind == "sentiment" else row.labels)}
    found = {clip: predicted.get(clip, Row(clip, ())) for clip in counted}
    return Answers(task, counted, found, tuple(_notices(task, truth, counted, predicted)))


def grouped(found: Answers, judge: Judge) -> Grouped:
    """Raises what the judge raises: ``InputError`` if it lacks a clip or a label, or cannot be asked."""
    if found.task.kind == "sentiment":
        return Grouped({}, {}, {})
    truth, predicted = (_spelled(_labels(table), judge) for table in (found.truth, found.predicted))
    groups = judge.group({clip: tuple(dict.fromkeys((*truth[clip], *predicted[clip]))) for clip in truth})
    return Grouped(truth, predicted, groups)


def score(found: Answers, judged: Grouped, instruments: Instruments) -> Scored:
    if found.task.kind == "sentiment":
        metric = sentiment_f1(found.truth, _positive(found.predicted, instruments))
        return Scored((metric,), metric, found.notices)
    truth, predicted, wheels = _labels(found.truth), _labels(found.predicted), instruments.wheels
    notices = (*found.notices, *_off_wheels(found, wheels))
    if found.task.kind == "basic":
        hits = hit_rate(truth, predicted, wheels)
        return Scored((hits,), hits, notices)
    sets = set_metrics(judged.truth, judged.predicted, judged.groups)
    broad, middle = (wheel_metrics(truth, predicted, wheels, level) for level in LEVELS)
    return Scored((*sets, *broad, *middle), broad[0], notices)


def confident(found: Answers, judged: Grouped) -> dict[str, list[Judged]]:
    """Of clips with confidences, whether each predicted label means what a true one means."""
    return {
        clip: _judged(row, judged.truth[clip], judged.groups[clip])
        for clip, row in found.predicted.items()
        if row.confidences and judged.groups
    }


def _labels(table: Table) -> Labels:
    return {clip: row.labels or () for clip, row in table.items()}


def _spelled(labels: Labels, judge: Judge) -> Labels:
    """As given groups spell them."""
    if not isinstance(judge, GivenGroups):
        return labels
    return {clip: judge.spelled(clip, several) for clip, several in labels.items()}


def _positive(predicted: Table, instruments: Instruments) -> dict[str, bool]:
    """Whether a positive sentiment is predicted: by its intensity if the system gives one, else by its labels."""
    labels = _labels(predicted)
    places = instruments.places(label for several in labels.values() for label in several)
    by_labels = positive_by_labels(labels, {label: place.valence for label, place in places.items()})
    return {clip: by_labels[clip] if row.sentiment is None else row.sentiment > 0 for clip, row in predicted.items()}


def _aligned(predicted: Sequence[str], truth: Sequence[str], groups: Groups) -> tuple[str, ...]:
    group_of = {label: number for number, group in enumerate(groups) for label in group}
    spelling: dict[int, str] = {}
    for label in truth:
        spelling.setdefault(group_of[label], label)
    return tuple(dict.fromkeys(spelling.get(group_of[label], label) for label in predicted))


def _judged(row: Row, truth: Sequence[str], groups: Groups) -> list[Judged]:
    right = {label for group in groups if not {*group}.isdisjoint(truth) for label in group}
    return [Judged(sure, label in right) for label, sure in zip(row.labels or (), row.confidences, strict=True)]


def _notices(task: Task, truth: Table, counted: Table, predicted: Table) -> Iterator[Notice]:
    lacking = "a sentiment other than zero" if task.kind == "sentiment" else "labels"
    reasons = {
        f"no {lacking} in the truth; left out": [clip for clip in truth if clip not in counted],
        NO_PREDICTION: [clip for clip in counted if clip not in predicted],
        "nothing predicted; counted as empty": [
            clip for clip in counted if clip in predicted and not _says(predicted[clip])
        ],
        "not in the truth; left out": [clip for clip in predicted if clip not in truth],
    }
    for reason, clips in reasons.items():
        if clips:
            yield Notice(task=task.name, reason=reason, clips=tuple(clips))


def _says(row: Row) -> bool:
    return bool(row.labels) or row.sentiment is not None


def _off_wheels(found: Answers, wheels: Wheels) -> Iterator[Notice]:
    clips = off_wheels(_labels(found.truth), wheels)
    if clips:
        reason = f"no label of the truth is on {wheels.name}; left out there"
        yield Notice(task=found.task.name, reason=reason, clips=clips)
