"""All plots of an evaluation."""

from collections.abc import Iterator
from pathlib import Path

from microemo.evaluate import plots
from microemo.evaluate.evaluation import Evaluation, Plot

Drawn = tuple[Path, str, str]
"""A picture, its title, and what it shows."""


def draw(evaluation: Evaluation, folder: Path, suffix: str = ".svg") -> Evaluation:
    """Draw into ``folder/plots``, and return the evaluation with its plots.

    Names of the files are numbers, since those of systems and tasks can be anything. Raises ``InputError`` where a
    file cannot be written.
    """
    paths = (folder / "plots" / f"{number:03}{suffix}" for number in range(1, 1_000_000))
    drawn = [*_scores(evaluation, paths), *_families(evaluation, paths), *_systems(evaluation, paths)]
    made = tuple(
        Plot(title=title, path=path.relative_to(folder).as_posix(), description=description)
        for path, title, description in drawn
    )
    return evaluation.model_copy(update={"plots": made})


def _scores(evaluation: Evaluation, paths: Iterator[Path]) -> Iterator[Drawn]:
    for task in evaluation.tasks:
        shown = [
            (system.name, {score.metric: score for score in system.scores if score.task == task})
            for system in evaluation.systems
        ]
        yield plots.forest(shown, task, next(paths)), task, f"{task}: scores of each system with their intervals"


def _families(evaluation: Evaluation, paths: Iterator[Path]) -> Iterator[Drawn]:
    rows = [(row.task, system.name, row.families) for system in evaluation.systems for row in system.breakdowns]
    for task in dict.fromkeys(task for task, _, _ in rows):
        shown = [(name, {row.name: row.f1 for row in families}) for other, name, families in rows if other == task]
        title = f"{task}: F1 by family"
        yield plots.forest(shown, title, next(paths)), title, f"{title}, of each system with its interval"


def _systems(evaluation: Evaluation, paths: Iterator[Path]) -> Iterator[Drawn]:
    for system in evaluation.systems:
        for row in system.breakdowns:
            title = f"{system.name}, {row.task}: which family is taken for which"
            yield plots.confusion(row.confusion, title, next(paths)), title, f"Heat map. {title}"
        if system.calibration:
            title = f"{system.name}: confidence against correctness"
            yield plots.reliability(system.calibration, title, next(paths)), title, f"Reliability diagram. {title}"
