"""What differs between conditions, and how sure that is.

Each further value of a condition is compared with the first that the design names, measure by measure:

- where people have several clips, by a linear mixed model (statsmodels) with a random intercept a person, fitted by
  REML. Its interval is by Student's t: its degrees of freedom are people less one where everybody has both values, else
  people less two, as for means a person. The normal distribution, which statsmodels takes, is too sure of a dozen
  people;
- where each person has a single clip, by Welch's t, which does not take the two groups to vary alike;
- where the model does not converge, by a bootstrap of people, without a p-value, and a note says so.

With fewer than ``MIN_PEOPLE`` people of either value there is a difference, and neither interval nor p-value.
P-values are corrected by Holm's method over all contrasts of one call.
"""

import math
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from microemo.evaluate.statistics import holm
from microemo.extras import require
from microemo.study.rates import LEVEL, MIN_PEOPLE, bounds, groups, resampled_means

if TYPE_CHECKING:
    import pandas

Method = Literal["mixed model", "Welch's t", "bootstrap", "none"]
MAX_VALUES = 12
OPTIMIZERS = ["powell", "nm"]  # without gradients, which fail where people differ by chance alone (variance 0)
NAN = math.nan


class Contrast(NamedTuple):
    """``difference`` is the second value's mean less the reference's, in the measure's unit."""

    difference: float
    low: float
    high: float
    p_value: float
    method: Method
    num_people_reference: int
    num_people: int
    num_clips_reference: int
    num_clips: int
    note: str = ""


COLUMNS = ("condition", "reference", "value", "measure", *Contrast._fields[:4], "p_adjusted", *Contrast._fields[4:])


def contrasts(figures: "pandas.DataFrame", people: "pandas.DataFrame", conditions: Sequence[str]) -> "pandas.DataFrame":
    """A row a condition, value and measure; ``p_adjusted`` is Holm's over all rows that have a p-value."""
    rows = [row for condition in conditions for row in _of_condition(figures, people, condition)]
    adjusted = holm([row["p_value"] for row in rows])
    table = require("pandas", "study").DataFrame(rows, columns=COLUMNS)
    table["p_adjusted"] = [NAN if p is None else p for p in adjusted]
    return table


def compared(people: "pandas.DataFrame", condition: str) -> str:
    """Why a condition's values cannot be compared, in a few words; empty where they can."""
    num_values = len(groups(people, [condition]))
    if num_values < 2:
        return f"{condition}: has a single value; nothing to compare"
    if num_values > MAX_VALUES:
        return f"{condition}: has {num_values} values; make at most {MAX_VALUES} groups of them"
    return ""


def _of_condition(figures: "pandas.DataFrame", people: "pandas.DataFrame", condition: str) -> Iterator[dict[str, Any]]:
    if compared(people, condition):
        return
    (reference, first), *others = groups(people, [condition])
    for value, second in others:
        chosen = [*first, *second]
        person = people["person"].to_numpy()[chosen]
        is_second = np.repeat([0.0, 1.0], [len(first), len(second)])
        for name in figures:
            found = contrast(figures[name].to_numpy(float)[chosen], is_second, person)
            named = {"condition": condition, "reference": reference[0], "value": value[0], "measure": name}
            yield {**named, **found._asdict()}


def contrast(figures: np.ndarray, is_second: np.ndarray, person: np.ndarray) -> Contrast:
    """One measure; ``figures``, ``is_second`` (0 or 1) and ``person`` have an entry a clip of a person."""
    known = ~np.isnan(figures)
    figures, is_second, person = figures[known], is_second[known], person[known]
    sides = [(person[is_second == side], figures[is_second == side]) for side in (0.0, 1.0)]
    first, second = (of for _, of in sides)
    counts = (len(set(sides[0][0])), len(set(sides[1][0])), len(first), len(second))
    means = _cell_means(figures, is_second, person)
    if not all(counts):
        return Contrast(NAN, NAN, NAN, NAN, "none", *counts, "no figures of one of the two")
    difference = float(np.diff(np.nanmean(means, axis=0))[0])
    if min(counts[:2]) < MIN_PEOPLE:
        few = (
            f"too few people for an interval or a p-value: {counts[0]} and {counts[1]}, of {MIN_PEOPLE} needed of each"
        )
        return Contrast(difference, NAN, NAN, NAN, "none", *counts, few)
    if np.ptp(figures) < 1e-12:
        return Contrast(difference, NAN, NAN, NAN, "none", *counts, "the same everywhere")
    if len(set(person)) == len(person):
        return Contrast(*_welch(first, second), "Welch's t", *counts)
    fitted = _mixed_model(figures, is_second, person)
    if fitted is not None:
        difference, low, high, p_value, note = fitted
        return Contrast(difference, low, high, p_value, "mixed model", *counts, note)
    note = "the mixed model did not converge: interval by a bootstrap of people, no p-value"
    resampled = resampled_means(means)
    low, high = bounds(resampled[:, 1] - resampled[:, 0])
    return Contrast(difference, low, high, NAN, "bootstrap", *counts, note)


def _cell_means(figures: np.ndarray, is_second: np.ndarray, person: np.ndarray) -> np.ndarray:
    """(P, 2): each person's mean under either value, NaN where they have no clip of it."""
    _, number = np.unique(person, return_inverse=True)
    cells = 2 * number + is_second.astype(int)
    size = 2 * (number.max() + 1) if len(number) else 0
    counts = np.bincount(cells, minlength=size).astype(float)
    sums = np.bincount(cells, figures, minlength=size)
    return np.divide(sums, counts, out=np.full(size, NAN), where=counts > 0).reshape(-1, 2)


def _welch(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float, float]:
    weightstats = require("statsmodels.stats.weightstats", "study")
    both = weightstats.CompareMeans(weightstats.DescrStatsW(second), weightstats.DescrStatsW(first))
    low, high = both.tconfint_diff(1 - LEVEL, usevar="unequal")
    return float(second.mean() - first.mean()), float(low), float(high), float(both.ttest_ind(usevar="unequal")[1])


def _mixed_model(
    figures: np.ndarray, is_second: np.ndarray, person: np.ndarray
) -> tuple[float, float, float, float, str] | None:
    """Difference, interval, p-value and what statsmodels warned of; None where it did not converge."""
    stats, model = require("scipy.stats", "study"), require("statsmodels.regression.mixed_linear_model", "study")
    unit = figures.std()
    design = np.column_stack([np.ones_like(is_second), is_second])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            fitted = model.MixedLM(figures / unit, design, groups=person).fit(reml=True, method=OPTIMIZERS)
        except (np.linalg.LinAlgError, ValueError):
            return None
    estimate, error = unit * float(fitted.fe_params[1]), unit * float(fitted.bse_fe[1])
    if not fitted.converged or not math.isfinite(error) or error <= 0:
        return None
    freedom = _degrees_of_freedom(is_second, person)
    reach = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    p_value = 2 * float(stats.t.sf(abs(estimate) / error, freedom))
    told = dict.fromkeys(str(one.message).partition("\n")[0].rstrip(".") for one in caught)
    return estimate, estimate - reach, estimate + reach, p_value, "; ".join(f"statsmodels: {text}" for text in told)


def _degrees_of_freedom(is_second: np.ndarray, person: np.ndarray) -> int:
    both = set(person[is_second == 0]) & set(person[is_second == 1])
    num_people = len(set(person))
    return num_people - 1 if len(both) == num_people else num_people - 2
