"""What is reported of one system: its scores with intervals, class by class, and whether its confidences hold."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from microemo.evaluate.breakdown import class_scores, classes_of, confusion, families
from microemo.evaluate.calibration import Calibration, Judged, calibration
from microemo.evaluate.evaluation import Breakdown, Notice, Score, System
from microemo.evaluate.grouping import Judge
from microemo.evaluate.inputs import Source
from microemo.evaluate.label_places import place_of_phrase
from microemo.evaluate.metric import Metric
from microemo.evaluate.scoring import Answers, Grouped, Instruments, Scored, answers, confident, grouped, score
from microemo.evaluate.statistics import estimates
from microemo.evaluate.unibench import BENCHMARK, TASKS, mean_of_tasks

NUM_LABELS = 15
"""Labels with a line of their own; families are all shown."""

Statistics = Mapping[str, Any]
"""Arguments of ``statistics.estimates``: clusters, resamples, level, seed."""


@dataclass(frozen=True)
class Candidate:
    """A system that is compared: its predictions by the name of the task, and who groups its labels."""

    name: str
    sources: Mapping[str, Source]
    judge: Judge


@dataclass(frozen=True)
class Judgement:
    """A candidate's answers and their groups by the name of the task, and the tasks that it has no table for."""

    candidate: Candidate
    answers: Mapping[str, Answers]
    grouped: Mapping[str, Grouped]
    absent: tuple[str, ...]


def judge(truths: Sequence[Source], candidate: Candidate) -> Judgement:
    """Raises what the candidate's judge raises."""
    found = {
        truth.task.name: answers(truth.task, truth.table, candidate.sources[truth.task.name].table)
        for truth in truths
        if truth.task.name in candidate.sources
    }
    absent = tuple(truth.task.name for truth in truths if truth.task.name not in found)
    return Judgement(candidate, found, {task: grouped(one, candidate.judge) for task, one in found.items()}, absent)


def scores(judged: Judgement, instruments: Instruments) -> dict[str, Scored]:
    """By the name of the task."""
    return {task: score(one, judged.grouped[task], instruments) for task, one in judged.answers.items()}


def metrics(scored: Mapping[str, Scored]) -> dict[tuple[str, str], Metric]:
    """All scores of a system by task and name; of several tasks of the benchmark, their mean as well."""
    found = {(task, metric.name): metric for task, one in scored.items() for metric in one.metrics}
    if len(scored) > 1 and scored.keys() <= {task.name for task in TASKS.values()}:
        mean = mean_of_tasks({task: one.headline for task, one in scored.items()})
        found[BENCHMARK, mean.name] = mean
    return found


def system(judged: Judgement, scored: Mapping[str, Scored], statistics: Statistics) -> System:
    calibrated = _calibration(judged, statistics)
    return System(
        name=judged.candidate.name,
        files=tuple(source.file for source in judged.candidate.sources.values()),
        notices=(*_absences(judged), *(notice for one in scored.values() for notice in one.notices)),
        scores=_scores(metrics(scored), statistics),
        breakdowns=tuple(_breakdown(task, one, statistics) for task, one in judged.grouped.items() if one.groups),
        calibration=calibrated,
        uncalibrated="" if calibrated else "the predictions have no confidences",
    )


def _scores(found: Mapping[tuple[str, str], Metric], statistics: Statistics) -> tuple[Score, ...]:
    sure = estimates(list(found.values()), **statistics)
    return tuple(
        Score(task=task, metric=name, value=one.value, interval=one.interval, num_clips=one.num_clips)
        for (task, name), one in zip(found, sure, strict=True)
    )


def _absences(judged: Judgement) -> list[Notice]:
    reason = "no table of predictions; the task is left out"
    return [Notice(task=task, reason=reason, clips=()) for task in judged.absent]


def _breakdown(task: str, judged: Grouped, statistics: Statistics) -> Breakdown:
    truth, predicted = judged.truth, judged.aligned()
    of_truth, of_predicted = families(truth, _family), families(predicted, _family)
    frequent = classes_of(truth, predicted)
    return Breakdown(
        task=task,
        families=class_scores(of_truth, of_predicted, classes_of(of_truth, of_predicted), **statistics),
        confusion=confusion(of_truth, of_predicted),
        labels=class_scores(truth, predicted, frequent[:NUM_LABELS], **statistics),
        num_labels=len(frequent),
    )


@cache
def _family(label: str) -> str | None:
    place = place_of_phrase(label)
    return place.family if place else None


def _calibration(judged: Judgement, statistics: Statistics) -> Calibration | None:
    """Over the labels of all tasks."""
    labels: defaultdict[str, list[Judged]] = defaultdict(list)
    for task, found in judged.answers.items():
        for clip, several in confident(found, judged.grouped[task]).items():
            labels[clip].extend(several)
    return calibration(labels, **statistics)
