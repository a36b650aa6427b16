"""Scores of each class, and which class is taken for which, where a clip has several."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.evaluate.breakdown import Confusion, class_scores, classes_of, confusion, families
from microemo.evaluate.statistics import Resampling

TRUTH = {"a": ("happy", "proud"), "b": ("sad",), "c": ("happy",), "d": ()}
PREDICTED = {"a": ("happy", "proud"), "b": ("angry",), "c": ("sad", "happy"), "d": ("sad",)}
FAMILY = {"happy": "joy", "proud": "joy", "glad": "joy", "sad": "sadness"}

labels = st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.sampled_from(["joy", "fear", "anger", "calm"])))


def share(found: Confusion, row: str, column: str) -> float:
    return found.shares[found.rows.index(row)][found.columns.index(column)]


def test_scores_of_a_class() -> None:
    happy, sad = class_scores(TRUTH, PREDICTED, ["happy", "sad"])
    assert (happy.name, happy.num_truth, happy.num_predicted) == ("happy", 2, 2)
    assert (happy.precision.value, happy.recall.value, happy.f1.value) == (1, 1, 1)
    assert (sad.num_truth, sad.num_predicted) == (1, 2)
    assert (sad.precision.value, sad.recall.value, sad.f1.value) == (0, 0, 0)
    assert sad.f1.num_clips == 4


def test_what_is_not_defined_is_null() -> None:
    proud, angry = class_scores({"a": ["proud"], "b": []}, {"a": [], "b": ["angry"]}, ["proud", "angry"])
    assert (proud.precision.value, proud.recall.value, proud.f1.value) == (None, 0, 0)
    assert (angry.precision.value, angry.recall.value, angry.f1.value) == (0, None, 0)


def test_intervals_are_by_clip_or_speaker() -> None:
    truth = {f"{number}": ["happy"] for number in range(20)}
    predicted = {f"{number}": ["happy"] if number % 2 else [] for number in range(20)}
    (by_clip,) = class_scores(truth, predicted, ["happy"])
    (by_speaker,) = class_scores(truth, predicted, ["happy"], Resampling(clusters=dict.fromkeys(truth, "one")))
    assert by_clip.recall.interval is not None
    assert by_clip.recall.interval.low < 0.5 < by_clip.recall.interval.high
    assert by_speaker.recall.interval is None


def test_labels_become_families_each_once() -> None:
    found = families({"a": ("proud", "glad", "sad", "odd", "queer"), "b": ()}, FAMILY.get)
    assert found == {"a": ("joy", "sadness", "other"), "b": ()}


def test_classes_are_in_the_order_of_their_frequency() -> None:
    assert classes_of(TRUTH, PREDICTED) == ["happy", "sad", "proud", "angry"]


def test_complete_prediction_is_on_the_diagonal() -> None:
    found = confusion({"a": ["joy", "fear"], "b": ["fear"]}, {"a": ["fear", "joy"], "b": ["fear"]})
    assert found == Confusion(rows=("fear", "joy"), columns=("fear", "joy"), shares=((1.5, 0), (0, 0.5)))


def test_missed_class_goes_to_the_wrong_ones_or_to_none() -> None:
    found = confusion(
        {"a": ["joy"], "b": ["joy", "fear"], "c": ["joy"], "d": []},
        {"a": ["anger", "calm"], "b": ["fear"], "c": [], "d": ["calm"]},
    )
    assert (share(found, "joy", "anger"), share(found, "joy", "calm")) == (0.5, 0.5)
    assert share(found, "fear", "fear") == 0.5
    assert share(found, "joy", "none") == 1.5  # half of b, all of c
    assert share(found, "none", "calm") == 1


def test_clip_without_a_prediction_is_an_error() -> None:
    with pytest.raises(KeyError):
        confusion({"a": ["joy"]}, {})
    with pytest.raises(KeyError):
        class_scores({"a": ["joy"]}, {}, ["joy"])


@given(labels, labels)
def test_every_clip_counts_once(truth: dict[str, list[str]], predicted: dict[str, list[str]]) -> None:
    predicted = {clip: predicted.get(clip, []) for clip in truth}
    found = confusion(truth, predicted)
    assert sum(map(sum, found.shares)) == pytest.approx(len(truth))
    assert confusion(dict(reversed(truth.items())), predicted).rows == found.rows
    itself = confusion(truth, truth)
    assert sum(share(itself, name, name) for name in itself.rows) == pytest.approx(len(truth))
