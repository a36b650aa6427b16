"""The outcome of one evaluation, and what it takes to compute it again: the type behind every report.

``Evaluation.model_dump_json()`` is what ``--json`` prints. Figures are shares in [0, 1]; a figure that is not defined
is null. Reports show them in per cent, as papers do.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from microemo.evaluate.breakdown import ClassScores, Confusion
from microemo.evaluate.calibration import Calibration
from microemo.evaluate.statistics import Estimate, Interval, Number, Resampling
from microemo.extras import require
from microemo.schema import Record

if TYPE_CHECKING:
    from pandas import DataFrame


class File(Record):
    """A table that was read for a task, truth or prediction."""

    task: str
    path: str
    sha256: str
    num_clips: int


class Notice(Record):
    """Clips of a task that a system's scores leave out, or count as wrong for lack of a prediction, and why."""

    task: str
    reason: str
    clips: tuple[str, ...]


class Score(Estimate):
    task: str
    metric: str


class Breakdown(Record):
    """One task class by class: all families, and the most frequent of ``num_labels`` labels."""

    task: str
    families: tuple[ClassScores, ...]
    confusion: Confusion = Field(description="Of families")
    labels: tuple[ClassScores, ...] = ()
    num_labels: int = 0


class System(Record):
    """What is compared. Without confidences, ``calibration`` is None and ``uncalibrated`` says why."""

    name: str
    files: tuple[File, ...]
    notices: tuple[Notice, ...] = ()
    scores: tuple[Score, ...]
    breakdowns: tuple[Breakdown, ...] = ()
    calibration: Calibration | None = None
    uncalibrated: str = ""


class Comparison(Record):
    """One score of a system less that of the baseline, the first system, on the clips that both have.

    p_value           of a paired test (``statistics.paired_tests``)
    adjusted_p_value  for all comparisons of the evaluation (Holm)
    num_unpaired      clips that only one of the two has
    """

    task: str
    metric: str
    system: str
    baseline: str
    difference: Number
    interval: Interval | None
    p_value: Number
    adjusted_p_value: Number
    num_clips: int
    num_clusters: int
    num_unpaired: int


class JudgeInfo(Record):
    """Who grouped labels by meaning, its version in the name, and what readers of its scores should know."""

    name: str
    note: str = ""


class Plot(Record):
    """A picture beside the report. ``path`` is relative to it."""

    title: str
    path: str
    description: str = Field(description="For those who do not see it")


class Evaluation(Record):
    """Systems compared on tasks; the first is the baseline.

    ``command`` is the exact command line that computes the same figures again, empty where Python computed them.
    """

    schema_version: Literal[1] = 1
    truths: tuple[File, ...]
    systems: tuple[System, ...]
    comparisons: tuple[Comparison, ...] = ()
    judge: JudgeInfo | None = None
    wheels: str = Field("", description="Whose clusters the wheel metrics and the hit rate count")
    plots: tuple[Plot, ...] = ()
    resampling: Resampling
    microemo_version: str
    command: str = ""

    @property
    def tasks(self) -> tuple[str, ...]:
        """In the order in which they were scored."""
        return tuple(dict.fromkeys(score.task for system in self.systems for score in system.scores))

    def to_dataframe(self) -> "DataFrame":
        """A row a score: task, metric, value, low, high, num_clips, system; figures are shares, NaN where not defined.

        Raises ``MicroEmoError`` without pandas.
        """
        rows = [
            {
                "task": score.task,
                "metric": score.metric,
                "value": score.value,
                "low": score.interval and score.interval.low,
                "high": score.interval and score.interval.high,
                "num_clips": score.num_clips,
                "system": system.name,
            }
            for system in self.systems
            for score in system.scores
        ]
        columns = ["task", "metric", "value", "low", "high", "num_clips", "system"]
        frame: DataFrame = require("pandas", extra="eval").DataFrame(rows, columns=columns)
        return frame.astype({"value": float, "low": float, "high": float})
