"""Means over people, with bootstrap intervals: rates by person and condition, and the course of a feeling in time.

A person's figure is the mean over their clips, a group's the mean over its people, each of whom counts the same. The
interval resamples people, not clips or utterances: those of one person are not independent. From fewer than
``MIN_PEOPLE`` there is none.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float

from microemo.evaluate.statistics import percentile_interval
from microemo.extras import require

if TYPE_CHECKING:
    import pandas

RESAMPLES, LEVEL, SEED = 2000, 0.95, 0
MIN_PEOPLE = 5
BINS = 10
EVERYBODY = "everybody"


class Bounds(NamedTuple):
    low: float
    high: float


def rates(figures: "pandas.DataFrame", people: "pandas.DataFrame", by: Sequence[str]) -> "pandas.DataFrame":
    """A row a group and measure: mean, interval (``low``, ``high``), and how many people and clips it is of.

    ``figures`` are of ``measures``, a row a row of ``people``.
    """
    pandas = require("pandas", "study")
    rows = [
        {**dict(zip(by, key, strict=True)), **row}
        for key, chosen in groups(people, by)
        for row in _rates(figures.iloc[chosen], people.iloc[chosen])
    ]
    return pandas.DataFrame(rows, columns=[*by, "measure", "mean", "low", "high", "num_people", "num_clips"])


def _rates(figures: "pandas.DataFrame", people: "pandas.DataFrame") -> list[dict[str, object]]:
    by_person = _by_person(figures, people)
    every = intervals(by_person.to_numpy(float))
    return [
        {
            "measure": name,
            "mean": by_person[name].mean(),
            **bound._asdict(),
            "num_people": int(by_person[name].notna().sum()),
            "num_clips": int(people.loc[figures[name].notna().to_numpy(), "clip"].nunique()),
        }
        for name, bound in zip(by_person, every, strict=True)
    ]


def course(
    utterances: "pandas.DataFrame", people: "pandas.DataFrame", by: Sequence[str], bins: int = BINS
) -> "pandas.DataFrame":
    """Valence and arousal along the clip, which is divided into equal parts: a row a group, measure and part.

    ``bin`` counts from 0. An utterance counts in a part by the seconds that it lies in it.
    """
    pandas = require("pandas", "study")
    placed = utterances.dropna(subset=["valence"]).merge(people[["clip", "id", "clip_sec"]], on=["clip", "id"])
    edges = np.linspace(0, 1, bins + 1) * placed[["clip_sec"]].to_numpy(float)
    starts, ends = (placed[[name]].to_numpy(float) for name in ("start_sec", "end_sec"))
    seconds = np.clip(np.minimum(ends, edges[:, 1:]) - np.maximum(starts, edges[:, :-1]), 0, None)
    total = pandas.DataFrame(seconds).groupby([placed["clip"], placed["id"]]).sum()
    tables = []
    for measure in ("valence", "arousal"):
        weighted = pandas.DataFrame(seconds * placed[[measure]].to_numpy(float))
        means = weighted.groupby([placed["clip"], placed["id"]]).sum() / total.where(total > 0)
        index = pandas.MultiIndex.from_frame(people[["clip", "id"]])
        part = rates(means.reindex(index), people, by).rename(columns={"measure": "bin"})
        part.insert(len(by), "measure", measure)
        tables.append(part)
    return pandas.concat(tables, ignore_index=True)


def groups(people: "pandas.DataFrame", by: Sequence[str]) -> list[tuple[tuple[str, ...], list[int]]]:
    """Row numbers of each group, in the order in which the groups are first named; rows without a value in none."""
    if not by:
        return [((), list(range(len(people))))]
    found: dict[tuple[str, ...], list[int]] = {}
    for number, key in enumerate(people[list(by)].itertuples(index=False, name=None)):
        if not any(value is None or value != value for value in key):  # noqa: PLR0124  (NaN)
            found.setdefault(key, []).append(number)
    return list(found.items())


def intervals(figures: Float[np.ndarray, "P M"]) -> list[Bounds]:
    """Percentile bootstrap intervals of the means over people, NaN where fewer than ``MIN_PEOPLE`` have the figure."""
    means = resampled_means(figures)
    enough = (~np.isnan(figures)).sum(axis=0) >= MIN_PEOPLE
    return [bounds(means[:, column]) if enough[column] else Bounds(np.nan, np.nan) for column in range(len(enough))]


def resampled_means(figures: Float[np.ndarray, "P M"]) -> Float[np.ndarray, "R M"]:
    """Means over people, each drawn with all that is known of them; NaN where that is nothing."""
    num_people = len(figures)
    drawn = np.random.default_rng(SEED).integers(num_people, size=(RESAMPLES, num_people))
    counts = np.apply_along_axis(np.bincount, 1, drawn, minlength=num_people).astype(float)
    known = ~np.isnan(figures)
    sums, sizes = counts @ np.where(known, figures, 0.0), counts @ known
    return np.divide(sums, sizes, out=np.full_like(sums, np.nan), where=sizes > 0)


def bounds(resampled: Float[np.ndarray, " R"]) -> Bounds:
    """The percentile interval of a figure's resamples, NaN where none is defined."""
    found = percentile_interval(resampled, LEVEL)
    return Bounds(found.low, found.high) if found else Bounds(np.nan, np.nan)


def _by_person(figures: "pandas.DataFrame", people: "pandas.DataFrame") -> "pandas.DataFrame":
    return figures.reset_index(drop=True).groupby(people["person"].to_numpy(), sort=False).mean()
