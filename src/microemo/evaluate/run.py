"""The story of an evaluation: tables, labels out of texts, labels grouped, scores, intervals, one ``Evaluation``."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from microemo.errors import InputError
from microemo.evaluate import tables
from microemo.evaluate.breakdown import class_scores, classes_of, confusion, families
from microemo.evaluate.calibration import CheckedLabel, calibration
from microemo.evaluate.evaluation import Breakdown, Comparison, Evaluation, JudgeInfo, Notice, Score, System
from microemo.evaluate.extraction import extract_labels
from microemo.evaluate.groups import GivenGroups, Judge, read_groups
from microemo.evaluate.label_places import place_of_phrase
from microemo.evaluate.lexicon_wheel import LexiconWheel
from microemo.evaluate.metrics import Metric
from microemo.evaluate.offline_judge import OfflineJudge
from microemo.evaluate.scoring import Candidate, Matched, TaskScores, match, metrics_of, score_task
from microemo.evaluate.statistics import BY_CLIP, Clusters, Resampling, estimates, holm, paired_tests
from microemo.evaluate.tables import Source
from microemo.evaluate.wheels import published
from microemo.hooks import Hook, silent

if TYPE_CHECKING:
    from microemo.evaluate.llm_judge import LLMJudge
    from microemo.evaluate.tables import Tabular

NUM_LABELS = 15
"""Labels with a line of their own; families are all shown."""

Extract = Callable[[Mapping[str, str]], Mapping[str, tuple[str, ...]]]
"""Labels out of descriptions, by the clip's name."""

MetricsByTask = Mapping[tuple[str, str], Metric]
"""A system's scores by task and name."""


@dataclass(frozen=True)
class EvaluationRun:
    """The evaluation and what it rests on: the tables, all with labels, and each candidate's labels grouped by task."""

    evaluation: Evaluation
    truths: tuple[Source, ...]
    systems: tuple[tuple[Candidate, Mapping[str, Matched]], ...]


def evaluate(
    predictions: "Tabular | Mapping[str, Tabular]",
    truth: "Tabular",
    *,
    groups: Path | str | Sequence[Path | str] = (),
    judge: "LLMJudge | None" = None,
    wheels: Path | str | None = None,
    task: str | None = None,
    split: str | None = None,
    resampling: Resampling = BY_CLIP,
    command: str = "",
    hook: Hook = silent,
) -> EvaluationRun:
    """Score systems on each task that they have; the first is the baseline for the others.

    The hook's step is ``score``, in systems. Arguments and errors are those of ``microemo.evaluate.score``.
    """
    named = predictions if isinstance(predictions, Mapping) else {tables.name_of(predictions, "system"): predictions}
    if not named:
        raise InputError("no predictions: give at least one table")
    judges = _judges(groups, judge, len(named), hook)
    wheel_table = published(Path(wheels)) if wheels else LexiconWheel(hook=hook)

    truths = tables.truths(truth, task, split)
    candidates = [
        Candidate(name, tables.predictions(given, truths), its_judge)
        for (name, given), its_judge in zip(named.items(), judges, strict=True)
    ]
    truths, candidates = _labelled(truths, candidates, judge.extract if judge else _extract_offline)
    matched = [match(truths, candidate) for candidate in candidates]
    scores = [{of: score_task(one, wheel_table, hook) for of, one in by_task.items()} for by_task in matched]

    speakers = _speakers([*truths, *(source for one in candidates for source in one.sources.values())])
    resampling = resampling.by({**speakers, **resampling.clusters})
    systems = []
    for number, (candidate, by_task, its_scores) in enumerate(zip(candidates, matched, scores, strict=True)):
        hook("score", number, len(candidates))
        systems.append(_system(candidate, _absent(truths, candidate), by_task, its_scores, resampling))
    metrics = {candidate.name: metrics_of(of) for candidate, of in zip(candidates, scores, strict=True)}
    evaluation = Evaluation(
        truths=tuple(source.file for source in truths),
        systems=tuple(systems),
        comparisons=_comparisons(metrics, resampling),
        judge=_judge_info(judges),
        wheels=wheel_table.name,
        resampling=resampling,
        microemo_version=version("microemo"),
        command=command,
    )
    hook("score", len(candidates), len(candidates))
    return EvaluationRun(evaluation, tuple(truths), tuple(zip(candidates, matched, strict=True)))


def _judges(
    groups: Path | str | Sequence[Path | str], llm: "LLMJudge | None", number: int, hook: Hook
) -> Sequence[Judge]:
    """A judge for each system: its groups made before, the language model, or the offline judge."""
    files = [groups] if isinstance(groups, Path | str) else groups
    if files and llm:
        raise InputError("groups and a judge: give one of them, the labels are grouped once")
    if not files:
        return [llm or OfflineJudge(hook=hook)] * number
    if len(files) not in (1, number):
        raise InputError(f"{len(files)} files of groups for {number} systems: give one, or one for each")
    given = [GivenGroups(str(file), read_groups(Path(file))) for file in files]
    return given if len(given) == number else given * number


