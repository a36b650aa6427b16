"""What a kind of clue says for or against a feeling: likelihood ratios, measured on labelled clips of many people.

``weights.json`` is written by ``recipes.evidence.weights``: by kind and family, the log of how much likelier the kind
is in clips of the family than in others; 0 where its interval holds 0.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from microemo.lexicon import family_of


def weight(kind: str, label: str) -> float | None:
    """Log likelihood ratio of a kind of clue for a label's family; None where that has not been measured."""
    family = family_of(label)
    return None if family is None else table().get(kind, {}).get(family)


def speaks_against(weight: float | None) -> bool:
    return weight is not None and weight < 0


@cache
def table() -> Mapping[str, Mapping[str, float]]:
    """Weights by kind and family."""
    weights: dict[str, dict[str, float]] = json.loads(files(__package__).joinpath("weights.json").read_text())[
        "weights"
    ]
    return weights
