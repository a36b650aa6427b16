"""Families of emotion (``families.toml``): those of the labelled data, with their labels, and others."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import model_validator

from microemo.schema import Record

Valence = Literal["positive", "negative", "neutral"]


class Family(Record):
    """A family of emotion; of the labelled data's, the labels: plain ``words``, the first naming it, and shades.

    A family that the labelled data lacks has no labels here, and is most ``like`` one of those.
    """

    name: str
    valence: Valence
    words: tuple[str, ...] = ()
    mild: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    like: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        return self.words + self.mild + self.strong

    @model_validator(mode="after")
    def _labelled_or_like_one_that_is(self) -> "Family":
        if bool(self.words) == bool(self.like):
            raise ValueError(f"the family {self.name} needs either words or another that it is like")
        return self


@cache
def emotion_families() -> Mapping[str, Family]:
    """All families of the lexicon, those of the labelled data first."""
    table = tomllib.loads(files(__package__).joinpath("families.toml").read_text(encoding="utf-8"))
    return {name: Family.model_validate({"name": name, **row}) for name, row in table.items()}


FAMILIES = tuple(family.name for family in emotion_families().values() if family.words)
"""The families of the labelled data, in the order of the model's label scores."""


@cache
def _family_of_labels() -> Mapping[str, str]:
    return {label: family.name for family in emotion_families().values() for label in family.labels}


def family_of(label: str) -> str | None:
    """Of the labelled data's families the one that has the label; None for any other word."""
    return _family_of_labels().get(label.strip().lower())