def _judge_info(judges: Sequence[Judge]) -> JudgeInfo:
    notes = {judge.name: judge.note for judge in judges}
    return JudgeInfo(name=", ".join(notes), note="; ".join(filter(None, notes.values())))


def _extract_offline(texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {clip: extract_labels(text) for clip, text in texts.items()}


def _labelled(
    truths: Sequence[Source], candidates: Sequence[Candidate], extract: Extract
) -> tuple[list[Source], list[Candidate]]:
    """All tables with labels, out of their texts where they have only these."""
    return [_with_labels(source, extract) for source in truths], [
        replace(one, sources={task: _with_labels(source, extract) for task, source in one.sources.items()})
        for one in candidates
    ]


def _with_labels(source: Source, extract: Extract) -> Source:
    """The table with labels out of the text for each row that has only that; ``extracted`` if there was any such."""
    texts = {clip: row.text for clip, row in source.table.items() if row.labels is None and row.text}
    if not texts:
        return source
    labels = extract(texts)
    table = {clip: replace(row, labels=labels[clip]) if clip in texts else row for clip, row in source.table.items()}
    return replace(source, table=table, extracted=True)


def _speakers(sources: Sequence[Source]) -> Clusters:
    """Who is seen in each clip, as the first table that knows says."""
    return {
        key: row.speaker
        for source in reversed(sources)
        for clip, row in source.table.items()
        if row.speaker is not None
        for key in (clip, f"{source.task.name}/{clip}")  # as a benchmark's mean names it
    }


def _absent(truths: Sequence[Source], candidate: Candidate) -> list[Notice]:
    reason = "no table of predictions; the task is left out"
    tasks = [truth.task.name for truth in truths if truth.task.name not in candidate.sources]
    return [Notice(task=task, reason=reason, clips=()) for task in tasks]


def _system(
    candidate: Candidate,
    absent: Sequence[Notice],
    matched: Mapping[str, Matched],
    scores: Mapping[str, TaskScores],
    resampling: Resampling,
) -> System:
    """What is reported of a candidate: scores with intervals, class by class, and whether its confidences hold."""
    metrics = metrics_of(scores)
    figures = estimates(list(metrics.values()), resampling)
    labels: defaultdict[str, list[CheckedLabel]] = defaultdict(list)  # of all tasks
    for one in matched.values():
        for clip, several in one.confident().items():
            labels[clip].extend(several)
    calibrated = calibration(labels, resampling)
    return System(
        name=candidate.name,
        files=tuple(source.file for source in candidate.sources.values()),
        notices=(*absent, *(notice for one in scores.values() for notice in one.notices)),
        scores=tuple(
            Score(task=task, metric=name, **dict(figure)) for (task, name), figure in zip(metrics, figures, strict=True)
        ),
        breakdowns=tuple(_breakdown(one, resampling) for one in matched.values() if one.groups),
        calibration=calibrated,
        uncalibrated="" if calibrated else "the predictions have no confidences",
    )


def _breakdown(matched: Matched, resampling: Resampling) -> Breakdown:
    truth, predicted = matched.true_labels, matched.aligned()
    of_truth, of_predicted = families(truth, _family), families(predicted, _family)
    frequent = classes_of(truth, predicted)
    return Breakdown(
        task=matched.task.name,
        families=class_scores(of_truth, of_predicted, classes_of(of_truth, of_predicted), resampling),
        confusion=confusion(of_truth, of_predicted),
        labels=class_scores(truth, predicted, frequent[:NUM_LABELS], resampling),
        num_labels=len(frequent),
    )


@cache
def _family(label: str) -> str | None:
    place = place_of_phrase(label)
    return place.family if place else None


def _comparisons(metrics: Mapping[str, MetricsByTask], resampling: Resampling) -> tuple[Comparison, ...]:
    """Every system but the first against it, in each score that both have."""
    baseline, *others = metrics
    pairs = [
        (name, task, metric, (metrics[name][task, metric], metrics[baseline][task, metric]))
        for name in others
        for task, metric in metrics[name]
        if (task, metric) in metrics[baseline]
    ]
    tests = paired_tests([pair for *_, pair in pairs], resampling)
    adjusted = holm([test.p_value for test in tests])
    return tuple(
        Comparison(task=task, metric=metric, system=name, baseline=baseline, adjusted_p_value=p_value, **vars(test))
        for (name, task, metric, _), test, p_value in zip(pairs, tests, adjusted, strict=True)
    )
