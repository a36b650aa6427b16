"""The story of ``microemo evaluate``: tables in, labels out of texts, scores, intervals, tests, one ``Evaluation``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from microemo.evaluate import evaluation as records
from microemo.evaluate import systems
from microemo.evaluate.evaluation import Comparison, Evaluation, Settings
from microemo.evaluate.inputs import Source
from microemo.evaluate.metric import Metric
from microemo.evaluate.scoring import Instruments
from microemo.evaluate.statistics import LEVEL, RESAMPLES, Clusters, holm, paired_tests
from microemo.evaluate.systems import Candidate, Judgement
from microemo.hooks import Hook, silent

Extract = Callable[[Mapping[str, str]], Mapping[str, tuple[str, ...]]]
"""Labels out of descriptions, by the clip's name."""


@dataclass(frozen=True)
class Outcome:
    """The evaluation and what it rests on: tables, all with labels, and how each candidate's labels were grouped."""

    evaluation: Evaluation
    truths: tuple[Source, ...]
    judged: tuple[Judgement, ...]


def evaluate(
    truths: Sequence[Source],
    candidates: Sequence[Candidate],
    instruments: Instruments,
    extract: Extract,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 0,
    command: str = "",
    hook: Hook = silent,
) -> Outcome:
    """Score the candidates on each task that they have; the first is the baseline for the others.

    The hook's step is ``score``, in systems. Raises what judges and ``extract`` raise.
    """
    truths = [labelled(source, extract) for source in truths]
    candidates = [
        replace(candidate, sources={task: labelled(source, extract) for task, source in candidate.sources.items()})
        for candidate in candidates
    ]
    judged = [systems.judge(truths, candidate) for candidate in candidates]
    scored = [systems.scores(one, instruments) for one in judged]
    speakers = _speakers([*truths, *(source for candidate in candidates for source in candidate.sources.values())])
    statistics = {"clusters": speakers, "resamples": resamples, "level": level, "seed": seed}
    reported = []
    for number, (judgement, scores) in enumerate(zip(judged, scored, strict=True)):
        hook("score", number, len(judged))
        reported.append(systems.system(judgement, scores, statistics))
    metrics = {one.candidate.name: systems.metrics(scores) for one, scores in zip(judged, scored, strict=True)}
    comparisons = _comparisons(metrics, statistics)
    hook("score", len(judged), len(judged))
    evaluation = Evaluation(
        truths=tuple(source.file for source in truths),
        systems=tuple(reported),
        comparisons=comparisons,
        judge=_judge(candidates),
        wheels=instruments.wheels.name,
        settings=Settings(seed=seed, resamples=resamples, level=level, resampled="speaker" if speakers else "clip"),
        microemo_version=version("microemo"),
        command=command,
    )
    return Outcome(evaluation, tuple(truths), tuple(judged))


def labelled(source: Source, extract: Extract) -> Source:
    """The table with labels out of the text for each row that has only that; ``extracted`` if there was any such."""
    texts = {clip: row.text for clip, row in source.table.items() if row.labels is None and row.text}
    if not texts:
        return source
    labels = extract(texts)
    table = {clip: replace(row, labels=labels[clip]) if clip in texts else row for clip, row in source.table.items()}
    return replace(source, table=table, extracted=True)


def _judge(candidates: Sequence[Candidate]) -> records.Judge:
    judges = {candidate.judge.name: candidate.judge.note for candidate in candidates}
    return records.Judge(name=", ".join(judges), note="; ".join(filter(None, judges.values())))


def _speakers(sources: Sequence[Source]) -> Clusters:
    """Who is seen in each clip, as the first table that knows says."""
    return {
        key: row.speaker
        for source in reversed(sources)
        for clip, row in source.table.items()
        if row.speaker is not None
        for key in (clip, f"{source.task.name}/{clip}")  # as a benchmark's mean names it
    }


def _comparisons(
    metrics: Mapping[str, Mapping[tuple[str, str], Metric]], statistics: Mapping[str, Any]
) -> tuple[Comparison, ...]:
    """Every system but the first against it, in each score that both have."""
    baseline, *others = metrics
    pairs = [
        (name, task, metric, (metrics[name][task, metric], metrics[baseline][task, metric]))
        for name in others
        for task, metric in metrics[name]
        if (task, metric) in metrics[baseline]
    ]
    tests = paired_tests([pair for *_, pair in pairs], **statistics)
    adjusted = holm([test.p_value for test in tests])
    return tuple(
        Comparison(
            task=task,
            metric=metric,
            system=name,
            baseline=baseline,
            adjusted_p_value=p_value,
            **vars(test),
        )
        for (name, task, metric, _), test, p_value in zip(pairs, tests, adjusted, strict=True)
    )
