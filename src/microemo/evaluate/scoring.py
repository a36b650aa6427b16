"""One system on its tasks: its labels beside the true ones, both grouped by meaning, and the scores that follow.

What a task's truth holds decides what is scored: sets of labels by the metrics of EMER and the wheels, basic emotions
by hit rate, intensities by sentiment. A clip without a prediction counts as one for which nothing was predicted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from microemo.evaluate.calibration import CheckedLabel
from microemo.evaluate.evaluation import Notice
from microemo.evaluate.groups import GivenGroups, Judge
from microemo.evaluate.label_places import places
from microemo.evaluate.metrics import Groups, Labels, Metric, set_metrics
from microemo.evaluate.tables import Row, Source, Table, labels_in
from microemo.evaluate.unibench import BENCHMARK, TASKS, Task, mean_of_tasks, positive_by_labels, sentiment_f1
from microemo.evaluate.wheels import LEVELS, Wheels, hit_rate, off_wheels, wheel_metrics
from microemo.hooks import Hook

NO_PREDICTION = "no prediction; counted as empty"


@dataclass(frozen=True)
class Candidate:
    """A system that is compared: its predictions by the name of the task, and who groups its labels."""

    name: str
    sources: Mapping[str, Source]
    judge: Judge


@dataclass(frozen=True)
class Matched:
    """Truth and prediction of the clips of a task that count, an empty prediction where there is none.

    true_labels, predicted_labels  as the judge spells them
    groups                         of both together by clip; no groups and labels where sentiment is scored
    """

    task: Task
    truth: Table
    predicted: Table
    true_labels: Labels
    predicted_labels: Labels
    groups: Mapping[str, Groups]
    notices: tuple[Notice, ...]

    def aligned(self) -> Labels:
        """The predicted labels, each that means what a true one means spelled as that one."""
        return {
            clip: _aligned(self.predicted_labels[clip], labels, self.groups[clip])
            for clip, labels in self.true_labels.items()
        }

    def confident(self) -> dict[str, list[CheckedLabel]]:
        """Of clips with confidences, whether each predicted label means what a true one means."""
        return {
            clip: _checked(row, self.true_labels[clip], self.groups[clip])
            for clip, row in self.predicted.items()
            if row.confidences and self.groups
        }


@dataclass(frozen=True)
class TaskScores:
    """Scores in the order in which they are reported, and the one that goes into a benchmark's mean."""

    metrics: tuple[Metric, ...]
    headline: Metric
    notices: tuple[Notice, ...]


def match(truths: Sequence[Source], candidate: Candidate) -> dict[str, Matched]:
    """The candidate's answers beside the truth by the name of the task, of the tasks that it has; labels grouped.

    Raises what the candidate's judge raises: ``InputError`` if it lacks a clip or a label, or cannot be asked.
    """
    return {
        truth.task.name: _matched(truth.task, truth.table, candidate.sources[truth.task.name].table, candidate.judge)
        for truth in truths
        if truth.task.name in candidate.sources
    }


def score_task(matched: Matched, wheels: Wheels, hook: Hook) -> TaskScores:
    """Raises ``WeightsError`` if a label is outside the lexicon and the sentence encoder cannot be had."""
    if matched.task.kind == "sentiment":
        intensities = {clip: row.sentiment or 0.0 for clip, row in matched.truth.items()}
        metric = sentiment_f1(intensities, _positive(matched.predicted, hook))
        return TaskScores((metric,), metric, matched.notices)
    truth, predicted = labels_in(matched.truth), labels_in(matched.predicted)
    notices = (*matched.notices, *_off_wheels(matched.task, truth, wheels))
    if matched.task.kind == "basic":
        hits = hit_rate(truth, predicted, wheels)
        return TaskScores((hits,), hits, notices)
    sets = set_metrics(matched.true_labels, matched.predicted_labels, matched.groups)
    broad, middle = (wheel_metrics(truth, predicted, wheels, level) for level in LEVELS)
    return TaskScores((*sets, *broad, *middle), broad[0], notices)


def metrics_of(scores: Mapping[str, TaskScores]) -> dict[tuple[str, str], Metric]:
    """All scores of a system by task and name; of several tasks of the benchmark, their mean as well."""
    metrics = {(task, metric.name): metric for task, one in scores.items() for metric in one.metrics}
    if len(scores) > 1 and scores.keys() <= {task.name for task in TASKS.values()}:
        mean = mean_of_tasks({task: one.headline for task, one in scores.items()})
        metrics[BENCHMARK, mean.name] = mean
    return metrics


def _matched(task: Task, truth: Table, predicted: Table, judge: Judge) -> Matched:
    """Clips of the truth count if they have what the task needs."""
    counted = {clip: row for clip, row in truth.items() if (row.sentiment if task.kind == "sentiment" else row.labels)}
    answered = {clip: predicted.get(clip, Row(clip, ())) for clip in counted}
    notices = tuple(_notices(task, truth, counted, predicted))
    if task.kind == "sentiment":
        return Matched(task, counted, answered, {}, {}, {}, notices)
    true_labels, predicted_labels = _spelled(counted, judge), _spelled(answered, judge)
    union = {clip: tuple(dict.fromkeys((*labels, *predicted_labels[clip]))) for clip, labels in true_labels.items()}
    return Matched(task, counted, answered, true_labels, predicted_labels, judge.group(union), notices)


def _spelled(table: Table, judge: Judge) -> Labels:
    """As given groups spell them."""
    labels = labels_in(table)
    if not isinstance(judge, GivenGroups):
        return labels
    return {clip: judge.spelled(clip, several) for clip, several in labels.items()}


def _positive(predicted: Table, hook: Hook) -> dict[str, bool]:
    """Whether a positive sentiment is predicted: by its intensity if the system gives one, else by its labels."""
    labels = labels_in(predicted)
    known = places((label for several in labels.values() for label in several), hook=hook)
    by_labels = positive_by_labels(labels, {label: place.valence for label, place in known.items()})
    return {clip: by_labels[clip] if row.sentiment is None else row.sentiment > 0 for clip, row in predicted.items()}


def _aligned(predicted: Sequence[str], truth: Sequence[str], groups: Groups) -> tuple[str, ...]:
    group_of = {label: number for number, group in enumerate(groups) for label in group}
    spelling: dict[int, str] = {}
    for label in truth:
        spelling.setdefault(group_of[label], label)
    return tuple(dict.fromkeys(spelling.get(group_of[label], label) for label in predicted))


def _checked(row: Row, truth: Sequence[str], groups: Groups) -> list[CheckedLabel]:
    right = {label for group in groups if not {*group}.isdisjoint(truth) for label in group}
    pairs = zip(row.labels or (), row.confidences, strict=True)
    return [CheckedLabel(confidence, label in right) for label, confidence in pairs]


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


def _off_wheels(task: Task, truth: Labels, wheels: Wheels) -> Iterator[Notice]:
    clips = off_wheels(truth, wheels)
    if clips:
        reason = f"no label of the truth is on {wheels.name}; left out there"
        yield Notice(task=task.name, reason=reason, clips=clips)
