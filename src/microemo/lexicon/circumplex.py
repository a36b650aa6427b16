"""Valence and arousal of emotion labels: their places on Russell's circumplex of affect (``circumplex.toml``)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import cos, radians, sin
from typing import Any, NamedTuple

from microemo.lexicon.labels import place

CENTRE = "centre"


class Affect(NamedTuple):
    """A place within the circle; both from -1 to 1, above 0: pleasant, and aroused."""

    valence: float
    arousal: float


def affect(label: str) -> Affect | None:
    """The place of a label; None where the lexicon does not know it, or the circumplex has no concept for it."""
    found = place(label)
    if found is None:
        return None
    table = _table()
    concept = table["groups"].get(found.group) or table["families"].get(found.family)
    return _places().get(concept) if concept else None


@cache
def _places() -> Mapping[str, Affect]:
    on_circle = {name: radians(degrees) for name, degrees in _table()["angles"].items()}
    places = {name: Affect(round(cos(angle), 12), round(sin(angle), 12)) for name, angle in on_circle.items()}
    return {CENTRE: Affect(0.0, 0.0), **places}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("circumplex.toml").read_text(encoding="utf-8"))
