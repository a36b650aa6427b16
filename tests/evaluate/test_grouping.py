"""Given groups: what they lack is named, and labels are spelled as upstream's reader spelled them."""

import pytest

from microemo.errors import InputError
from microemo.evaluate.grouping import GivenGroups

GIVEN = GivenGroups("groups.zip", {"a": (("sad", "unhappy"), ("don", "t believe")), "b": (("glad",),)})


def test_groups_are_those_given() -> None:
    assert GIVEN.group({"a": ["unhappy", "sad"]}) == {"a": GIVEN.groups["a"]}


def test_a_clip_without_groups_is_named() -> None:
    with pytest.raises(InputError, match=r"groups\.zip: no groups for c, d; group again"):
        GIVEN.group({"a": ["sad"], "c": ["sad"], "d": []})


def test_a_label_without_a_group_is_named() -> None:
    with pytest.raises(InputError, match=r"groups\.zip: no group for angry of b; group again"):
        GIVEN.group({"a": ["sad"], "b": ["glad", "angry"]})


def test_labels_are_cut_at_quotation_marks_only_if_the_groups_have_their_pieces() -> None:
    assert GIVEN.spelled("a", ["sad", "don't believe"]) == ("sad", "don", "t believe")
    assert GIVEN.spelled("b", ["don't believe"]) == ("don't believe",)
