"""Scores of any system's predictions against the truth, with intervals: ``microemo evaluate`` from Python."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microemo.hooks import Hook, silent

if TYPE_CHECKING:
    from microemo.evaluate.evaluation import Evaluation
    from microemo.evaluate.llm_judge import LLMJudge
    from microemo.evaluate.statistics import Resampling
    from microemo.evaluate.tables import Tabular

__all__ = ["Evaluation", "LLMJudge", "Resampling", "score"]
TYPES = {"Evaluation": "evaluation", "LLMJudge": "llm_judge", "Resampling": "statistics"}


def score(
    predictions: "Tabular | Mapping[str, Tabular]",
    truth: "Tabular",
    *,
    groups: Path | str | Sequence[Path | str] = (),
    judge: "LLMJudge | None" = None,
    wheels: Path | str | None = None,
    task: str | None = None,
    split: str | None = None,
    resampling: "Resampling | None" = None,
    hook: Hook = silent,
) -> "Evaluation":
    """Score predictions against the truth, with intervals; offline, unless a ``judge`` is given.

    predictions  a table, or several by the systems' names, of which the first is the baseline for the others
    truth        a table
    groups       file of labels grouped before; of several systems, one for all or one for each
    judge        language model that groups labels, and extracts them where a table has only texts
    wheels       folder of published wheel tables, in place of our own table
    task         of MER-UniBench, as ``mosi``; by default the truth's labels or sentiments decide what is scored
    split        only rows of this split of the truth
    resampling   of intervals and tests; by speaker where tables name speakers
    hook         for progress; its last step is ``score``, in systems

    A table is a path (CSV, TSV, JSONL, NPZ, folder), a pandas ``DataFrame`` with the same columns, or a list of
    ``Result`` by the clip's stem. Raises ``InputError`` where a table cannot be used, groups lack a label, or the
    language model cannot be asked, and ``WeightsError`` if a label is outside the lexicon and the sentence encoder
    cannot be had.
    """
    from microemo.evaluate import run
    from microemo.evaluate.statistics import BY_CLIP

    return run.evaluate(
        predictions, truth, groups=groups, judge=judge, wheels=wheels, task=task, split=split,
        resampling=resampling or BY_CLIP, hook=hook,
    ).evaluation  # fmt: skip


def __getattr__(name: str) -> Any:
    """The types on demand: ``import microemo.evaluate`` loads nothing heavy."""
    if name in TYPES:
        return getattr(import_module(f"microemo.evaluate.{TYPES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
