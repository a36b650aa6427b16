"""What the comparison report says, as tables of plain strings that each format sets in its own way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from microemo.evaluate.breakdown import ClassScores
from microemo.evaluate.comparison.ranking import best
from microemo.evaluate.comparison.wording import (
    UNDEFINED,
    counted,
    estimate,
    interval,
    line,
    p_value,
    percent,
    points,
    some,
)
from microemo.evaluate.evaluation import Comparison, Evaluation, File, Score, System

BEST = (
    " The best figure is bold only if it differs from all others: by the paired test where there is one, else by "
    "intervals that do not overlap."
)

Row = tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A table under a title: the first ``num_names`` columns are words, which may be anybody's, the others figures.

    strong   (row, column) of the cells that stand out
    note     how to read it; empty if that is plain
    brief    whether a terminal shows it too
    """

    title: str
    columns: Row
    rows: tuple[Row, ...]
    num_names: int = 1
    strong: frozenset[tuple[int, int]] = frozenset()
    note: str = ""
    brief: bool = False


def sections(evaluation: Evaluation) -> list[Section]:
    """In the order of the report; those without rows are left out."""
    brief = [*_scores(evaluation), *_comparisons(evaluation), _notices(evaluation), _calibration(evaluation)]
    return [section for section in [*brief, *_classes(evaluation), _files(evaluation)] if section.rows]


def title(evaluation: Evaluation) -> str:
    return f"{counted(len(evaluation.systems), 'system')} on {line(', '.join(evaluation.tasks))}"


def facts(evaluation: Evaluation) -> list[tuple[str, str]]:
    """What it takes to compute the figures again, besides the files."""
    resampling, judge = evaluation.resampling, evaluation.judge
    who = f"{judge.name} ({judge.note})" if judge and judge.note else judge and judge.name
    grouped = [("Labels grouped by", line(who))] if who else []
    wheels = [("Wheels", line(evaluation.wheels))] if evaluation.wheels else []
    return [
        *grouped,
        *wheels,
        ("Intervals", f"{percent(resampling.level, 0)} %, bootstrap by {resampling.resampled}"),
        ("Resamples", f"{resampling.resamples}, seed {resampling.seed}"),
        ("MicroEmo", line(evaluation.microemo_version)),
    ]


def _scores(evaluation: Evaluation) -> Iterator[Section]:
    """A table a task: a row a metric, a column a system."""
    for task in evaluation.tasks:
        cells = {
            (system.name, score.metric): score
            for system in evaluation.systems
            for score in system.scores
            if score.task == task
        }
        names, metrics = (tuple(dict.fromkeys(keys)) for keys in zip(*cells, strict=True))
        yield Section(
            title=line(task),
            columns=("Metric", *map(line, names), "n"),
            rows=tuple(
                (line(metric), *(estimate(cells.get((name, metric))) for name in names), _clips(cells, metric))
                for metric in metrics
            ),
            strong=frozenset(
                (row, names.index(leader) + 1)
                for row, metric in enumerate(metrics)
                if (leader := best(evaluation, task, metric)) is not None
            ),
            note=f"In per cent, with the interval; n is the number of clips.{BEST if len(names) > 1 else ''}",
            brief=True,
        )


def _clips(cells: Mapping[tuple[str, str], Score], metric: str) -> str:
    """Of all systems; they differ only where some have fewer tasks of a benchmark."""
    return " / ".join(str(n) for n in sorted({score.num_clips for (_, of), score in cells.items() if of == metric}))


