"""Which family of feelings follows which, from one judged utterance of a person to their next."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from microemo.extras import require
from microemo.study.measures import RECORDING
from microemo.study.rates import groups

if TYPE_CHECKING:
    import pandas

COLUMNS = ("from", "to", "count", "num_from", "share", "num_people", "num_clips")


def transitions(utterances: "pandas.DataFrame", by: Sequence[str]) -> "pandas.DataFrame":
    """A row a group and pair of families: how often, and what share of all steps out of the first one.

    Staying in a family is a step as well. Steps of all people are pooled: who speaks more weighs more.
    """
    pandas = require("pandas", "study")
    ordered = utterances.dropna(subset=["label"]).sort_values([*RECORDING, "start_sec", "utterance"])
    following = ordered.groupby(RECORDING)["family"].shift(-1)
    steps = ordered.assign(**{"from": ordered["family"], "to": following}).dropna(subset=["to"])
    tables = []
    for key, chosen in groups(steps, by):
        table = (
            steps.iloc[chosen]
            .groupby(["from", "to"])
            .agg(count=("to", "size"), num_people=("person", "nunique"), num_clips=("clip", "nunique"))
            .reset_index()
        )
        table["num_from"] = table.groupby("from")["count"].transform("sum")
        table["share"] = table["count"] / table["num_from"]
        for place, (name, value) in enumerate(zip(by, key, strict=True)):
            table.insert(place, name, value)
        tables.append(table[[*by, *COLUMNS]])
    return pandas.concat(tables, ignore_index=True) if tables else pandas.DataFrame(columns=[*by, *COLUMNS])
