"""Families have labels of their own, or are like one that has."""

from collections import Counter

import pytest
from pydantic import ValidationError

from microemo.lexicon import FAMILIES, Family, emotion_families, family_of


def test_the_families_of_the_labelled_data_keep_their_order() -> None:
    """The model's label scores are in this order."""
    assert FAMILIES == ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgusted", "surprised")


def test_a_family_is_named_by_its_first_word() -> None:
    assert tuple(emotion_families())[: len(FAMILIES)] == FAMILIES
    assert all(emotion_families()[name].words[0] == name for name in FAMILIES)


def test_a_label_belongs_to_one_family() -> None:
    labels = Counter(label for family in emotion_families().values() for label in family.labels)
    assert [label for label, count in labels.items() if count > 1] == []
    assert all(family_of(label) == name for name, family in emotion_families().items() for label in family.labels)
    assert family_of(" Furious ") == "angry"
    assert family_of("hungry") is None


def test_other_families_are_like_one_that_has_labels() -> None:
    others = [family for name, family in emotion_families().items() if name not in FAMILIES]
    assert others
    assert all(family.like in FAMILIES and not family.labels for family in others)


@pytest.mark.parametrize("row", [{}, {"words": ("odd",), "like": "sad"}])
def test_a_family_has_either_labels_or_a_like(row: dict) -> None:
    with pytest.raises(ValidationError, match="odd"):
        Family(name="odd", valence="neutral", **row)