def _comparisons(evaluation: Evaluation) -> Iterator[Section]:
    """A table a task: a row a system and metric."""
    baseline = line(evaluation.systems[0].name) if evaluation.systems else ""
    for task in evaluation.tasks:
        rows = [row for row in evaluation.comparisons if row.task == task]
        yield Section(
            title=f"{line(task)}: against {baseline}",
            columns=("System", "Metric", "Difference", "p", "p, adjusted", "n"),
            rows=tuple(
                (
                    line(row.system),
                    line(row.metric),
                    f"{points(row.difference)} {interval(row.interval)}".strip(),
                    p_value(row.p_value),
                    p_value(row.adjusted_p_value),
                    f"{row.num_clips}{f' ({row.num_unpaired} unpaired)' if row.num_unpaired else ''}",
                )
                for row in rows
            ),
            num_names=2,
            strong=frozenset(
                (number, 4)
                for number, row in enumerate(rows)
                if row.adjusted_p_value is not None and row.adjusted_p_value < 1 - evaluation.resampling.level
            ),
            note="Difference in percentage points on the clips that both systems have; p of a two-sided permutation "
            f"test over {_resampled(evaluation, rows)}, adjusted by Holm's method for "
            f"{counted(len(evaluation.comparisons), 'comparison')}.",
            brief=True,
        )


def _resampled(evaluation: Evaluation, rows: Sequence[Comparison]) -> str:
    numbers = " / ".join(map(str, sorted({row.num_clusters for row in rows})))
    return f"{numbers} {evaluation.resampling.resampled}s"


def _notices(evaluation: Evaluation) -> Section:
    return Section(
        title="Clips left out or unanswered",
        columns=("System", "Task", "Reason", "Which", "Clips"),
        rows=tuple(
            (line(system.name), line(row.task), line(row.reason), some(row.clips), str(len(row.clips)))
            for system in evaluation.systems
            for row in system.notices
        ),
        num_names=4,
        brief=True,
    )


def _calibration(evaluation: Evaluation) -> Section:
    return Section(
        title="Calibration",
        columns=("System", "ECE", "ECE if exact", "ECE, equal mass", "Brier score", "Labels", "Clips"),
        rows=tuple(map(_calibrated, evaluation.systems)) if any(s.calibration for s in evaluation.systems) else (),
        note="Expected calibration error over bins of equal width, where it would lie if labels were right with just "
        "their confidences, and over bins of equally many labels; mean squared error of the confidences. All in per "
        "cent; lower is better.",
        brief=True,
    )


def _calibrated(system: System) -> Row:
    calibration = system.calibration
    if calibration is None:
        return (f"{line(system.name)}: none, {line(system.uncalibrated)}", *[UNDEFINED] * 6)
    ece, *others = map(estimate, (calibration.ece, calibration.ece_equal_mass, calibration.brier))
    figures = (ece, interval(calibration.ece_if_exact), *others)
    return (line(system.name), *figures, str(calibration.num_labels), str(calibration.ece.num_clips))


def _classes(evaluation: Evaluation) -> Iterator[Section]:
    for system in evaluation.systems:
        for row in system.breakdowns:
            whose = f"{line(system.name)}, {line(row.task)}"
            yield _class_table(f"Families: {whose}", "Family", row.families)
            shown = f" (the {len(row.labels)} most frequent of {row.num_labels})" if row.labels else ""
            yield _class_table(f"Labels: {whose}{shown}", "Label", row.labels)


def _class_table(heading: str, kind: str, rows: Sequence[ClassScores]) -> Section:
    return Section(
        title=heading,
        columns=(kind, "Precision", "Recall", "F1", "True", "Predicted"),
        rows=tuple(
            (
                line(row.name),
                *map(estimate, (row.precision, row.recall, row.f1)),
                str(row.num_truth),
                str(row.num_predicted),
            )
            for row in rows
        ),
    )


def _files(evaluation: Evaluation) -> Section:
    return Section(
        title="Files",
        columns=("Of", "Task", "File", "SHA-256", "Clips"),
        rows=(
            *(_file("truth", file) for file in evaluation.truths),
            *(_file(system.name, file) for system in evaluation.systems for file in system.files),
        ),
        num_names=4,
    )


def _file(owner: str, file: File) -> Row:
    return (*map(line, (owner, file.task, file.path, file.sha256)), str(file.num_clips))
