"""Statement judgement (MVEI, 2025): is what a statement says of a clip so? Scored is whatever answers yes or no.

A table has a row a statement: ``name`` of its clip, ``so`` (yes or no) and ``judged`` (yes, no, or empty).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from microemo import rows
from microemo.errors import InputError
from microemo.evaluate.metrics import Metric, ratio
from microemo.evaluate.statistics import BY_CLIP, Estimate, Resampling, estimates

ANSWERS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


class Statement(NamedTuple):
    """What was said of a clip, whether it is so, and what a system took it for; no answer is a wrong one."""

    clip: str
    is_so: bool
    judged: bool | None


def read(path: Path) -> list[Statement]:
    """The statements of a CSV, TSV or JSONL file. Raises ``InputError`` on a row that cannot be used."""
    found: list[Statement] = []
    for place, row in rows.read(path):
        try:
            if isinstance(row, str):
                raise ValueError(row)
            found.append(_statement(row))
        except (KeyError, ValueError) as error:
            raise InputError(
                f"{path}, {place}: no name, so (yes or no) and judged (yes, no or empty): {error}"
            ) from None
    return found


def _statement(row: Mapping[str, Any]) -> Statement:
    so, judged = (str("" if row[column] is None else row[column]).strip().lower() for column in ("so", "judged"))
    return Statement(str(row["name"]), ANSWERS[so], ANSWERS[judged] if judged else None)


def score(statements: Iterable[Statement], resampling: Resampling = BY_CLIP) -> dict[str, Estimate]:
    """Accuracy, and balanced accuracy: the mean of that on statements that are so and that on those that are not, 0.5
    for whoever says yes to all. Intervals are by clip: statements about one clip are not independent.
    """
    counts: defaultdict[str, Float[np.ndarray, "2 2"]] = defaultdict(lambda: np.zeros((2, 2)))
    for one in statements:
        counts[one.clip][int(one.is_so)] += (1, one.judged == one.is_so)
    clips, columns = tuple(counts), np.array(list(counts.values())).reshape(-1, 4)
    metrics = (Metric("accuracy", clips, columns, _accuracy), Metric("balanced accuracy", clips, columns, _balanced))
    return {metric.name: found for metric, found in zip(metrics, estimates(metrics, resampling), strict=True)}


def _accuracy(means: Float[np.ndarray, "*R 4"]) -> Float[np.ndarray, "*R"]:
    """Of columns: how many statements are not so, how many of these are judged rightly; the same of those that are."""
    return ratio(means[..., 1] + means[..., 3], means[..., 0] + means[..., 2])


def _balanced(means: Float[np.ndarray, "*R 4"]) -> Float[np.ndarray, "*R"]:
    return (ratio(means[..., 1], means[..., 0]) + ratio(means[..., 3], means[..., 2])) / 2
